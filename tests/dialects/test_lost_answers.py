"""Orders by the hundred at every dialect, with answers lost: none made twice, and none lost.

Twenty-five run each time, two hundred with ``make test-deep``. What is drawn differs from run to
run; a failure prints its seed, and ``ORDERS_SEED=123 pytest …`` draws the same again.
"""

import os
import random
from collections import Counter

import pytest

from sms_notebook import ApiError, PurchaseUncertain, SmsError
from sms_notebook.sandbox.dialects import DIALECTS

from .conftest import NAMES, Shop

FAILURES = ("ERROR_SQL", "SERVER_ERROR")
LOST = (
    *FAILURES,
    "drop-before",
    "500-before",
    "html-before",
    "drop-after",
    "500-after",
    "html-after",
)
CUT = ("cut-before", "cut-after")
REFUSALS = ("NO_NUMBERS", "NO_BALANCE", "BAD_SERVICE", "429")
NOTHING = ""
BUYING = ("getNumber", "getNumberV2")


class Customer:
    """Buys with a key of its own each time, and remembers what was sold for it."""

    def __init__(self, shop: Shop, draw: random.Random) -> None:
        self.shop, self.draw = shop, draw
        self.sms = shop.client()
        self.sms._session.rate_limiter._step = 0.0  # nobody counts requests here
        self.sold: dict[str, list[str]] = {}
        self.services: dict[str, str] = {}
        self.said: Counter[str] = Counter()

    def order(self, key: str, trouble: str) -> None:
        """Order, in trouble; note what the shop sold meanwhile."""
        before = self.shop.bought()
        self.shop.faults.set([f"{trouble}@{name}:1" for name in BUYING] if trouble else [])
        service = self.services.setdefault(key, self.draw.choice(("tg", "wa", "ig")))
        try:
            number = self.sms.order(service, self.shop.country, key=key)
            said = "bought"
        except PurchaseUncertain:
            said = "uncertain"
        except ApiError:
            said = "refused"
        finally:
            self.shop.faults.clear()
        new = [payment.id for payment in self.shop.sandbox.purchases()[before:]]
        self.sold[key] = self.sold.get(key, []) + new
        self.said[said] += 1
        if trouble not in FAILURES:  # which some hide behind a word of refusal
            assert (said == "refused") == (trouble in refusals_of(self.shop.name)), (trouble, said)
        if said == "bought":
            assert number.loc[0, "activation_id"] in self.sold[key], (key, trouble)


def refusals_of(dialect: str) -> tuple[str, ...]:
    return tuple(word for word in (*REFUSALS, *DIALECTS[dialect].words) if word not in FAILURES)


def troubles(name: str, draw: random.Random, count: int) -> list[str]:
    drawn = [*LOST, *CUT, *(draw.choice(refusals_of(name)) for _ in range(5)), *(NOTHING,) * 4]
    return [draw.choice(drawn) for _ in range(count)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "count",
    [
        pytest.param(25, id="25 orders"),
        pytest.param(200, id="200 orders", marks=pytest.mark.deep),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_no_order_is_made_twice_and_none_is_lost(name, count, open_shop):
    seed = os.environ.get("ORDERS_SEED") or str(random.randrange(10**6))
    print(f"ORDERS_SEED={seed}")  # shown where it fails
    draw = random.Random(f"{seed} {name}")
    shop = open_shop(name, channels=100_000)
    customer = Customer(shop, draw)
    for number, trouble in enumerate(troubles(name, draw, count)):
        customer.order(f"key {number}", trouble)
        room(shop)
        if draw.random() < 0.2:
            again(customer, f"key {draw.randrange(number + 1)}")
    customer.sms.reconcile()
    for key in customer.sold:
        room(shop)
        if draw.random() < 0.5:
            again(customer, key)
    assert all(len(sold) <= 1 for sold in customer.sold.values())
    ledger = customer.sms.ledger()
    active = ledger[ledger["state"] == "active"]
    assert active["activation_id"].is_unique
    assert active["key"].is_unique
    brought = dict(zip(active["key"], active["activation_id"], strict=True))
    still_open = set(ledger.loc[ledger["state"] == "uncertain", "key"])
    for key, sold in customer.sold.items():
        if sold:
            assert brought.get(key) == sold[0] or key in still_open, key
        else:
            assert key not in brought, key


def room(shop: Shop) -> None:
    """Let numbers end where no more than some may live at once."""
    if shop.name == "daisysms-io" and shop.bought() % 10 == 9:
        shop.sandbox.step(3600)


def again(customer: Customer, key: str) -> None:
    """Order with a key that was used: what it brought comes back, and nothing is bought twice."""
    had = list(customer.sold[key])
    before = customer.shop.bought()
    try:
        number = customer.sms.order(customer.services[key], customer.shop.country, key=key)
    except PurchaseUncertain:
        assert customer.shop.bought() == before
        return
    except SmsError as refused:
        raise AssertionError(key) from refused
    new = [payment.id for payment in customer.shop.sandbox.purchases()[before:]]
    customer.sold[key] += new
    assert not (had and new), (key, had, new)
    assert number.loc[0, "activation_id"] in customer.sold[key]


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_refusal_leaves_an_order_open(name, open_shop):
    shop = open_shop(name)
    customer = Customer(shop, random.Random(name))
    for word in refusals_of(name):
        customer.order(word, word)
    assert set(customer.said) == {"refused"}
    assert set(customer.sms.ledger()["state"]) == {"refused"}
    assert shop.bought() == 0
