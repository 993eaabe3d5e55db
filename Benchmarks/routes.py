#!/usr/bin/env python3
"""The tables of docs/benchmarks.md about the shop over HTTP: each route's rate, latency and CPU, beside the Go peer, beside
another checkout of Wharf where $BENCH_BEFORE names one that is built in release, and the checkout beside pgbench with the
same SQL. Run by script/bench, which starts the services and puts their settings into the environment.

The figures of one run belong together: machines differ, and the same machine differs from hour to hour.
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from machine import (ROOT, Program, Session, cpu_seconds, end, fill_stock, management, median, post, register, rss_mib,
                     service_pid, table, wait_until)
from peers import DATABASE, SETTINGS, build_go, copy_peers

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
ROUTES = ["list", "detail", "search", "cart", "line", "checkout"]
USERS = 50
NODES = [service_pid(name) for name in ("postgres", "replica")]


class Shop:
    """One implementation of the routes, on tables of its own."""
    quote = ""
    routes = ["list", "detail", "checkout"]
    orders = "orders, order_items, order_events, idempotency_keys"
    variants = "variants"
    slugs = "SELECT slug FROM products ORDER BY id"
    categories = "SELECT slug FROM categories ORDER BY id"

    def __init__(self, name, url, database, vhost):
        self.name, self.url, self.vhost = name, url, vhost
        self.sql = Session(database)

    def prepare(self, folder):
        """What wrk chooses from, and stock that no run empties."""
        self.folder = folder
        folder.mkdir()
        self.fill_stock()
        variants = self.sql(f"SELECT id FROM {self.variants} ORDER BY id").splitlines()
        tokens = [register(self.url) for _ in range(USERS)]
        words = {word.lower() for name in self.sql("SELECT name FROM products LIMIT 500").splitlines()
                 for word in name.split() if word.isalpha() and len(word) > 3}
        files = {"variants": [f"{self.quote}{id}{self.quote}" for id in variants], "tokens": tokens, "words": sorted(words),
                 "slugs": self.sql(self.slugs).splitlines(), "categories": self.sql(self.categories).splitlines()}
        for name, lines in files.items():
            (folder / name).write_text("\n".join(lines) + "\n")
        if "cart" in self.routes:
            for token in tokens:
                for variant in variants[:3]:
                    post(f"{self.url}/api/orders/cart/items", {"variant_id": variant, "quantity": 1}, token)

    def fill_stock(self):
        self.sql(f"UPDATE {self.variants} SET stock_quantity = 1000000000")

    def clear(self):
        self.sql(f"TRUNCATE {self.orders} CASCADE")
        self.sql(f"VACUUM {self.variants}", "CHECKPOINT")
        for queue in ("order.process", "email.send_order_confirmation"):
            management("DELETE", f"/queues/{self.vhost}/{queue}/contents")

    def settle(self):
        """Returns when nothing of the last run is under way."""


class Wharf(Shop):
    quote = '"'
    orders = "orders, order_items, order_events, idempotency_keys, outbox, mail_deliveries"
    variants = "product_variants"
    slugs = "SELECT slug FROM products WHERE status = 'active' ORDER BY id"
    # Those that products are in, which is how the peer's are.
    categories = "SELECT slug FROM categories WHERE id IN (SELECT category_id FROM products) ORDER BY id"

    def __init__(self, name, root=ROOT, **settings):
        self.index = 0 if root == ROOT else 10
        self.root, self.settings = root, settings
        url = f"http://127.0.0.1:{settings.get('HTTP_PORT', os.environ['HTTP_PORT'])}"
        database = os.environ["POSTGRES_URL"]
        super().__init__(name, url, database if root == ROOT else database.rsplit("/", 1)[0] + "/before",
                         "%2F" if root == ROOT else "before")
        self.routes = ROUTES if root == ROOT else ["list", "detail", "search", "checkout"]

    def fill_stock(self):
        fill_stock(self.sql)

    @contextlib.contextmanager
    def running(self):
        with Program("api", self.index, self.root, **self.settings) as api:
            self.rest = api.rest
            yield api.process.pid

    def settle(self):
        """The next figure must not pay for this one's jobs: what the API's backlog left over, the relay publishes."""
        with Program("outbox-relay", self.index + 4, self.root, **self.settings):
            wait_until(lambda: self.sql.count("outbox") == 0, f"the outbox of {self.name} is empty")


class Go(Shop):
    def __init__(self, program):
        port = int(os.environ["WHARF_METRICS_BASE_PORT"]) + 7
        super().__init__("Go peer", f"http://127.0.0.1:{port}", DATABASE, "peers")
        self.program, self.port = program, port

    @contextlib.contextmanager
    def running(self):
        environment = dict(os.environ, **SETTINGS, BIND=f"127.0.0.1:{self.port}")
        process = subprocess.Popen([self.program, "api"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self.answers, "the Go peer answers", 30)
            self.rest = rss_mib(process.pid)
            yield process.pid
        finally:
            end(process)

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/api/catalog/products?page_size=1", timeout=2):
                return True
        except urllib.error.HTTPError as error:
            sys.exit(f"benchmark: the Go peer answers {error.code}")
        except OSError:
            return False


def before():
    """The other checkout of Wharf, with its own tables, products and queues."""
    root = pathlib.Path(os.environ["BENCH_BEFORE"]).resolve()
    Session(os.environ["POSTGRES_URL"])("DROP DATABASE IF EXISTS before", "CREATE DATABASE before OWNER wharf_owner")
    management("PUT", "/vhosts/before")
    settings = {name: os.environ[name].rsplit("/", 1)[0] + "/before" for name in
                ("MIGRATION_DATABASE_URL", "DATABASE_URL", "WORKER_DATABASE_URL", "AMQP_URL")}
    for name in ("DATABASE_REPLICA_URLS", "WORKER_DATABASE_REPLICA_URLS"):
        # The last one is the primary's, which an earlier version would wait for to become a replica.
        replicas = os.environ[name].split(",")[:-1]
        settings[name] = ",".join(url.rsplit("/", 1)[0] + "/before" for url in replicas)
    settings |= {f"{name.upper()}_DIRECTORY": str(root / name) for name in ("queues", "migrations", "schedules", "docs")}
    settings |= {"DOCUMENTS_DIRECTORY": str(root / "docs"),
                 "AMQP_MANAGEMENT_URL": os.environ["AMQP_MANAGEMENT_URL"] + "/before",
                 "HTTP_PORT": str(int(os.environ["WHARF_METRICS_BASE_PORT"]) + 6)}
    for arguments in (["migrate", "up"], ["queues", "apply"], ["catalog", "seed", "--products", "10000"]):
        subprocess.run([root / ".build/release/wharf", *arguments], env=dict(os.environ, **settings), cwd=root, check=True,
                       stdout=subprocess.DEVNULL)
    shop = Wharf("Wharf before", root, **settings)
    shop.sql("TRUNCATE outbox", "VACUUM ANALYZE")
    return shop


def load(shop, route, seconds, run):
    environment = dict(os.environ, BENCH_ROUTE=route, BENCH_INPUT=str(shop.folder), BENCH_RUN=str(run))
    command = ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s",
               "-s", ROOT / "Benchmarks/routes.lua", shop.url]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    result = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    requests, errors, microseconds = map(int, result[1:4])
    if errors or not requests and seconds == SECONDS:
        sys.exit(f"benchmark: {errors} of {requests} requests for {route} failed at {shop.name}")
    return {"requests": requests, "rate": requests / (microseconds / 1e6), "p50": float(result[4]), "p99": float(result[6])}


def measure(shop, pid, route, run):
    """With the publishing of all jobs, where there are any."""
    before = cpu_seconds(pid), sum(map(cpu_seconds, NODES))
    result = load(shop, route, SECONDS, run)
    if route == "checkout":
        shop.settle()
    after = cpu_seconds(pid), sum(map(cpu_seconds, NODES))
    return result | {"api": (after[0] - before[0]) / result["requests"] * 1e6,
                     "postgres": (after[1] - before[1]) / result["requests"] * 1e6}


def run_pgbench(sql):
    """Checkouts a second by pgbench, with the API's role."""
    variants = sql("SELECT max(id) FROM product_variants")
    command = ["/usr/lib/postgresql/15/bin/pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2",
               "-T", str(SECONDS), "-D", f"variants={variants}", "-D", f"users={USERS}",
               "-f", ROOT / "Benchmarks/checkout.sql", os.environ["DATABASE_URL"]]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(next(line for line in output.splitlines() if line.startswith("tps")).split()[2])


def main():
    with tempfile.TemporaryDirectory(dir=os.environ["WHARF_HOME"]) as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        shops = [Wharf("Wharf")]
        if os.environ.get("BENCH_BEFORE"):
            shops.append(before())
        copy = copy_peers(folder)
        if program := copy and build_go(copy):
            shops.append(Go(program))
        pids = {}
        for shop in shops:
            pids[shop] = stack.enter_context(shop.running())
            shop.prepare(folder / shop.name)
        rows, number = [], 0
        memory = {shop: shop.rest for shop in shops}
        for route in ROUTES:
            able = [shop for shop in shops if route in shop.routes]
            results, limits = {shop: [] for shop in able}, []
            for shop in able:
                load(shop, route, 2, 0)
            for _ in range(RUNS):
                number += 1
                for shop in able:
                    if route == "checkout":
                        shop.settle()
                        shop.clear()
                    results[shop].append(measure(shop, pids[shop], route, number))
                if route == "checkout":
                    shops[0].clear()
                    limits.append(run_pgbench(shops[0].sql))
            middle = {shop: {key: median([run[key] for run in runs]) for key in runs[0]} for shop, runs in results.items()}
            go = next((middle[shop]["rate"] for shop in able if isinstance(shop, Go)), None)
            for shop, figures in middle.items():
                rows.append((route, shop.name, f"{figures['rate']:,.0f}", f"{figures['rate'] / go:.2f}" if go else "—",
                             f"{figures['p50']:.1f}", f"{figures['p99']:.1f}", f"{figures['api']:.0f}",
                             f"{figures['postgres']:.0f}", " ".join(f"{run['rate']:.0f}" for run in results[shop])))
                print(*rows[-1], file=sys.stderr)
            if limits:
                rate = median(limits)
                rows.append((route, "pgbench, the same SQL", f"{rate:,.0f}", f"{rate / go:.2f}" if go else "—", "", "", "", "",
                             " ".join(f"{limit:.0f}" for limit in limits)))
        shops[0].clear()
        table(["route", "shop", "requests/s", "of Go's", "p50 ms", "p99 ms", "API µs", "PostgreSQL µs", "runs"], rows)
        sizes = [(f"API of {shop.name}", f"{rest:.0f} MiB", f"{rss_mib(pids[shop]):.0f} MiB") for shop, rest in memory.items()]
    for index, name in enumerate(["outbox-relay", "worker-orders", "worker-email", "worker-search"]):
        with Program(name, index) as program:
            sizes.append((name, f"{program.rest:.0f} MiB", "—"))
    table(["program", "RSS at rest", "RSS after load"], sizes)


main()
