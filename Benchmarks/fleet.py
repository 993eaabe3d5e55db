"""script/bench fleet: a flash sale under the real `wharf fleet`: twenty times as many jobs for thirty seconds. The jobs wait
instead of computing (Benchmarks/FlashSale), so that a machine of two cores shows what scaling does. Prints the figures of
docs/capacity.md and writes its plot to docs/flash-sale.svg, beside what `wharf fleet simulate` foretells."""
import json
import os
import subprocess
import sys
import time
import urllib.request

from machine import BIN, ROOT, wait_until

QUIET, FACTOR = 10, 20
TRACE = [(0, QUIET), (30, QUIET * FACTOR), (60, QUIET), (180, 0)]
TARGET = 5
HOME = os.environ["WHARF_HOME"]
ENVIRONMENT = {
    **os.environ, "WHARF_BIN": str(BIN), "QUEUES_DIRECTORY": str(ROOT / "Benchmarks" / "FlashSale" / "queues"),
    "WAITS_FILE": f"{HOME}/waits.csv", "LOG_FORMAT": "json",
}
PROCFILE = str(ROOT / "Benchmarks" / "FlashSale" / "Procfile")


def wharf(*words):
    return subprocess.run([BIN / "wharf", *words], env=ENVIRONMENT, check=True, text=True, stdout=subprocess.PIPE).stdout


def status():
    try:
        url = f"http://127.0.0.1:{int(ENVIRONMENT['METRICS_PORT']) + 9}/fleet"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.load(answer)["programs"][0]
    except OSError:
        return None


def processes(state=("starting", "ready", "waiting")):
    return sum(process["state"] in state for process in (status() or {"processes": []})["processes"])


def redelivered():
    base = ENVIRONMENT["AMQP_MANAGEMENT_URL"]
    password = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    user, rest = base.removeprefix("http://").split("@")
    password.add_password(None, f"http://{rest}", *user.split(":"))
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(password))
    with opener.open(f"http://{rest}/api/queues/%2F/bench.wait", timeout=10) as answer:
        return json.load(answer).get("message_stats", {}).get("redeliver", 0)


def waits():
    with open(ENVIRONMENT["WAITS_FILE"]) as file:
        for line in file:
            published, waited, job = line.strip().split(",")
            yield float(published), float(waited), job


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main():
    by_second = [rate for (start, rate), (end, _) in zip(TRACE, TRACE[1:]) for _ in range(start, end)] + [0]
    with open(f"{HOME}/trace.csv", "w") as file:
        file.writelines(f"{second},{jobs}\n" for second, jobs in enumerate(by_second))
    wharf("queues", "apply")
    log = open(f"{HOME}/fleet.log", "w")
    fleet = subprocess.Popen([BIN / "wharf", "fleet", "--procfile", PROCFILE], env=ENVIRONMENT, stdout=log, stderr=log)
    try:
        wait_until(lambda: processes(("ready",)) == 1, "the first worker is ready")
        time.sleep(5)  # a first look at an idle queue
        began = time.time()
        customers = subprocess.Popen([BIN / "bench-flash-sale", "customers", f"{HOME}/trace.csv"], env=ENVIRONMENT)
        counts = []
        while customers.poll() is None:
            counts.append((time.time() - began, processes()))
            time.sleep(1)
        if customers.returncode:
            sys.exit("benchmark: the customers failed")
        wait_until(lambda: len(list(waits())) >= sum(by_second), "every job has run")
        print(wharf("fleet", "status", "--procfile", PROCFILE))
        again = redelivered()
    finally:
        fleet.terminate()
        fleet.wait(120)
        log.close()
    report(began, by_second, counts, again)


def report(began, by_second, counts, again):
    jobs = list(waits())
    waited = [wait for _, wait, _ in jobs]
    late = [published + wait - began for published, wait, _ in jobs if wait > TARGET]
    left = [next(count for second, count in counts if second >= 60 + after) for after in (30, 60, 90, 115)]
    rows = [
        ("jobs", sum(by_second)), ("runs", len(jobs)), ("jobs that ran more than once", len(jobs) - len({j for _, _, j in jobs})),
        ("redelivered, by the broker's count", again),
        ("wait p50", f"{percentile(waited, .5):.2f} s"), ("wait p99", f"{percentile(waited, .99):.2f} s"),
        ("longest wait", f"{max(waited):.2f} s"), ("jobs that waited longer than the target of 5 s", len(late)),
        ("the target was met again, after the rush began", f"{max(late) - 30:.0f} s" if late else "it was never missed"),
        ("most workers", max(count for _, count in counts)),
        ("workers 30, 60, 90 and 115 s after the rush", " ".join(map(str, left))),
    ]
    print("| figure | value |\n| --- | --- |")
    for name, value in rows:
        print(f"| {name} | {value} |")
    longest = {}
    for published, wait, _ in jobs:
        second = int(published + wait - began)
        longest[second] = max(longest.get(second, 0), wait)
    with open(f"{HOME}/measured.csv", "w") as file:
        file.writelines(f"{at:.1f},{count},{longest.get(int(at), '')}\n" for at, count in counts)
    print()
    print(wharf("fleet", "simulate", "--queue", "bench.wait", "--job-milliseconds", "200", "--trace", f"{HOME}/trace.csv",
                "--plot", str(ROOT / "docs" / "flash-sale.svg"), "--beside", f"{HOME}/measured.csv"))
    print("\nwhat the fleet said:\n")
    with open(f"{HOME}/fleet.log") as log:
        print("".join(line for line in log if "Fleet scales a program" in line))


main()
