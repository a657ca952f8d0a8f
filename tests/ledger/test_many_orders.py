"""Orders by the hundred, with trouble before and after each step: none lost, none made twice.

Two hundred run each time, two thousand with ``make test-deep``. What is drawn differs from run to
run; a failure prints its seed, and ``ORDERS_SEED=123 pytest …`` draws the same again.
"""

import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sms_notebook import (
    Client,
    LedgerProblem,
    NoNumbers,
    PurchaseUncertain,
    RateLimited,
)
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.providers import settings
from sms_notebook.sandbox import Faults, serve
from sms_notebook.transport import Sender

from .conftest import KEY, Shop, full_disk, kind_of, paid, with_our_clock, written

DEATHS = (
    "after the intent",
    "before the reply",
    "after the reply",
    "in the outcome",
    "after the outcome",
)
ON_THE_WAY = (
    *("drop-before", "500-before", "502-before", "html-before", "cut-before", "ERROR_SQL"),
    *("drop-after", "500-after", "504-after", "html-after", "cut-after", "latency"),
)
REFUSED = {"429": RateLimited, "NO_NUMBERS": NoNumbers}
FULL_BEFORE, FULL_AFTER, NOTHING = "disk full before", "disk full after", ""
TROUBLES = (*ON_THE_WAY, *REFUSED, FULL_BEFORE, FULL_AFTER, *(NOTHING,) * 10)
SERVICES, COUNTRIES = ("tg", "wa", "ig", "vk"), (2, 6, 4)


class Customer:
    """Buys through every door, in every kind of trouble."""

    def __init__(self, url: str, place: Path, faults: Faults, draw: random.Random) -> None:
        self.faults, self.draw = faults, draw
        self.patient = Client(KEY, base_url=url, ledger=place, retries=0)
        self.in_a_hurry = Client(KEY, base_url=url, ledger=place, retries=0, timeout=0.3)
        self.rents: list[str] = []
        self.said: Counter[str] = Counter()

    def close(self) -> None:
        self.patient.close()
        self.in_a_hurry.close()

    def buy(self, number: int, trouble: str) -> None:
        sms = self.in_a_hurry if trouble == "latency" else self.patient
        door = self.door(sms, number)
        if trouble in ON_THE_WAY + tuple(REFUSED):
            self.faults.set(
                [
                    f"{trouble}@{action}:1:0.8" if trouble == "latency" else f"{trouble}@{action}:1"
                    for action in BUYING
                ]
            )
        try:
            self.said[self.outcome(door, trouble)] += 1
        finally:
            self.faults.clear()

    def outcome(self, door, trouble: str) -> str:
        try:
            if trouble == FULL_BEFORE:
                with full_disk():
                    door()
            elif trouble == FULL_AFTER:
                with FullAfterTheReply():
                    door()
            else:
                door()
        except PurchaseUncertain:
            assert trouble in ON_THE_WAY
            return "uncertain"
        except tuple(REFUSED.values()):
            assert trouble in REFUSED
            return "refused"
        except LedgerProblem:
            assert trouble == FULL_BEFORE
            return "not sent"
        assert trouble not in (*REFUSED, FULL_BEFORE)
        return "bought" if trouble == NOTHING else "bought all the same"

    def door(self, sms: Client, number: int):
        service, country = self.draw.choice(SERVICES), self.draw.choice(COUNTRIES)
        key = f"key {number}" if number % 3 else None
        kind = number % 10
        if kind < 5:
            return lambda: sms.order(service, country, key=key)
        if kind == 5:
            return lambda: sms.get_number(service, country, max_price="3.00")
        if kind == 6:
            return lambda: sms.get_number_v2(service, country)
        if kind == 7:
            return lambda: sms.get_multi_service_number(["tg", "wa"], 2)
        if kind == 8 and self.rents:
            rent = self.draw.choice(self.rents)
            return lambda: sms.extend(rent, 4, key=key)
        return lambda: self.rents.append(sms.rent("full", 2, 4, key=key).loc[0, "rent_id"])


BUYING = (
    "getNumber",
    "getNumberV2",
    "getMultiServiceNumber",
    "getRentNumber",
    "continueRentNumber",
)


class FullAfterTheReply:
    """Fills the disk between the reply and the outcome."""

    def __enter__(self) -> None:
        self.send, self.full = Sender.send, full_disk()
        sent = self.send
        full = self.full

        def send(sender, question):
            reply = sent(sender, question)
            if question.action in BUYING:
                full.__enter__()
            return reply

        Sender.send = send

    def __exit__(self, *failure: object) -> None:
        Sender.send = self.send
        self.full.__exit__(None, None, None)


def killed(url: str, place: Path | str, faults: Faults, count: int) -> list[str]:
    """Let so many orders die at each step; return what was said that nobody expects."""
    by_the_clock = "before the reply"
    said = dying(url, place, count, *(step for step in DEATHS if step != by_the_clock))
    faults.set(["latency@getNumberV2:1:0.4", "latency@getRentNumber:1:0.4"])
    said += dying(url, place, count, by_the_clock)
    faults.clear()
    return said


def dying(url: str, place: Path | str, count: int, *steps: str) -> list[str]:
    program = Path(__file__).with_name("dying.py")
    # Newer Pythons warn of every fork where there are threads: those of numpy are.
    quiet = ("-W", "ignore::DeprecationWarning")
    command = [sys.executable, *quiet, str(program), url, str(place), KEY, str(count), *steps]
    quiet_too = os.environ | {"SMS_QUIET": "1"}  # on a busy machine the ledger is waited for
    done = subprocess.run(command, env=quiet_too, capture_output=True, text=True, check=True)
    return [line for line in done.stderr.splitlines() if "to be settled" not in line]


@pytest.mark.skipif(sys.platform == "win32", reason="no fork, no SIGKILL and no file limits there")
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("rounds", "kills"),
    [
        pytest.param(7, 6, id="200 orders and 30 kills"),
        pytest.param(66, 60, id="2000 orders and 300 kills", marks=pytest.mark.deep),
    ],
)
def test_no_order_is_lost_and_none_is_made_twice(rounds, kills, tmp_path, caplog, monkeypatch):
    seed = os.environ.get("ORDERS_SEED") or str(random.randrange(10**6))
    print(f"ORDERS_SEED={seed}")  # shown where it fails
    draw, faults = random.Random(seed), Faults()
    troubles = list(TROUBLES * rounds)
    draw.shuffle(troubles)
    shop = Shop(speed=1, start=datetime.now(UTC) + timedelta(hours=3))
    place = tmp_path / "ledger.sqlite"
    others = [shop.ask("getNumber", service="tg", country="2") for _ in range(20)]
    with serve(shop, faults) as url:
        monkeypatch.setattr(settings, "PROVIDERS", with_our_clock(url))
        customer = Customer(url, place, faults, draw)
        customer.patient.get_number_v2("tg", 2)  # the ledger is there
        customer.patient.get_active_activations()  # so that others' numbers are known as such
        for number, trouble in enumerate(troubles):
            customer.buy(number, trouble)
        assert killed(url, place, faults, kills) == []
        customer.close()
        caplog.clear()
        sms = Client(KEY, base_url=url, ledger=place)
        assert "to be settled: sms.reconcile()" in caplog.text
        settled = sms.reconcile()
        assert set(settled["result"]) <= {"bought", "not bought", "unknown"}
        said_by_books(sms, shop, settled, {other.split(":")[1] for other in others})
        ledger = sms.ledger()
        assert sms.reconcile().empty
        sms.close()
    assert not set(ledger["state"]) & {"intent", "uncertain"}
    assert written(ledger) == shop.sold() - Counter(
        ("activation", one.split(":")[1]) for one in others
    )
    assert set(written(ledger).values()) == {1} | {
        count for (kind, _), count in shop.sold().items() if kind == "continueRentNumber"
    }
    foreign = sum(bought.cost for bought in shop.purchases()[:20])
    assert paid(ledger) == shop.kept() - foreign
    assert customer.said.keys() >= {
        "bought",
        "bought all the same",
        "uncertain",
        "refused",
        "not sent",
    }
    # A child that dies by the clock may die before it has begun.
    begun = 1 + len(troubles) + kills * (len(DEATHS) - 1)
    assert len(ledger["order_id"].unique()) >= begun - customer.said["not sent"]
    keyed = ledger[ledger["key"].notna() & ledger["bought_at"].notna()]
    assert keyed["key"].is_unique
    assert_each_key_has_its_own(ledger, shop, place)


def said_by_books(sms: Client, shop: Shop, settled, others: set[str]) -> None:
    """Claim or dismiss what nobody can tell, as the shop's books say: they know order ids."""
    inferred = sms.ledger().query("certainty == 'inferred'")["activation_id"].dropna()
    assert not set(inferred) & others
    books = {bought.order_id: bought.id for bought in shop.purchases() if bought.order_id}
    open_ = settled[settled["result"] == "unknown"].to_dict("records")
    print(f"{len(inferred)} are inferred, {len(open_)} of {len(settled)} are open")
    named = [row for row in open_ if row["action"] == "getNumberV2"]
    truly = {row["order_id"]: books.get(row["order_id"]) for row in named}
    assert all(truly[row["order_id"]] in (None, *row["candidates"]) for row in named)
    told = {order_id: ref for order_id, ref in truly.items() if ref is not None}
    untold = [order for order in truly if order not in told]
    sms.reconcile(wait=False, claim=told or None, dismiss=untold or None)
    unwritten = shop.sold() - written(sms.ledger())
    prices = unwritten_prices(sms, shop)
    quoted = {order.order_id: order.quoted for order in account_ledger_of(sms).orders()}
    claims = {}
    # The shop knows no order id of the rest: what can have least is given first.
    rest = [row for row in open_ if row["action"] != "getNumberV2"]
    rest.sort(key=lambda row: (-str(row["service"]).count(","), len(row["candidates"])))
    for row in rest:
        # What a number for two services brought is of no use to an order of one.
        alike = {bought.id for bought in shop.purchases() if bought.action == row["action"]}
        sold = {ref for kind, ref in unwritten if kind == kind_of(row["action"])} & alike - others
        left = [ref for ref in row["candidates"] if ref in sold]
        if row["action"] == "continueRentNumber":  # of several, the one that was told the price
            left = [ref for ref in left if prices[ref, quoted[row["order_id"]]] > 0]
        wanted = str(row["service"]).count(",") + 1
        if len(left) < wanted:
            sms.reconcile(wait=False, dismiss=row["order_id"])
            continue
        if row["action"] == "continueRentNumber":  # a rent may have been extended twice
            sms.reconcile(wait=False, claim=claims or None)
            claims = {}
            prices[left[0], quoted[row["order_id"]]] -= 1
        claims[row["order_id"]] = left[:wanted]
        unwritten -= Counter((kind_of(row["action"]), ref) for ref in left[:wanted])
    sms.reconcile(wait=False, claim=claims or None)


def unwritten_prices(sms: Client, shop: Shop) -> Counter[tuple[str, Decimal]]:
    """Return what the shop took for extensions that no order has: of which rent, and how much."""
    sold = (bought for bought in shop.purchases() if bought.action == "continueRentNumber")
    ledger = sms.ledger().query("action == 'continueRentNumber' and bought_at.notna()")
    known = zip(ledger["rent_id"], ledger["cost"], strict=True)
    return Counter((bought.id, bought.cost) for bought in sold) - Counter(
        (ref, Decimal(str(cost))) for ref, cost in known
    )


def account_ledger_of(sms: Client) -> AccountLedger:
    return sms._session.ledgers.account_ledger


def assert_each_key_has_its_own(ledger, shop: Shop, place: Path) -> None:
    """The shop knows which order bought what: none with a key has the number of another.

    Orders of the same thing without a key may change places: nobody sees a difference.
    """
    theirs = {bought.id: bought.order_id for bought in shop.purchases() if bought.order_id}
    rows = ledger[ledger["activation_id"].isin(theirs)].to_dict("records")
    swapped = [row for row in rows if theirs[row["activation_id"]] != row["order_id"]]
    assert [row["key"] for row in swapped if isinstance(row["key"], str)] == []
    with closing(sqlite3.connect(place)) as database:
        found = database.execute("SELECT order_id, service, country FROM orders").fetchall()
    orders = {order_id: about for order_id, *about in found}
    assert all(orders[row["order_id"]] == orders[theirs[row["activation_id"]]] for row in swapped)
    print(f"{len(swapped)} of {len(rows)} have the number of another")
