"""What befalls the shop: programs are killed, the broker restarts, TCP is cut, search and mail refuse, hang and die."""
import collections
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from shop import HOME, ROOT, wait_until

PROGRAMS = ["api", "worker-orders", "worker-search", "worker-email", "outbox-relay"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Proxies:
    """Between the programs and the broker, and between them and the primary."""

    def __init__(self):
        targets = {"broker": os.environ["WHARF_RABBITMQ_PORT"], "database": os.environ["WHARF_POSTGRES_PORT"]}
        ports = {name: str(free_port()) for name in targets}
        program = pathlib.Path(__file__).with_name("proxy.py")
        routes = [f"{name}={ports[name]}:{targets[name]}" for name in targets]
        self.process = subprocess.Popen([sys.executable, program, *routes], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the proxies did not start")
        self.environment = {}
        for variable in ("AMQP_URL", "DATABASE_URL", "WORKER_DATABASE_URL"):
            name = "broker" if variable == "AMQP_URL" else "database"
            self.environment[variable] = os.environ[variable].replace(f":{targets[name]}", f":{ports[name]}")

    def tell(self, command, name):
        self.process.stdin.write(f"{command} {name}\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Faults:
    """Two hands, each with dice of its own: one kills programs, the other takes their surroundings apart."""

    def __init__(self, fleet, proxies, seed):
        self.fleet, self.proxies, self.seed = fleet, proxies, seed
        self.done = collections.Counter()
        self.kills = collections.Counter()
        self.failures = []
        self.stopping = threading.Event()
        self.hands = [threading.Thread(target=self.guard, args=(hand,)) for hand in (self.kill, self.disturb)]

    def start(self):
        for hand in self.hands:
            hand.start()

    def stop(self):
        """Returns when the last fault is over and every service is up."""
        self.stopping.set()
        for hand in self.hands:
            hand.join()

    def guard(self, hand):
        try:
            hand(random.Random(f"{self.seed}-{hand.__name__}"))
        except Exception as error:
            self.failures.append(f"a fault could not be made: {error!r}")

    def kill(self, dice):
        # Seldom enough that the fleet's pauses between restarts stay short.
        while not self.stopping.wait(dice.uniform(0.5, 4)):
            pid = self.fleet.pids.get(program := dice.choice(PROGRAMS))
            if pid is None:
                continue  # it is dead as it is
            try:
                self.fleet.killed.add(program)
                os.kill(pid, signal.SIGKILL)
                self.kills[program] += 1
            except ProcessLookupError:
                pass

    def disturb(self, dice):
        ways = [self.restart_broker, self.kill_broker, self.cut_broker, self.hang_broker, self.cut_database,
                self.kill_search, self.hang_search, self.refuse_mail, self.hang_mail, self.kill_mail]
        bag = []
        while not self.stopping.wait(dice.uniform(0.5, 3)):
            # Every kind comes once before any comes again, in another order each time.
            bag = bag or dice.sample(ways, len(ways))
            way = bag.pop()
            way(dice.uniform(1, 6))
            self.done[way.__name__.replace("_", " ")] += 1

    def restart_broker(self, _):
        services("stop", "rabbitmq")
        services("start", "rabbitmq")

    def kill_broker(self, seconds):
        os.kill(pid_of("rabbitmq"), signal.SIGKILL)
        time.sleep(seconds / 2)
        services("start", "rabbitmq")

    def cut_broker(self, seconds):
        self.through("cut", "broker", seconds)

    def hang_broker(self, seconds):
        self.through("hang", "broker", seconds)

    def cut_database(self, seconds):
        self.through("cut", "database", seconds / 2)

    def through(self, command, name, seconds):
        self.proxies.tell(command, name)
        time.sleep(seconds)
        self.proxies.tell("heal", name)

    def kill_search(self, seconds):
        self.kill_service("search", seconds)

    def hang_search(self, seconds):
        self.pause_service("search", 2 * seconds)

    def kill_mail(self, seconds):
        self.kill_service("mail", seconds)

    def hang_mail(self, seconds):
        self.pause_service("mail", seconds)

    def refuse_mail(self, seconds):
        rule = HOME / "mail" / ".refuse"
        rule.write_text("451")
        time.sleep(seconds)
        rule.unlink()

    def kill_service(self, name, seconds):
        os.kill(pid_of(name), signal.SIGKILL)
        time.sleep(seconds)
        services("start", name)

    def pause_service(self, name, seconds):
        pid = pid_of(name)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)


def pid_of(service):
    return int((HOME / "run" / f"{service}.pid").read_text().split()[0])


def services(action, name):
    """As an operator would; a service that was killed is gone a moment later."""
    if action == "start":
        wait_until(lambda: not is_alive(name), f"{name} is gone", 20)
    subprocess.run([ROOT / "script" / "services", action, name], check=True, stdout=subprocess.DEVNULL, timeout=120)


def is_alive(service):
    try:
        stat = pathlib.Path(f"/proc/{pid_of(service)}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
