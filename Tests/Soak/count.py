"""The count at the end: row by row, document by document, mail by mail. Nothing of the shop's own code judges here."""
import collections
import email
import email.policy
import json
import os
import urllib.request

from shop import HOME, wait_until

# A mail's job that ran when something broke may run again; this many run at once, and as many again may wait.
MAILS_IN_FLIGHT = 8


class Count:
    def __init__(self, tables, queues, customers, faults, stock):
        self.tables, self.queues, self.customers, self.faults, self.stock = tables, queues, customers, faults, stock
        self.breaches, self.lines = [], []

    def note(self, what, figure):
        self.lines.append((what, figure))

    def demand(self, holds, breach):
        if not holds:
            self.breaches.append(breach)

    def drain(self, seconds):
        """Returns when nothing is left to do: outbox and queues are empty, and the index is the catalog."""
        looks = 0

        def is_idle():
            nonlocal looks
            is_empty = self.tables.count("outbox") == 0 and self.queues.waiting() == 0
            looks = looks + 1 if is_empty and not self.index_differences() else 0
            return looks > 6  # the broker counts a quorum queue every 5 s: what it says may be that old

        try:
            wait_until(is_idle, "nothing is left to do", seconds, 1)
        except TimeoutError as error:
            self.breaches.append(f"{error}: outbox {self.tables.count('outbox')}, queues {self.queues.waiting()}, "
                                 f"documents that differ {len(self.index_differences())}")

    def all(self):
        dead = self.dead_letters()
        self.orders(dead)
        self.ledger()
        self.mails(dead)
        differences = self.index_differences()
        self.note("search documents, each with its product's version", self.tables.count("products"))
        self.demand(not differences, f"search differs from the catalog: {differences[:5]}")
        self.breaches += self.customers.strange + self.faults.failures + self.faults.fleet.unexpected

    def orders(self, dead):
        answered = self.customers.answers
        rows = dict(self.tables.rows("SELECT idempotency_key, order_number FROM orders"))
        self.note("orders answered 201", len(answered))
        self.note("orders in the table", self.tables.count("orders"))
        self.note("requests refused for want of stock", len(self.customers.refusals))
        self.note("requests sent again because nobody answered", self.customers.repeats)
        self.demand(len(rows) == self.tables.count("orders"), "an Idempotency-Key has two orders")
        lost = [n for key, n in answered.items() if rows.get(key) != n]
        self.demand(not lost, f"{len(lost)} orders were answered 201 and are not in the table: {lost[:5]}")
        extra = set(rows) - set(answered)
        self.demand(not extra, f"{len(extra)} orders are nobody's, or were refused: {sorted(extra)[:5]}")
        excused = {d["body"].get("order_number") for d in dead if d["queue"] == "order.process.dead"}
        pending = {r[0] for r in self.tables.rows("SELECT order_number FROM orders WHERE status <> 'confirmed'")}
        self.demand(pending <= excused, f"neither confirmed nor dead with a reason: {sorted(pending - excused)[:5]}")
        self.note("order events", self.tables.count("order_events"))
        wrong = self.tables.rows(
            "SELECT o.order_number, string_agg(e.kind, ' ' ORDER BY e.id) FROM orders o "
            "LEFT JOIN order_events e ON e.order_id = o.id GROUP BY 1 "
            "HAVING string_agg(e.kind, ' ' ORDER BY e.id) IS DISTINCT FROM 'placed confirmed'")
        wrong = [row for row in wrong if row[0] not in excused]
        self.demand(not wrong, f"{len(wrong)} orders were not placed and confirmed once each: {wrong[:5]}")

    def ledger(self):
        sold = collections.Counter(dict(
            (variant, int(n)) for variant, n in
            self.tables.rows("SELECT variant_id, sum(quantity) FROM order_items GROUP BY variant_id")))
        now = dict(self.tables.rows("SELECT id, stock_quantity FROM product_variants"))
        wrong = [v for v, before in self.stock.items() if int(before) != int(now[v]) + sold[v]]
        self.note("pieces in stock at the start", sum(map(int, self.stock.values())))
        self.note("pieces in stock at the end and sold", f"{sum(map(int, now.values()))} + {sum(sold.values())}")
        self.demand(not wrong, f"stock is not conserved for the variants {wrong[:5]}")
        moved = dict(self.tables.rows("SELECT variant_id, sum(delta) FROM stock_movements GROUP BY variant_id"))
        wrong = [v for v, level in now.items() if int(level) != int(moved.get(v, 0))]
        self.demand(not wrong, f"the stock ledger does not add up for the variants {wrong[:5]}")
        self.demand(self.tables.count("outbox") == 0, "the outbox is not empty")

    def mails(self, dead):
        wanted = {(n, t) for (n,) in self.tables.rows("SELECT order_number FROM orders")
                  for t in ("order_placed", "order_confirmed")}
        wanted |= {(i, "verify_email") for (i,) in self.tables.rows("SELECT id FROM one_time_tokens")}
        excused = {(d["body"].get("order_number", d["body"].get("token_id")), d["body"].get("template")) for d in dead}
        excused |= {(d["body"].get("order_number"), "order_confirmed") for d in dead if "action" in d["body"]}
        copies = collections.Counter()
        for path in (HOME / "mail").glob("*.eml"):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            template, _, rest = mail["Message-ID"].strip("<>").partition(".")
            copies[rest.partition("@")[0], template] += 1
        missing, strange = wanted - excused - set(copies), set(copies) - wanted
        disturbances = self.faults.kills["worker-email"] + sum(self.faults.done.values())
        doubled, most = sum(copies.values()) - len(copies), max(copies.values(), default=0)
        self.note("mails", len(copies))
        self.note("mails sent again, with the same Message-ID", f"{doubled} (at most {most} of one)")
        self.demand(not missing, f"{len(missing)} mails are missing: {sorted(missing)[:5]}")
        self.demand(not strange, f"mails that nobody asked for: {sorted(strange)[:5]}")
        self.demand(doubled <= MAILS_IN_FLIGHT * disturbances and most <= 1 + disturbances,
                    f"{doubled} mails were sent again, at most {most} of one, by {disturbances} faults")
        # What is left of an account's mail is that its token is only a hash.
        remembered = self.tables.count("mail_deliveries") + self.tables.count("one_time_tokens") \
            - self.tables.count("mail_secrets")
        self.demand(remembered == len(copies), f"{remembered} mails are remembered, {len(copies)} were sent")

    def dead_letters(self):
        letters, reasons = [], collections.Counter()
        for queue, message in self.queues.dead():
            headers = message["properties"].get("headers", {})
            reason = headers.get("x-wharf-reason") or next(
                (death["reason"] for death in headers.get("x-death", []) if death["reason"] == "delivery_limit"), None)
            reasons[f"{queue}: {reason}"] += 1
            self.demand(reason, f"a dead letter of {queue} has no reason")
            # No message here kills its worker: whoever has the delivery limit for a reason is an innocent.
            self.demand(reason != "delivery_limit", f"an innocent is dead in {queue}")
            letters.append({"queue": queue, "body": json.loads(message["payload"])})
        self.note("dead letters", "; ".join(f"{n} × {reason}" for reason, n in reasons.items()) or 0)
        return letters

    def index_differences(self):
        versions = {i: int(v) for i, v in self.tables.rows("SELECT id, version FROM products WHERE status = 'active'")}
        request = urllib.request.Request(
            os.environ["SEARCH_URL"] + "/products/_mget", json.dumps({"ids": list(versions)}).encode(),
            {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                found = {d["_id"]: d.get("_version") for d in json.load(answer)["docs"]}
        except (OSError, ValueError, KeyError) as error:
            return [f"search cannot be asked: {error}"]
        return [(i, v, found.get(i)) for i, v in versions.items() if found.get(i) != v]
