"""The shop that is tested, as far as requests have to fit what is in it."""

import itertools
import os
import random

import requests

PASSWORD = "correct horse battery"
CARDS = ["tok_approve", "tok_decline", "tok_insufficient_funds", "tok_delay"]


class Shop:
    """Everything is read when it is first needed; choices are the same in each run."""

    def __init__(self):
        self._url = os.environ["WHARF_URL"]
        self._testers = set(os.environ["WHARF_TESTERS"].split(","))
        self._random = random.Random(0)
        self._numbers = itertools.count()
        self._known = {}
        self._spare = None

    def _get(self, path):
        if path not in self._known:
            self._known[path] = requests.get(self._url + path, timeout=30).json()
        return self._known[path]

    def is_tester(self, user_id):
        return str(user_id) in self._testers

    def category(self):
        return self._random.choice(self._get("/api/catalog/categories"))["slug"]

    def variant(self):
        page = self._get("/api/catalog/products?in_stock=true&page_size=20")
        product = self._get("/api/catalog/products/" + self._random.choice(page["results"])["slug"])
        # Somebody may have removed the product meanwhile.
        variants = product.get("variants") or [{"id": "1"}]
        return self._random.choice(variants)["id"]

    def is_method(self, code):
        return code in [method["code"] for method in self._get("/api/orders/shipping-methods")]

    def card(self):
        return self._random.choice(CARDS)

    def unique(self, text, length):
        number = next(self._numbers)
        if "@" in text:
            return f"{os.getpid()}-{number}.{text}"
        ending = f"-{os.getpid()}-{number}"
        return text[: length - len(ending)] + ending

    def spare_account(self, is_last):
        """The token and the password of an account that nobody else uses; `is_last` when they will hold no longer."""
        if self._spare is None:
            body = {
                "email": self.unique("spare@example.com", 254),
                "password": PASSWORD,
                "first_name": "Spare",
                "last_name": "Account",
            }
            self._spare = requests.post(self._url + "/api/users/register", json=body, timeout=30).json()["access"]
        token = self._spare
        if is_last:
            self._spare = None
        return token, PASSWORD
