#!/usr/bin/env python3
"""Lets customers order without pause while the shop is taken apart around them, and counts in the end what is left.

Run by script/soak, which starts the services and puts their settings into the environment; standard library only.
"""
import json
import os
import random
import sys
import time

from count import Count
from faults import Faults, Proxies
from shop import HOME, ROOT, Customers, Fleet, Queues, Tables

SECONDS = float(os.environ.get("SOAK_SECONDS", "180"))
SEED = os.environ.get("SOAK_SEED", "1")
CUSTOMERS = 4
# Products that run out, for their search documents' sake; the others never do.
SCARCE, PLENTY = 20, 1_000_000


def quick_queues():
    """The queue files of the house with short rungs: the way of a retry stays, the waiting goes."""
    folder = HOME / "queues"
    folder.mkdir()
    for path in (ROOT / "queues").glob("*.json"):
        queue = json.loads(path.read_text())
        queue["retry"]["rungs_seconds"] = [1, 2, 5]
        (folder / path.name).write_text(json.dumps(queue))
    return str(folder)


def fill_shelves(tables):
    tables.rows(f"""
        WITH changed AS (
            UPDATE product_variants v SET stock_quantity = CASE WHEN v.id % 4 = 0 THEN {SCARCE} ELSE {PLENTY} END
            FROM product_variants before WHERE before.id = v.id
            RETURNING v.id, v.stock_quantity - before.stock_quantity AS delta
        )
        INSERT INTO stock_movements (variant_id, delta, reason) SELECT id, delta, 'adjustment' FROM changed WHERE delta <> 0
        """)
    return dict(tables.rows("SELECT id, stock_quantity FROM product_variants"))


def main():
    print(f"soak: {SECONDS:.0f} s, seed {SEED} (the same seed throws the same dice: SOAK_SEED={SEED})", flush=True)
    tables, queues, proxies = Tables(), Queues(), Proxies()
    stock = fill_shelves(tables)
    fleet = Fleet({**os.environ, **proxies.environment, "WHARF_BIN": str(ROOT / ".build" / "release"),
                   "QUEUES_DIRECTORY": os.environ["SOAK_QUEUES"], "LOG_FORMAT": "json"})
    try:
        if not fleet.is_ready.wait(60):
            sys.exit("soak: the fleet is not ready after 60 s")
        customers = Customers(tables, CUSTOMERS, SEED)
        faults = Faults(fleet, proxies, SEED)
        started = time.monotonic()
        customers.start()
        faults.start()
        time.sleep(SECONDS)
        faults.stop()
        customers.stop()
        seconds = time.monotonic() - started
        count = Count(tables, queues, customers, faults, stock)
        count.drain(240)
        drained = time.monotonic() - started - seconds
    finally:
        fleet.stop()
        proxies.close()
    count.all()
    report(count, faults, seconds, drained)
    sys.exit(1 if count.breaches else 0)


def report(count, faults, seconds, drained):
    rows = [("seconds under faults", f"{seconds:.0f}"), ("seconds until nothing was left to do", f"{drained:.0f}")]
    rows += [(f"SIGKILL of {name}", n) for name, n in sorted(faults.kills.items())]
    rows += [(f"{name}", n) for name, n in sorted(faults.done.items())]
    rows += count.lines
    print("\n| soak | |\n| --- | --- |")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    for breach in count.breaches:
        print(f"soak: BREACH: {breach}", file=sys.stderr)
    print(f"\nsoak: {sum(faults.kills.values())} kills, {sum(faults.done.values())} other faults, "
          f"{len(count.customers.answers)} orders: {'nothing' if not count.breaches else 'something'} is wrong")


if __name__ == "__main__":
    if sys.argv[1:] == ["queues"]:
        print(quick_queues())
    else:
        main()
