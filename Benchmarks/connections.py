#!/usr/bin/env python3
"""The table of docs/benchmarks.md about idle connections: 50 active clients of one API process without and with ten thousand
keep-alive connections beside them, in turns of one run. Every idle connection asks once when it opens and once, over the same
connection, after the active ones are done: both answers count. Run by script/bench."""
import asyncio
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from machine import ROOT, Program, Session, cpu_seconds, median, rss_mib, table

IDLE = int(os.environ.get("BENCH_IDLE", "10000"))
ACTIVE = 50
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
PORT = int(os.environ["HTTP_PORT"])
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def ask(connection):
    reader, writer = connection
    writer.write(REQUEST)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"benchmark: an idle connection was answered {head.splitlines()[0]}")
    length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
    await asyncio.wait_for(reader.readexactly(length), 30)


async def hold(measure):
    """What `measure` returns, taken while the idle connections are open."""
    connections = []
    for start in range(0, IDLE, 200):
        some = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", PORT) for _ in range(min(200, IDLE - start))))
        await asyncio.gather(*map(ask, some))
        connections += some
    result = await asyncio.to_thread(measure)
    for start in range(0, IDLE, 200):
        await asyncio.gather(*map(ask, connections[start:start + 200]))
    for _, writer in connections:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in connections))
    return result


def load(folder, pid):
    command = ["wrk", "-t", "2", "-c", str(ACTIVE), "-d", f"{SECONDS}s", "-s", ROOT / "Benchmarks/routes.lua",
               f"http://127.0.0.1:{PORT}"]
    cpu = cpu_seconds(pid)
    output = subprocess.run(command, check=True, capture_output=True, text=True,
                            env=dict(os.environ, BENCH_ROUTE="detail", BENCH_INPUT=str(folder))).stdout
    requests, errors, microseconds, p50, p95, p99 = map(
        float, next(line for line in output.splitlines() if line.startswith("RESULT")).split()[1:])
    if errors or not requests:
        sys.exit(f"benchmark: {errors:.0f} of {requests:.0f} requests of the active clients failed")
    return {"rate": requests / (microseconds / 1e6), "p50": p50, "p95": p95, "p99": p99, "rss": rss_mib(pid),
            "cpu": (cpu_seconds(pid) - cpu) / requests * 1e6}


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sql = Session(os.environ["POSTGRES_URL"])
    results = {"none": [], f"{IDLE:,}": []}
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name, Program("api", 0) as api:
        folder, pid = pathlib.Path(name), api.process.pid
        (folder / "slugs").write_text(sql("SELECT slug FROM products WHERE status = 'active' ORDER BY id") + "\n")
        load(folder, pid)
        for _ in range(RUNS):
            results["none"].append(load(folder, pid))
            results[f"{IDLE:,}"].append(asyncio.run(hold(lambda: load(folder, pid))))
    table(["idle connections", "requests/s of the active", "p50 ms", "p95 ms", "p99 ms", "API µs", "API RSS"], [
        (count, f"{median([r['rate'] for r in runs]):,.0f}", *(f"{median([r[key] for r in runs]):.1f}" for key in
                                                              ("p50", "p95", "p99")),
         # The first: a process that has held many connections does not give all of their memory back.
         f"{median([r['cpu'] for r in runs]):.0f}", f"{runs[0]['rss']:.0f} MiB")
        for count, runs in results.items()
    ])


main()
