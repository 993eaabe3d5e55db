"""What the measurements share: SQL, processes and their CPU, the programs, the broker. Standard library only; the
settings come from the environment that script/services writes."""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / ".build" / "release"
TICKS = os.sysconf("SC_CLK_TCK")


def median(values):
    return sorted(values)[len(values) // 2]


class Session:
    """One connection to PostgreSQL: starting psql for each look would take CPU away from what is measured."""

    def __init__(self, url):
        self.psql = subprocess.Popen(["psql", url, "-XAtq", "-v", "ON_ERROR_STOP=1"], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, *statements):
        """The rows of the statements, one a line."""
        self.psql.stdin.write("".join(f"{text};\n" for text in statements) + "\\echo <end>\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "<end>\n":
            if not line:
                sys.exit("benchmark: psql ended; its error stands above")
            lines.append(line.rstrip("\n"))
        return "\n".join(lines)

    def count(self, rows):
        return int(self(f"SELECT count(*) FROM {rows}"))


def wait_until(condition, what, seconds=120, poll=0.1):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"benchmark: {what}: not so within {seconds} s")
        time.sleep(poll)


def cpu_seconds(root):
    """Of a process and all below it, those that have ended included."""
    parents, ticks = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    tree, edge = {root}, {root}
    while edge:
        edge = {pid for pid, parent in parents.items() if parent in edge}
        tree |= edge
    return sum(ticks.get(pid, 0) for pid in tree) / TICKS


def rss_mib(pid, peak=False):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM" if peak else "VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def service_pid(name):
    """Of a service that script/services started."""
    return int(pathlib.Path(os.environ["WHARF_HOME"], "run", f"{name}.pid").read_text().split()[0])


def register(api):
    """A new customer's access token."""
    person = {"email": f"bench-{time.time_ns()}@example.com", "password": "correct horse battery",
              "first_name": "Ada", "last_name": "Bench"}
    return post(f"{api}/api/users/register", person)["access"]


def post(url, body, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=30) as answer:
        return json.load(answer)


def fill_stock(sql):
    """As much of everything as no run empties. The ledger sums to the level, here too, where there is one."""
    if sql("SELECT to_regclass('stock_movements') IS NULL") == "t":
        sql("UPDATE product_variants SET stock_quantity = 1000000000")
    else:
        sql("""
            WITH filled AS (
                UPDATE product_variants v SET stock_quantity = 1000000000 FROM product_variants old WHERE old.id = v.id
                RETURNING v.id, v.stock_quantity - old.stock_quantity AS delta
            )
            INSERT INTO stock_movements (variant_id, delta, reason) SELECT id, delta, 'adjustment' FROM filled WHERE delta <> 0
        """)
    sql("UPDATE products SET in_stock = true")


class Program:
    """One program of the shop, up from the first answer of /health/ready."""

    def __init__(self, name, index, root=ROOT, **settings):
        self.name = name
        self.metrics = f"http://127.0.0.1:{int(os.environ['WHARF_METRICS_BASE_PORT']) + index}"
        port = self.metrics.rsplit(":", 1)[1]
        environment = dict(os.environ, METRICS_PORT=port, LOG_LEVEL="error", **settings)
        program = root / ".build" / "release" / name
        self.process = subprocess.Popen([program], env=environment, cwd=root, stdout=subprocess.DEVNULL)
        self.last_answer = "no answer"
        try:
            wait_until(lambda: self.is_ready(f"{self.metrics}/health/ready"), f"{name} is ready", 30)
        except BaseException:
            print(f"{name}: {self.last_answer}", file=sys.stderr)
            self.process.kill()
            raise
        self.rest = rss_mib(self.process.pid)

    def is_ready(self, url):
        if self.process.poll() is not None:
            sys.exit(f"benchmark: {self.name} ended with {self.process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                self.last_answer = json.load(answer)
                return self.last_answer["status"] == "ready"
        except (OSError, ValueError):
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)


def end(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def management(method, path):
    url = urllib.parse.urlsplit(os.environ["AMQP_MANAGEMENT_URL"])
    request = urllib.request.Request(f"http://{url.hostname}:{url.port}/api{path}", method=method)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, request.full_url, url.username, url.password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(request, timeout=30) as answer:
        return answer.read()


def publish_rest(sql):
    """Waits until all jobs are at the broker: the next figure must not pay for them. Returns the relay's RSS at rest and
    after."""
    with Program("outbox-relay", 4) as relay:
        wait_until(lambda: sql.count("outbox") == 0, "the outbox is empty")
        return relay.rest, rss_mib(relay.process.pid)


def compile_c(name, folder):
    """One of the C programs beside this file."""
    program = folder / name
    subprocess.run(["cc", "-O2", "-o", program, ROOT / f"Benchmarks/{name}.c", "-lrabbitmq"], check=True)
    return program


def broker_arguments(vhost):
    url = urllib.parse.urlsplit(os.environ["AMQP_URL"])
    return [url.hostname, str(url.port), url.username, url.password, vhost]


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
