#!/usr/bin/env python3
"""The drain table of docs/benchmarks.md: how fast and at what cost workers empty order.process. Run by script/bench.

Each contestant gets the same number of pending orders and messages, on the same servers, in turns within one run. A
drain is timed from the first confirmed order that is seen to the last; CPU is that of the whole way, start-up included.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from machine import (BIN, ROOT, Session, broker_arguments, compile_c, cpu_seconds, end, fill_stock, management, median,
                     publish_rest, rss_mib, service_pid, table, wait_until)
from peers import DATABASE, SETTINGS, build_go, copy_peers, install_django

JOBS = int(os.environ.get("BENCH_JOBS", "10000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
PENDING = "orders WHERE status = 'pending'"
SERVICES = {name: service_pid(name) for name in ("postgres", "replica", "rabbitmq")}


class Wharf:
    """A worker of this repository. Its messages come the way they always come: out of the outbox, by the relay."""
    orders = """
        WITH person AS (
            INSERT INTO users (email, password_hash, first_name, last_name)
            VALUES ('drain@example.com', 'x', 'A', 'B') ON CONFLICT (lower(email)) DO UPDATE SET role = 'customer'
            RETURNING id
        ), placed AS (
            INSERT INTO orders (id, order_number, user_id, currency, subtotal_amount, tax_amount, shipping_amount,
                discount_amount, total_amount, shipping_address, idempotency_key)
            SELECT gen_random_uuid(), 'W-261121-' || lpad(i::text, 8, '0'), person.id, 'EUR', 2000, 0, 0, 0, 2000,
                '{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}', gen_random_uuid()
            FROM person, generate_series(1, %d) i RETURNING id, order_number, idempotency_key
        ), lines AS (
            INSERT INTO order_items (order_id, line, variant_id, product_id, sku, product_name, variant_name,
                unit_price_amount, quantity, total_amount)
            SELECT placed.id, n, v.id, v.product_id, v.sku, 'Product', v.name, 1000, 1, 1000
            FROM placed, generate_series(1, 2) n
            JOIN LATERAL (SELECT * FROM product_variants v WHERE v.id >= hashtext(order_number || n) & 16383
                          ORDER BY v.id LIMIT 1) v ON true
        )
        INSERT INTO outbox (id, job_name, body, headers, created_at)
        SELECT overlay(gen_random_uuid()::text PLACING '7' FROM 15)::uuid, 'order.process',
            json_build_object('action', 'confirm', 'order_number', order_number),
            jsonb_build_object('x-wharf-attempt', '1', 'x-wharf-version', '1', 'correlation_id', order_number,
                'x-wharf-idempotency-key', idempotency_key,
                'traceparent', '00-' || md5(order_number) || '-' || left(md5(idempotency_key), 16) || '-01'),
            now() - interval '10 s'
        FROM placed
    """ % JOBS

    def __init__(self, name, program, concurrency=None):
        self.name = name
        self.command = [BIN / program]
        port = int(os.environ["WHARF_METRICS_BASE_PORT"]) + 1
        self.environment = dict(os.environ, METRICS_PORT=str(port), LOG_LEVEL="error")
        if concurrency:
            self.environment["WORKER_CONCURRENCY"] = str(concurrency)
        self.sql = Session(os.environ["POSTGRES_URL"])
        # A product that an earlier measurement emptied would be marked by the first job that sees it.
        fill_stock(self.sql)

    def prepare(self):
        self.sql("TRUNCATE orders, order_items, order_events, idempotency_keys, outbox, mail_deliveries CASCADE")
        for queue in ("order.process", "email.send_order_confirmation"):
            management("DELETE", f"/queues/%2F/{queue}/contents")
        self.sql(self.orders)
        publish_rest(self.sql)
        self.sql("VACUUM ANALYZE orders", "VACUUM ANALYZE order_items", "VACUUM outbox", "CHECKPOINT")

    def is_done(self):
        return self.sql.count(PENDING) == 0 and self.sql.count("outbox") == 0


class Peer:
    """A worker of another system: its own database and virtual host on the same servers, its own schema and queues."""
    orders = """
        INSERT INTO orders (order_number, user_id, status, subtotal_amount, tax_amount, shipping_amount, discount_amount,
            total_amount, currency, shipping_address)
        SELECT 'D' || lpad(i::text, 8, '0'), (SELECT min(id) FROM users), 'pending', 2000, 200, 500, 0, 2700, 'USD',
            '{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}' FROM generate_series(1, %d) i
    """ % JOBS

    def __init__(self, name, command, environment, fill):
        self.name, self.command, self.fill = name, command, fill
        self.environment = dict(os.environ, **SETTINGS, **environment)
        self.sql = Session(DATABASE)

    def prepare(self):
        self.sql("TRUNCATE orders, order_items, order_events, idempotency_keys", self.orders)
        bodies = "".join('{"action": "confirm", "order_number": "D%08d"}\n' % i for i in range(1, JOBS + 1))
        for queue in ("order.process", "email.send_order_confirmation"):
            arguments = [self.fill, *broker_arguments("peers"), queue]
            subprocess.run(arguments, input="", text=True, check=True)
            management("DELETE", f"/queues/peers/{queue}/contents")
        arguments = [self.fill, *broker_arguments("peers"), "order.process"]
        subprocess.run(arguments, input=bodies, text=True, check=True)
        self.sql("VACUUM ANALYZE orders", "CHECKPOINT")

    def is_done(self):
        return self.sql.count(PENDING) == 0


def drain(contestant, log):
    """Jobs per second, CPU microseconds per job of the worker and of the services, and the worker's peak RSS in MiB."""
    contestant.prepare()
    time.sleep(1)
    before = {name: cpu_seconds(pid) for name, pid in SERVICES.items()}
    started = time.monotonic()
    worker = subprocess.Popen(contestant.command, env=contestant.environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        first = None
        while True:
            pending = contestant.sql.count(PENDING)
            now = time.monotonic()
            if first is None and pending < JOBS:
                first = now, JOBS - pending
            if pending == 0 and contestant.is_done():
                break
            if worker.poll() is not None:
                sys.exit(f"benchmark: {contestant.name} ended with {worker.returncode}")
            if now - started > 120:
                sys.exit(f"benchmark: {contestant.name} left {pending} orders pending after 120 s")
            time.sleep(0.05)
        seconds = max(time.monotonic() - first[0], 0.05)
        spent = {name: cpu_seconds(pid) - before[name] for name, pid in SERVICES.items()}
        spent["worker"] = cpu_seconds(worker.pid)
        memory = rss_mib(worker.pid, peak=True)
    finally:
        end(worker)
    return {"rate": (JOBS - first[1]) / seconds, "rss": memory,
            **{name: value / JOBS * 1e6 for name, value in spent.items()}}


def bare(contestant, program):
    """The same messages with librabbitmq alone, which does nothing with them."""
    contestant.prepare()
    before = cpu_seconds(SERVICES["rabbitmq"])
    arguments = [program, *broker_arguments("/"), "order.process", "100", str(JOBS)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    output = process.communicate()[0]
    if process.returncode:
        sys.exit("benchmark: the bare consumer failed")
    rate, cpu, rss = map(float, output.split())
    return {"rate": rate, "rss": rss, "worker": cpu / JOBS * 1e6, "postgres": 0.0, "replica": 0.0,
            "rabbitmq": (cpu_seconds(SERVICES["rabbitmq"]) - before) / JOBS * 1e6}


def peers(folder, fill):
    """What can be built of the peers."""
    copy = copy_peers(folder)
    if not copy:
        return []
    found = []
    if go := build_go(copy):
        found.append(Peer("Go peer", [go, "worker"], {}, fill))
    if django := install_django(copy):
        found.append(Peer("Django and pika", *django, fill))
    return found


def main():
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name:
        folder = pathlib.Path(name)
        fill, consumer = compile_c("fill_queue", folder), compile_c("bare_consumer", folder)
        plain = Wharf("Wharf, plain handler", "worker-orders")
        batch = Wharf("Wharf, batch handler", "bench-batch-worker", concurrency=4)
        contestants = [plain, batch, *peers(folder, fill)]
        results = {contestant.name: [] for contestant in contestants}
        results["bare librabbitmq"] = []
        with open(folder / "workers.log", "w") as log:
            for _ in range(RUNS):
                for contestant in contestants:
                    results[contestant.name].append(drain(contestant, log))
                results["bare librabbitmq"].append(bare(plain, consumer))
    rows = []
    go = median([run["rate"] for run in results["Go peer"]]) if "Go peer" in results else None
    for name, runs in results.items():
        middle = {key: median([run[key] for run in runs]) for key in runs[0]}
        costs = [middle["worker"], middle["postgres"] + middle["replica"], middle["rabbitmq"]]
        rows.append((name, f"{middle['rate']:,.0f}", f"{middle['rate'] / go:.2f}" if go else "—",
                     *(f"{cost:.0f}" for cost in costs), f"{sum(costs):.0f}", f"{middle['rss']:.0f}",
                     " ".join(f"{run['rate']:.0f}" for run in runs)))
    table(["worker", "jobs/s", "of Go's", "worker µs", "PostgreSQL µs", "RabbitMQ µs", "all µs", "RSS MiB", "runs"], rows)


main()
