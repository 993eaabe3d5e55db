"""The shop from outside: its tables, its queues, its customers, and the fleet that runs it. Standard library only."""
import base64
import http.client
import json
import os
import pathlib
import random
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOME = pathlib.Path(os.environ["WHARF_HOME"])
BIN = ROOT / ".build" / "release"
API = f"http://127.0.0.1:{os.environ['HTTP_PORT']}"


def wait_until(condition, what, seconds, poll=0.2):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {seconds} s it never came: {what}")
        time.sleep(poll)


class Tables:
    """One psql as the superuser, past the proxies. Answers are lists of tuples of text."""

    def __init__(self):
        command = ["psql", os.environ["POSTGRES_URL"], "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1"]
        self.psql = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()

    def rows(self, statement):
        with self.lock:
            self.psql.stdin.write(f"{statement};\n\\echo .\n")
            self.psql.stdin.flush()
            rows = []
            while (line := self.psql.stdout.readline()) != ".\n":
                if not line:
                    raise RuntimeError(f"psql ended at: {statement}")
                rows.append(tuple(line.rstrip("\n").split("\t")))
            return rows

    def count(self, rows):
        return int(self.rows(f"SELECT count(*) FROM {rows}")[0][0])


class Queues:
    """RabbitMQ's management API."""

    def __init__(self):
        url = urllib.parse.urlsplit(os.environ["AMQP_MANAGEMENT_URL"])
        self.base = f"http://{url.hostname}:{url.port}/api"
        self.login = "Basic " + base64.b64encode(f"{url.username}:{url.password}".encode()).decode()

    def call(self, method, path, body=None):
        headers = {"Authorization": self.login, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def waiting(self):
        """Messages, delivered or not, in queues other than the dead ones; None while the broker cannot say."""
        try:
            return sum(q["messages"] for q in self.call("GET", "/queues/%2F") if not q["name"].endswith(".dead"))
        except (OSError, KeyError):  # after a restart, statistics come seconds later than the queues
            return None

    def dead(self):
        """Every dead letter, as (queue, message); they stay where they are."""
        letters = []
        for queue in self.call("GET", "/queues/%2F"):
            if queue["name"].endswith(".dead") and queue.get("messages"):
                body = {"count": queue["messages"], "ackmode": "ack_requeue_true", "encoding": "auto"}
                name = urllib.parse.quote(queue["name"], safe="")
                letters += [(queue["name"], m) for m in self.call("POST", f"/queues/%2F/{name}/get", body)]
        return letters


def post(path, body, headers=(), timeout=15):
    request = urllib.request.Request(
        API + path, json.dumps(body).encode(), {"Content-Type": "application/json", **dict(headers)}
    )
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


class Customers:
    """Clients that order without pause. Each repeats its request, with its key, until its answer is final."""

    ADDRESS = {"line1": "1 Quay", "city": "Hull", "postal_code": "HU1", "country": "GB"}

    def __init__(self, tables, count, seed):
        self.tables, self.seed = tables, seed
        self.variants = [row[0] for row in tables.rows("SELECT id FROM product_variants ORDER BY id")]
        self.answers, self.refusals, self.repeats, self.strange = {}, set(), 0, []
        self.stopping = threading.Event()
        self.tokens = [self.register(number) for number in range(count)]
        self.threads = [threading.Thread(target=self.order, args=(n,)) for n in range(count)]

    def register(self, number):
        person = {"email": f"soak-{self.seed}-{number}@example.com", "password": "correct horse battery",
                  "first_name": "Ada", "last_name": "Soak"}
        return post("/api/users/register", person)["access"]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        """Returns when every request has its answer."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
            if thread.is_alive():
                self.strange.append("a client still has no answer 120 s after the last fault")

    def order(self, number):
        chance = random.Random(f"{self.seed}-client-{number}")
        sequence = 0
        while not self.stopping.is_set():
            sequence += 1
            # The mail catcher keeps up with fewer orders than the API takes: the backlog has to fit the drain's time.
            while sequence % 10 == 0 and not self.stopping.is_set() and self.unmailed() > 1_000:
                time.sleep(0.2)
            variants = chance.sample(self.variants, chance.randint(1, 3))
            items = [{"variant_id": variant, "quantity": chance.randint(1, 3)} for variant in variants]
            key = f"soak-{self.seed}-{number}-{sequence}"
            body = {"items": items, "shipping_address": self.ADDRESS}
            headers = {"Authorization": f"Bearer {self.tokens[number]}", "Idempotency-Key": key}
            while not self.is_final(key, body, headers):
                self.repeats += 1
                time.sleep(0.05)

    def unmailed(self):
        return self.tables.count("orders") - self.tables.count("mail_deliveries") // 2

    def is_final(self, key, body, headers):
        try:
            self.answers[key] = post("/api/orders", body, headers)["order_number"]
            return True
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code == 409 and "insufficient-stock" in text:
                self.refusals.add(key)
                return True
            if error.code == 409 or error.code >= 500:
                return False
            self.strange.append(f"HTTP {error.code}: {text[:300]}")
            return True
        except (OSError, ValueError, http.client.HTTPException):
            return False  # nobody answered, or not to the end: only the key knows
        except KeyError:
            self.strange.append("an answer 201 without an order number")
            return True


class Fleet:
    """`wharf fleet`, and what it says of its processes."""

    EVENT = re.compile(r"(\S+) started, pid (\d+)|(\S+) ended with (.+?); starting it again|(\S+) stopped, (.+)$")

    def __init__(self, environment):
        self.pids, self.unexpected, self.deaths, self.restarts = {}, [], 0, 0
        self.killed = set()
        self.is_ready = threading.Event()
        self.process = subprocess.Popen(
            [BIN / "wharf", "fleet"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        with open(HOME / "log" / "fleet.log", "w") as log:
            for line in self.process.stdout:
                log.write(line)
                if "fleet" not in line.split("|")[0]:
                    continue
                if "all are ready" in line:
                    self.is_ready.set()
                if event := self.EVENT.search(line):
                    self.note(*event.groups())
                elif "would not help" in line:
                    self.unexpected.append(line.strip())

    def note(self, started, pid, ended, how, stopped, end):
        if started:
            self.pids[started] = int(pid)
            self.killed.discard(started)
        elif ended:
            self.pids.pop(ended, None)
            self.deaths += 1
            if how != "killed by SIGKILL":
                self.unexpected.append(f"{ended} ended with {how}")
        else:
            self.pids.pop(stopped, None)
            # One that was a worker too many may be killed while it finishes.
            if end != "exit status 0" and not (end == "killed by SIGKILL" and stopped in self.killed):
                self.unexpected.append(f"{stopped} was told to stop and ended with {end}")

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "no answer to SIGTERM for 120 s"
        self.reader.join(30)
        if status != 0:
            self.unexpected.append(f"the fleet ended with {status}")
