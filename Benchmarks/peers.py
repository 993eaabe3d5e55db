"""The systems that Wharf is measured against, where they stand beside the checkout: built in a copy, with a database and a
virtual host of their own on the same servers."""
import os
import shutil
import subprocess
import sys

from machine import ROOT, Session, management

PEERS = ROOT.parent / "shared" / "peers"
DATABASE = os.environ["POSTGRES_URL"].rsplit("/", 1)[0] + "/peers"
SETTINGS = {"DATABASE_URL": DATABASE, "RABBITMQ_URL": os.environ["AMQP_URL"].rsplit("/", 1)[0] + "/peers"}


def copy_peers(folder):
    """The copy, with the peers' tables and products loaded; None where there are no peers."""
    if not PEERS.is_dir():
        print(f"no peers: there is no folder {os.path.relpath(PEERS, ROOT)}", file=sys.stderr)
        return None
    copy = folder / "peers"
    shutil.copytree(PEERS, copy)
    Session(os.environ["POSTGRES_URL"])("DROP DATABASE IF EXISTS peers", "CREATE DATABASE peers")
    management("PUT", "/vhosts/peers")
    loading = Session(DATABASE)
    for name in ("schema.sql", "seed.sql"):
        loading(f"\\i {copy / 'harness' / name}\n")
    loading("VACUUM ANALYZE")
    return copy


def build_go(copy):
    """The Go peer's program; None where it cannot be built."""
    built = subprocess.run(["make", "-s", "-C", copy / "peers/go"], capture_output=True, text=True)
    if built.returncode:
        print(f"no Go peer: its build failed ({built.stderr.strip().splitlines()[-1:]})", file=sys.stderr)
        return None
    return copy / "peers/go/bin/shop"


def install_django(copy):
    """The Django peer's worker and its settings; None where its requirements cannot be had."""
    django = copy / "peers/django"
    try:
        subprocess.run(["/usr/bin/python3", "-m", "venv", django / ".venv"], check=True)
        subprocess.run([django / ".venv/bin/pip", "install", "-q", "--disable-pip-version-check", "--no-input",
                        "-r", django / "requirements.txt"], check=True)
    except subprocess.CalledProcessError:
        print("no Django peer: its requirements cannot be installed", file=sys.stderr)
        return None
    command = [django / ".venv/bin/python", django / "manage.py", "consume_orders"]
    return command, {"PYTHONPATH": str(django), "DJANGO_SETTINGS_MODULE": "shop.settings"}
