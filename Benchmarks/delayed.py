#!/usr/bin/env python3
"""Measures what many delayed jobs cost: the tables of docs/benchmarks.md. Run by script/bench-delayed; standard library
only.

Each state of the outbox is a database of its own, and the states take turns in every run, so that the figures of one
run can be compared. The statements are those of Sources/Runtime/Outbox/OutboxStore.swift.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "1"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
SERVER = os.environ["POSTGRES_URL"].rsplit("/", 1)[0]
BATCH = 512

FILL = """
INSERT INTO outbox (id, job_name, body, headers, available_at, created_at)
SELECT gen_random_uuid(), 'order.process', '{"action":"confirm","order_number":"W-261124-7K3MX9QD"}',
    '{"x-wharf-attempt":"1","x-wharf-version":"1","x-wharf-idempotency-key":"0123456789abcdef"}',
    %s, now()
FROM generate_series(1, %d) AS n ORDER BY random()
"""
UNDUE = "now() + interval '1 day' + n * interval '2 seconds'"
DUE = "now() - n * interval '10 milliseconds'"
STATES = {
    "empty": [],
    "512 due": [(DUE, BATCH)],
    "all undue": [(UNDUE, ROWS)],
    "half due": [(DUE, ROWS // 2), (UNDUE, ROWS // 2)],
    "all due": [(DUE, ROWS)],
}

ENQUEUE = """
INSERT INTO outbox (id, job_name, body, headers, available_at)
SELECT id, job_name, body::json, headers::jsonb, coalesce(available_at, now() + interval '5 seconds')
FROM unnest(ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY['order.process', 'email.send_order_confirmation'],
    ARRAY['{"action":"confirm"}', '{"template":"order_placed"}'], ARRAY['{"x-wharf-attempt":"1"}', '{}'],
    ARRAY[NULL, now() + interval '3 days']::timestamptz[]) AS entry (id, job_name, body, headers, available_at);
"""
CLAIM = f"""
SELECT id::text, job_name, body::text, headers::text, created_at, available_at::text AS due
FROM outbox
WHERE available_at BETWEEN '-infinity' AND now()
ORDER BY available_at
LIMIT {BATCH}
FOR UPDATE SKIP LOCKED
"""
COUNT = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8
FROM (
    SELECT available_at FROM outbox WHERE available_at <= now()
    ORDER BY available_at LIMIT 10000
) AS due
"""
POLL = f"BEGIN;\n{CLAIM.strip()};\nROLLBACK;\n"
# One batch as the relay takes it, with its delete: from the beginning, or from where the last one ended.
TAKE = f"""
WITH batch AS MATERIALIZED ({CLAIM}) DELETE FROM outbox WHERE id = ANY(ARRAY(SELECT id::uuid FROM batch));
"""
TAKE_ON = f"""
WITH batch AS MATERIALIZED ({CLAIM.replace("'-infinity'", ":start::timestamptz")}),
gone AS (DELETE FROM outbox WHERE id = ANY(ARRAY(SELECT id::uuid FROM batch)))
SELECT max(due::timestamptz) AS start FROM batch \\gset
"""


def psql(database, *statements):
    command = ["psql", f"{SERVER}/{database}", "-XAtq", "-v", "ON_ERROR_STOP=1"]
    command += [word for text in statements for word in ("-c", text)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def pgbench(database, script, *options):
    """Transactions per second and the mean latency in milliseconds, of one client."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = ["pgbench", f"{SERVER}/{database}", "-n", "-M", "prepared", "-f", file.name, *options]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
    rate = float(re.search(r"tps = ([\d.]+)", output).group(1))
    return rate, float(re.search(r"latency average = ([\d.]+)", output).group(1))


def median(values):
    return sorted(values)[len(values) // 2]


def name(state):
    return "bench_" + state.replace(" ", "_")


def prepare():
    outbox = (ROOT / "migrations" / "0004_jobs.up.sql").read_text()
    for state, rows in STATES.items():
        psql("postgres", f"DROP DATABASE IF EXISTS {name(state)}", f"CREATE DATABASE {name(state)}")
        psql(name(state), outbox, *(FILL % part for part in rows))
        # What a relay meets: autovacuum has been there once, and never sees the table at rest.
        psql(name(state), "VACUUM ANALYZE outbox")


def measure():
    figures = {}
    for _ in range(RUNS):
        for state in STATES:
            seconds = ["-T", str(SECONDS)]
            for what, script in (("poll", POLL), ("count", COUNT + ";"), ("enqueue", ENQUEUE)):
                clients = ["-c", "8", "-j", "2"] if what == "enqueue" else ["-c", "1"]
                rate, latency = pgbench(name(state), script, *clients, *seconds)
                figures.setdefault((state, what), []).append(rate if what == "enqueue" else latency)
            # The next run finds the state as this one did.
            psql(name(state), "DELETE FROM outbox WHERE headers = '{}' OR headers = '{\"x-wharf-attempt\": \"1\"}'",
                 "VACUUM outbox")
    return {key: median(values) for key, values in figures.items()}


def drain():
    """Milliseconds of one batch while due rows are taken: the dead ones lie at the front of the index. A long transaction
    keeps all of them from being forgotten."""
    result = []
    for is_held, take in ((False, TAKE), (False, TAKE_ON), (True, TAKE), (True, TAKE_ON)):
        database = name("drain")
        psql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)",
             f"CREATE DATABASE {database} TEMPLATE {name('all due')}")
        holder = None
        if is_held:
            holder = subprocess.Popen(["psql", f"{SERVER}/{database}", "-XAtq"], stdin=subprocess.PIPE, text=True,
                                      stdout=subprocess.PIPE)
            holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM outbox;\n")
            holder.stdin.flush()
            holder.stdout.readline()
        batches = [pgbench(database, take, "-c", "1", "-t", "100", "-D", "start=-infinity")[1] for _ in range(6)]
        result.append([f"{value:.1f}" for value in (batches[0], batches[2], batches[5])])
        if holder:
            holder.stdin.close()
            holder.wait()
        psql("postgres", f"DROP DATABASE {database} WITH (FORCE)")
    return result


def plan(state, statement):
    text = psql(name(state), f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {statement}")
    return "\n".join(line for line in text.splitlines() if "Planning" not in line and "JIT" not in line)


def main():
    prepare()
    print(f"plans, {ROWS} rows, half of them due\n\n```\n{plan('half due', CLAIM)}\n\n{plan('half due', COUNT)}\n```\n")
    figures = measure()
    print("| outbox | enqueue, transactions/s | poll, ms | count, ms |\n| --- | --- | --- | --- |")
    for state in STATES:
        print(f"| {state} | {figures[state, 'enqueue']:.0f} | {figures[state, 'poll']:.2f} "
              f"| {figures[state, 'count']:.2f} |")
    ratios = (
        ("enqueue, all undue / empty", figures["all undue", "enqueue"] / figures["empty", "enqueue"]),
        ("enqueue, half due / empty", figures["half due", "enqueue"] / figures["empty", "enqueue"]),
        ("poll that finds nothing, all undue / empty", figures["all undue", "poll"] / figures["empty", "poll"]),
        ("poll that finds 512, half due / 512 due", figures["half due", "poll"] / figures["512 due", "poll"]),
        ("poll that finds 512, all due / 512 due", figures["all due", "poll"] / figures["512 due", "poll"]),
    )
    print("\n| ratio of medians | |\n| --- | --- |")
    for what, ratio in ratios:
        print(f"| {what} | {ratio:.2f} |")
    print("\n| taking 512 of all due, ms | first 100 | third 100 | sixth 100 |\n| --- | --- | --- | --- |")
    for what, values in zip(("from the beginning", "from where the last one ended", "from the beginning, beside a long "
                             "transaction", "from where the last one ended, beside it"), drain()):
        print(f"| {what} | {' | '.join(values)} |")


main()
