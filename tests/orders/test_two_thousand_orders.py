"""Two thousand orders, with trouble before and after each step: none is lost, none made twice."""

import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sms_notebook import (
    Client,
    LedgerProblem,
    NoNumbers,
    PurchaseUncertain,
    RateLimited,
)
from sms_notebook.sandbox import Faults, serve
from sms_notebook.transport import Sender

from .conftest import KEY, Shop, full_disk, paid, written

IN_PROCESS = 1700
KILLED = {
    "after the intent": 60,
    "before the reply": 60,
    "after the reply": 60,
    "in the outcome": 60,
    "after the outcome": 60,
}
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
        self.patient = Client(KEY, provider="365sms", base_url=url, ledger=place, retries=0)
        self.in_a_hurry = Client(
            KEY, provider="365sms", base_url=url, ledger=place, retries=0, timeout=0.3
        )
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


def killed(url: str, place: Path, step: str, count: int) -> list[str]:
    program = Path(__file__).with_name("dying.py")
    # Newer Pythons warn of every fork where there are threads: those of numpy are.
    quiet = ("-W", "ignore::DeprecationWarning")
    command = [sys.executable, *quiet, str(program), url, str(place), KEY, step, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [line for line in done.stderr.splitlines() if "to be settled" not in line]


@pytest.mark.skipif(sys.platform == "win32", reason="no fork, no SIGKILL and no file limits there")
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("hasty")
def test_no_order_is_lost_and_none_is_made_twice(tmp_path, caplog):
    draw, faults = random.Random("orders"), Faults()
    shop = Shop(speed=1, start=datetime.now(UTC) + timedelta(hours=3))
    place = tmp_path / "ledger.sqlite"
    others = [shop.ask("getNumber", service="tg", country="2") for _ in range(20)]
    with serve(shop, faults) as url:
        customer = Customer(url, place, faults, draw)
        customer.patient.get_number_v2("tg", 2)  # the ledger is there
        customer.patient.get_active_activations()  # so that others' numbers are known as such
        for number in range(IN_PROCESS - 1):
            customer.buy(number, draw.choice(TROUBLES))
        for step, count in KILLED.items():
            faults.set(
                ["latency@getNumberV2:1:0.4", "latency@getRentNumber:1:0.4"]
                if step == "before the reply"
                else []
            )
            assert killed(url, place, step, count) == []
        faults.clear()
        customer.close()
        caplog.clear()
        sms = Client(KEY, provider="365sms", base_url=url, ledger=place)
        assert "to be settled: sms.reconcile()" in caplog.text
        settled = sms.reconcile()
        ledger = sms.ledger()
        assert sms.reconcile().empty
        sms.close()
    assert set(settled["result"]) == {"bought", "not bought"}
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
    begun = IN_PROCESS + sum(KILLED.values()) - KILLED["before the reply"]
    assert len(ledger["order_id"].unique()) >= begun - customer.said["not sent"]
    keyed = ledger[ledger["key"].notna() & ledger["bought_at"].notna()]
    assert keyed["key"].is_unique
    assert_each_key_has_its_own(ledger, shop, place)


def assert_each_key_has_its_own(ledger, shop: Shop, place: Path) -> None:
    """The shop knows which order bought what; ours is a good guess where nobody told us.

    Orders of the same thing within the same seconds may have changed places, since the wire's times
    have whole seconds; hardly any others.
    """
    with closing(sqlite3.connect(place)) as database:
        rows = database.execute("SELECT order_id, begun_at, service, country FROM orders")
        orders = {row[0]: row[1:] for row in rows}
    theirs = {bought.id: bought.order_id for bought in shop.purchases() if bought.order_id}
    rows = ledger[ledger["activation_id"].isin(theirs)].to_dict("records")
    swapped = [
        (orders[row["order_id"]], orders[theirs[row["activation_id"]]])
        for row in rows
        if theirs[row["activation_id"]] != row["order_id"]
    ]
    assert all(mine[1:] == truly[1:] for mine, truly in swapped)
    apart = [
        abs(datetime.fromisoformat(mine[0]) - datetime.fromisoformat(truly[0]))
        for mine, truly in swapped
    ]
    far = [one for one in apart if one > timedelta(seconds=3)]
    print(f"{len(swapped)} of {len(rows)} have the number of another, {len(far)} of another time")
    assert len(far) <= len(rows) // 100
