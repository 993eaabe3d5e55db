#!/usr/bin/env python3
"""The checkout table of docs/benchmarks.md: orders over HTTP beside pgbench with the same SQL. Run by script/bench, which
starts the services and puts their settings into the environment; standard library only.

The figures of one run belong together: machines differ, and the same machine differs from hour to hour.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from machine import ROOT, Program, Session, cpu_seconds, management, median, publish_rest, rss_mib, table

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
USERS = 50
sql = Session(os.environ["POSTGRES_URL"])


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


def main():
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name:
        folder = pathlib.Path(name)
        with Program("api", 0) as api:
            prepare(folder)
            run_orders(folder, 3, "warm-up")
            publish_rest(sql)
            orders, limits, costs = [], [], []
            for run in range(RUNS):
                clear()
                cpu = cpu_seconds(api.process.pid)
                result = run_orders(folder, SECONDS, run)
                if result["errors"]:
                    sys.exit(f"benchmark: {result['errors']} orders were refused")
                relay = publish_rest(sql)
                costs.append((cpu_seconds(api.process.pid) - cpu) / result["orders"] * 1e6)
                orders.append(result)
                clear()
                limits.append(run_pgbench(SECONDS))
            memory = {"api": (api.rest, rss_mib(api.process.pid)), "outbox-relay": relay}
        clear()
        for index, name in enumerate(["worker-orders", "worker-email", "worker-search"]):
            with Program(name, index + 1) as program:
                memory[name] = (program.rest, None)
    rate, limit = median([r["rate"] for r in orders]), median(limits)
    table(["figure", "value"], [
        ("orders over HTTP", f"{rate:.0f}/s"),
        ("— p50, p99", f"{median([r['p50'] for r in orders]):.1f} ms, {median([r['p99'] for r in orders]):.1f} ms"),
        ("pgbench, the same SQL", f"{limit:.0f}/s"),
        ("orders / pgbench", f"{rate / limit:.2f}"),
        ("API CPU per order", f"{median(costs):.0f} µs"),
    ])
    table(["program", "RSS at rest", "RSS after load"], [
        (name, f"{rest:.0f} MiB", f"{loaded:.0f} MiB" if loaded else "—") for name, (rest, loaded) in memory.items()
    ])


main()
