#!/usr/bin/env python3
"""Measures one shop on this machine and prints the table of docs/benchmarks.md. Run by script/bench, which starts the
services and puts their settings into the environment; standard library only.

The figures of one run belong together: machines differ, and the same machine differs from hour to hour.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / ".build" / "release"
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
JOBS = int(os.environ.get("BENCH_JOBS", "10000"))
USERS = 50
TICKS = os.sysconf("SC_CLK_TCK")


def median(values):
    return sorted(values)[len(values) // 2]


def sql(*statements):
    command = ["psql", os.environ["POSTGRES_URL"], "-XAtq", *(word for text in statements for word in ("-c", text))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def count(rows):
    return int(sql(f"SELECT count(*) FROM {rows}"))


def wait_until(condition, what, seconds=120, poll=0.1):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"measure: {what}: not so within {seconds} s")
        time.sleep(poll)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


class Program:
    """One program of the shop, up from the first answer of /health/ready."""

    def __init__(self, name, index):
        self.name = name
        port = int(os.environ["WHARF_METRICS_BASE_PORT"]) + index
        environment = dict(os.environ, METRICS_PORT=str(port), LOG_LEVEL="warning")
        self.process = subprocess.Popen([BIN / name], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.is_ready(f"http://127.0.0.1:{port}/health/ready"), f"{name} is ready", 30)
        except BaseException:
            self.process.kill()
            raise
        self.rest = rss_mib(self.process.pid)

    def is_ready(self, url):
        if self.process.poll() is not None:
            sys.exit(f"measure: {self.name} ended with {self.process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return json.load(answer)["status"] == "ready"
        except (OSError, ValueError):
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def post(path, body):
    url = f"http://127.0.0.1:{os.environ['HTTP_PORT']}{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def prepare(folder):
    sql("UPDATE product_variants SET stock_quantity = 1000000000", "UPDATE products SET in_stock = true")
    tokens = []
    for number in range(USERS):
        person = {"email": f"bench-{time.time_ns()}-{number}@example.com", "password": "correct horse battery",
                  "first_name": "Ada", "last_name": "Bench"}
        tokens.append(post("/api/users/register", person)["access"])
    (folder / "tokens").write_text("\n".join(tokens) + "\n")
    (folder / "variants").write_text(sql("SELECT id FROM product_variants ORDER BY id") + "\n")


def clear():
    sql("TRUNCATE orders, order_items, order_events, idempotency_keys, outbox, mail_deliveries CASCADE")
    sql("VACUUM product_variants", "VACUUM outbox", "CHECKPOINT")
    for queue in ("order.process", "email.send_order_confirmation"):
        management("DELETE", f"/queues/%2F/{queue}/contents")


def management(method, path):
    url = urllib.parse.urlsplit(os.environ["AMQP_MANAGEMENT_URL"])
    request = urllib.request.Request(f"http://{url.hostname}:{url.port}/api{path}", method=method)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, request.full_url, url.username, url.password)
    urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords)).open(request, timeout=30).read()


def run_orders(folder, seconds, run):
    command = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", ROOT / "Benchmarks/orders.lua",
               f"http://127.0.0.1:{os.environ['HTTP_PORT']}"]
    environment = dict(os.environ, BENCH_INPUT=str(folder), BENCH_RUN=str(run))
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    result = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    requests, errors, microseconds = map(int, result[1:4])
    return {"orders": requests - errors, "errors": errors, "rate": (requests - errors) / (microseconds / 1e6),
            "p50": float(result[4]), "p99": float(result[5])}


def run_pgbench(seconds):
    variants = sql("SELECT min(id) || ' ' || max(id) FROM product_variants").split()
    command = ["/usr/lib/postgresql/15/bin/pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2",
               "-T", str(seconds), "-D", f"variants={variants[1]}", "-D", f"users={USERS}",
               "-f", ROOT / "Benchmarks/checkout.sql", os.environ["DATABASE_URL"]]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def publish_rest():
    """Waits until all jobs are at the broker: the next figure must not pay for them. The API leaves to the relay what
    exceeds its backlog. Returns the relay's RSS at rest and after."""
    with Program("outbox-relay", 4) as relay:
        wait_until(lambda: count("outbox") == 0, "the outbox is empty")
        return relay.rest, rss_mib(relay.process.pid)


PENDING = "orders WHERE status = 'pending'"


def fill_queue(folder):
    """Places at least JOBS orders over HTTP, whose confirm jobs pile up while no worker runs; returns how many."""
    deadline = time.monotonic() + 120
    while count("orders") < JOBS:
        if time.monotonic() > deadline:
            sys.exit(f"measure: {JOBS} orders could not be placed within 120 s")
        run_orders(folder, 2, f"fill-{time.time_ns()}")
    publish_rest()
    return count(PENDING)


def drain():
    """Confirms everything that is pending with one worker.
    Returns jobs per second, CPU microseconds per job, and RSS at rest and after."""
    before = count(PENDING)
    with Program("worker-orders", 1) as worker:
        wait_until(lambda: count(PENDING) <= before * 0.95, "worker-orders is at work", poll=0.02)
        first = count(PENDING)
        started, cpu = time.monotonic(), cpu_seconds(worker.process.pid)
        wait_until(lambda: count(PENDING) == 0, "all orders are confirmed")
        seconds = time.monotonic() - started
        spent = cpu_seconds(worker.process.pid) - cpu
        if first == 0:
            sys.exit("measure: the queue was too short to time: set BENCH_JOBS higher")
        return first / seconds, spent / first * 1e6, worker.rest, rss_mib(worker.process.pid)


def bare_consumer(folder, count):
    program = folder / "bare_consumer"
    subprocess.run(["cc", "-O2", "-o", program, ROOT / "Benchmarks/bare_consumer.c", "-lrabbitmq"], check=True)
    url = urllib.parse.urlsplit(os.environ["AMQP_URL"])
    arguments = [url.hostname, str(url.port), url.username, url.password, "/", "order.process", "100", str(count)]
    return float(subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout)


def main():
    rows = []
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name:
        folder = pathlib.Path(name)
        memory = {}
        with Program("api", 0) as api:
            prepare(folder)
            run_orders(folder, 3, "warm-up")
            publish_rest()
            orders, limits, costs = [], [], []
            for run in range(RUNS):
                clear()
                cpu = cpu_seconds(api.process.pid)
                result = run_orders(folder, SECONDS, run)
                if result["errors"]:
                    sys.exit(f"measure: {result['errors']} orders were refused")
                memory["outbox-relay"] = publish_rest()
                costs.append((cpu_seconds(api.process.pid) - cpu) / result["orders"] * 1e6)
                orders.append(result)
                clear()
                limits.append(run_pgbench(SECONDS))
            memory["api"] = (api.rest, rss_mib(api.process.pid))
            rate, limit = median([r["rate"] for r in orders]), median(limits)
            rows.append(("orders over HTTP", f"{rate:.0f}/s"))
            rows.append(("— p50, p99", f"{median([r['p50'] for r in orders]):.1f} ms, "
                                       f"{median([r['p99'] for r in orders]):.1f} ms"))
            rows.append(("pgbench, the same SQL", f"{limit:.0f}/s"))
            rows.append(("orders / pgbench", f"{rate / limit:.2f}"))
            rows.append(("API CPU per order", f"{median(costs):.0f} µs"))
            clear()
            fill_queue(folder)
            speed, cost, rest, loaded = drain()
            memory["worker-orders"] = (rest, loaded)
            clear()
            bare = bare_consumer(folder, fill_queue(folder))
            rows.append(("order.process jobs, one worker", f"{speed:.0f}/s"))
            rows.append(("bare librabbitmq consumer", f"{bare:.0f}/s"))
            rows.append(("jobs / bare consumer", f"{speed / bare:.2f}"))
            rows.append(("worker-orders CPU per job", f"{cost:.0f} µs"))
        clear()
        for index, name in enumerate(["worker-email", "worker-search"]):
            with Program(name, index + 2) as program:
                memory[name] = (program.rest, None)
    print("\n| figure | value |\n| --- | --- |")
    for label, value in rows:
        print(f"| {label} | {value} |")
    print("\n| program | RSS at rest | RSS after load |\n| --- | --- | --- |")
    for name, (rest, loaded) in memory.items():
        print(f"| {name} | {rest:.0f} MiB | {f'{loaded:.0f} MiB' if loaded else '—'} |")


main()
