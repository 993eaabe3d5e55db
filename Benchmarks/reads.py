#!/usr/bin/env python3
"""The tables of docs/benchmarks.md about replicas: who serves the reads of a read-heavy mix and what each costs the primary,
with the router and without, in turns of one run; and what the router's decision costs. Run by script/bench."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from machine import BIN, ROOT, Program, Session, cpu_seconds, fill_stock, median, register, service_pid, table

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
CUSTOMERS = 200
sql = Session(os.environ["POSTGRES_URL"])
API = f"http://127.0.0.1:{os.environ['HTTP_PORT']}"
METRICS = f"http://127.0.0.1:{os.environ['WHARF_METRICS_BASE_PORT']}/metrics"


def prepare(folder):
    fill_stock(sql)
    tokens = [register(API) for _ in range(CUSTOMERS)]
    (folder / "tokens").write_text("\n".join(tokens) + "\n")
    (folder / "variants").write_text(sql("SELECT id FROM product_variants ORDER BY id") + "\n")
    (folder / "slugs").write_text(sql("SELECT slug FROM products WHERE status = 'active' ORDER BY id LIMIT 5000") + "\n")


def reads():
    """By kind of node, as the API counts them."""
    counts = {"primary": 0, "replica": 0}
    with urllib.request.urlopen(METRICS, timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("database_reads_total{"):
                counts["primary" if 'node="primary"' in line else "replica"] += float(line.split()[-1])
    return counts


def measure(folder, run):
    environment = dict(os.environ, BENCH_INPUT=str(folder), BENCH_RUN=str(run))
    before, cpu = reads(), [cpu_seconds(service_pid(name)) for name in ("postgres", "replica")]
    command = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", "-s", ROOT / "Benchmarks/reads.lua", API]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    result = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    if int(result[2]):
        sys.exit(f"benchmark: {result[2]} requests were refused")
    after = reads()
    cpu = [cpu_seconds(service_pid(name)) - past for name, past in zip(("postgres", "replica"), cpu)]
    count = sum(after.values()) - sum(before.values())
    return {"rate": int(result[1]) / (int(result[3]) / 1e6), "p99": float(result[5]),
            "share": 100 * (after["replica"] - before["replica"]) / count,
            "primary": cpu[0] / count * 1e6, "replica": cpu[1] / count * 1e6}


def main():
    urls = os.environ["DATABASE_REPLICA_URLS"]
    results = {"on": [], "off": []}
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name:
        folder = pathlib.Path(name)
        for run in range(RUNS):
            for router in ("on", "off"):
                os.environ["DATABASE_REPLICA_URLS"] = urls if router == "on" else ""
                with Program("api", 0):
                    if not (folder / "tokens").exists():
                        prepare(folder)
                    results[router].append(measure(folder, f"{router}-{run}-{time.time_ns()}"))
    table(["router", "requests/s", "p99", "reads by replicas", "primary CPU per read", "replica CPU per read"], [
        (router, f"{median([r['rate'] for r in runs]):.0f}", f"{median([r['p99'] for r in runs]):.1f} ms",
         f"{median([r['share'] for r in runs]):.1f} %", f"{median([r['primary'] for r in runs]):.0f} µs",
         f"{median([r['replica'] for r in runs]):.0f} µs") for router, runs in results.items()
    ])
    os.environ["DATABASE_REPLICA_URLS"] = urls
    print("\n| read | the router's share |\n| --- | --- |", flush=True)
    subprocess.run([BIN / "bench-router"], check=True)


main()
