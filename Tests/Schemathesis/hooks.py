"""What schemathesis cannot know from the API's description: the rules of a shop that JSON Schema has no words for.

Every check stays on. Well-formed requests are made to keep those rules, so that they get past them; one that breaks a rule
nevertheless may be refused with 422 for exactly one of the reasons below.
"""

import json
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

from shop import Shop

# Problems of a type of their own, each named by its operation's description.
REFUSALS = {"/problems/idempotency-key-reused", "/problems/mailed-token-refused"}

# Of /problems/invalid-fields: what the message says of the field.
RULES = [
    # Two fields, or the entries of a list, that have to fit each other.
    (r"max_price|max_total|maximum_days", r"must not be less than m"),
    (r"placed_before|ends_at", r"must be (later than|behind) "),
    (r"page", r"must end within the first 10000 results"),
    (r".*compare_at_amount", r"must be more than the price"),
    (r".*width", r"must stand with height"),
    (r"variants", r"must not repeat a SKU"),
    (r"images", r"must (not repeat an address|have exactly one primary image|have [01] to 20 entries)"),
    (r"prices", r"must have one entry for a currency"),
    (r"items", r"must (not ask for more than|be in one currency)"),
    # Names that are made of others, in which letters and digits may be missing.
    (r"slug", r"must be lower-case letters and digits joined"),
    (r"brand", r"must have a letter or a digit"),
    # What has to exist, and to belong together.
    (r"category|parent", r"is not the slug of a category"),
    (r"parent", r"must not be the category itself|would make the tree deeper"),
    (r"variants\[\d+\]\.stock_quantity", r"must be from 0 to"),
    (r"variant_id|items", r".*is not for sale"),
    (r"image_ids", r"must name every image"),
    (r"products", r"must be ids of products"),
    (r"shipping_method", r"is not (the code of|offered)"),
    (r"discount_code", r"is |has been used"),
    (r"amount", r"must not be more than what is left"),
]


def is_rule(error, body):
    field, message = error["field"], error["message"]
    # A slug that was sent has to fit its pattern.
    if field == "slug" and isinstance(body, dict) and body.get("slug") is not None:
        return False
    return any(re.fullmatch(fields, field) and re.match(words, message) for fields, words in RULES)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps every failure but a refusal for one of the shop's rules."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return True
    problem = json.loads(response.content)
    if problem["type"] in REFUSALS:
        return False
    errors = problem.get("errors") or []
    return not errors or not all(is_rule(error, case.body) for error in errors)


def operation_of(case):
    return case.operation.definition.raw["operationId"]


@schemathesis.hook
def filter_case(context, case):
    """An admin who closed one of the accounts that schemathesis signs in as would end the test of all that it may do."""
    return operation_of(case) != "changeUser" or not shop.is_tester((case.path_parameters or {}).get("id"))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes a well-formed request keep the shop's rules."""
    change = CHANGES.get(operation_of(case))
    if change and case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        change(case)


shop = Shop()


def named(field, length, word="n"):
    """Nothing else has this name yet."""

    def change(case):
        case.body[field] = shop.unique(word, length)

    return change


def product(case):
    body = case.body
    if body.get("slug"):
        body["slug"] = shop.unique("product", 120)
    if body.get("category"):
        body["category"] = shop.category()
    for entry in body.get("variants") or []:
        keep_variant(entry)
        entry.setdefault("stock_quantity", 1)
    images = body.get("images") or []
    for entry in images:
        keep_image(entry)
        entry["is_primary"] = entry is images[0]
    if not images:
        body["status"] = "draft"


def keep_variant(variant):
    if variant.get("sku"):
        variant["sku"] = shop.unique(variant["sku"], 64)
    price, before = variant.get("price_amount"), variant.get("compare_at_amount")
    if before is not None and (price is None or before <= price):
        variant.pop("compare_at_amount")


def keep_image(image):
    if image.get("url"):
        image["url"] = shop.unique("https://img.example.com/", 2000)
    if (image.get("width") is None) != (image.get("height") is None):
        image.pop("width", None)
        image.pop("height", None)


def order(case):
    body = case.body
    for item in body.get("items") or []:
        item["variant_id"] = shop.variant()
    if body.get("payment"):
        body["payment"]["token"] = shop.card()
    if not shop.is_method(body.get("shipping_method")):
        body.pop("shipping_method", None)


def cart_item(case):
    case.body["variant_id"] = shop.variant()


def terms(case):
    body = case.body
    if operation_of(case) == "createTaxRate":
        body["postal_prefix"] = shop.unique("P", 20)
    elif "code" in body:
        body["code"] = shop.unique("c", 40)
    if body.get("category"):
        body["category"] = shop.category()
    if body.get("categories"):
        body["categories"] = [shop.category()]
    if body.get("products"):
        body["products"] = []
    if isinstance(body.get("minimum_days"), (int, float)):
        body["maximum_days"] = max(body["minimum_days"], body["maximum_days"])


def credentials(case):
    """Who asks for the password is an account of its own, which knows it: closing it or guessing at it harms no other."""
    if not str(case.headers.get("Authorization", "")).startswith("Bearer ey"):
        return
    is_last = operation_of(case) in ("closeAccount", "changePassword")
    token, password = shop.spare_account(is_last)
    case.headers["Authorization"] = f"Bearer {token}"
    for field in ("password", "current_password"):
        if field in case.body:
            case.body[field] = password


CHANGES = {
    "register": named("email", 254, "customer@example.com"),
    "createCategory": named("slug", 120),
    "createBrand": named("slug", 120),
    **dict.fromkeys(["createProduct", "replaceProduct", "changeProduct"], product),
    **dict.fromkeys(["addVariant", "changeVariant"], lambda case: keep_variant(case.body)),
    **dict.fromkeys(["addImage", "changeImage"], lambda case: keep_image(case.body)),
    **dict.fromkeys(["placeOrder", "quoteOrder"], order),
    "addToCart": cart_item,
    **dict.fromkeys(
        [method + thing for thing in ("TaxRate", "Discount", "ShippingMethod") for method in ("create", "replace")], terms
    ),
    **dict.fromkeys(["changePassword", "changeEmail", "enrolOTP", "disableOTP", "closeAccount"], credentials),
}
