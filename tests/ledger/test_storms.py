"""Processes that race, die in the middle, and lose their connections, while others buy the same."""

import itertools
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ledger.conftest import KEY, Shop, with_our_clock, written
from ledger.test_certainty import Peers
from ledger.test_many_orders import killed, said_by_books
from postgresql import drop_backends

from sms_notebook import Client, PurchaseUncertain
from sms_notebook.client import ledger_access
from sms_notebook.ledger import postgresql
from sms_notebook.providers import settings
from sms_notebook.sandbox import Faults, serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork and no SIGKILL there")

RACE = """
import os, sys
from sms_notebook import Client, BudgetExceeded, SmsError
from sms_notebook.ledger import frame_schemas, fulfillment, gate, reconciliation, server_database
url, place, key, processes, orders = sys.argv[1:]
for number in range(int(processes)):
    if not os.fork():
        sms = Client(key, base_url=url, ledger=place, budget="6.10")
        for order in range(int(orders)):
            try:
                bought = sms.order("tg", 2, key=None if order else "one")
            except BudgetExceeded:
                os.write(1, b"exceeded\\n")
            else:
                os.write(1, f"{order} {bought.loc[0, 'activation_id']}\\n".encode())
        os._exit(0)
for number in range(int(processes)):
    os.wait()
"""


def test_eight_processes_buy_one_key_once_and_keep_the_budget(team):
    shop = Shop()
    with serve(shop) as url:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", RACE]
        ran = subprocess.run(
            [*command, url, team, KEY, "8", "3"],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    said = ran.stdout.split("\n")[:-1]
    keyed = {line for line in said if line.startswith("0 ")}
    assert len(said) == 24, ran.stderr
    assert len(keyed) == 1
    assert len(shop.purchases()) == 7  # 0.86 each
    assert float(shop.kept()) <= 6.10


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kills", [2, pytest.param(24, marks=pytest.mark.deep)])
def test_nothing_is_lost_and_nothing_bought_twice_where_processes_die(kills, team, monkeypatch):
    shop, faults = Shop(speed=1, start=datetime.now(UTC) + timedelta(hours=3)), Faults()
    with serve(shop, faults) as url:
        monkeypatch.setattr(settings, "PROVIDERS", with_our_clock(url))
        with Client(KEY, base_url=url, ledger=team) as sms:
            sms.order("tg", 2)
        assert killed(url, team, faults, kills) == []
        with Client(KEY, base_url=url, ledger=team) as sms:
            settled = sms.reconcile()
            said_by_books(sms, shop, settled, set())
            ledger = sms.ledger()
    assert set(settled["result"]) <= {"bought", "not bought", "unknown"}
    assert not set(ledger["state"]) & {"intent", "uncertain"}
    assert written(ledger) == shop.sold()


@contextmanager
def dropped_all_the_time(place, request):
    """Drop all connections twenty times a second; on a slow machine, once something was done."""
    port, ended, done = request.getfixturevalue("postgresql"), threading.Event(), itertools.count()
    run, last = postgresql.Server.run, -1

    def counted(self, *args, **options):
        result = run(self, *args, **options)
        next(done)
        return result

    def drop() -> None:
        nonlocal last
        while not ended.wait(0.05):
            if (now := next(done)) > last + 1:  # each look at the counter counts as well
                drop_backends(port, place.rpartition("/")[2])
            last = now

    dropping = threading.Thread(target=drop)
    with pytest.MonkeyPatch.context() as counting:
        counting.setattr(postgresql.Server, "run", counted)
        dropping.start()
        try:
            yield
        finally:
            ended.set()
            dropping.join()


@pytest.mark.parametrize("orders", [12, pytest.param(120, marks=pytest.mark.deep)])
def test_backends_that_are_dropped_all_the_time_lose_nothing(orders, team, request):
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=team) as sms:
        sms.order("tg", 2)
        with dropped_all_the_time(team, request):
            bought = [sms.order("tg", 2, key=str(number)) for number in range(orders)]
        ledger = sms.ledger()
    assert all(order.loc[0, "is_new"] for order in bought)
    assert Counter(ledger["activation_id"]) == Counter(one.id for one in shop.purchases())
    assert set(ledger["state"]) == {"active"}


# While others buy the same on this account -------------------------------------------------------

PEERS_EVERY = 0.3  # seconds
GRACE = 1.0  # more than they pause, as the ten seconds of a provider are in life
COUNTS = [3, pytest.param(60, marks=pytest.mark.deep)]
LEDGERS = ["SQLite", "PostgreSQL"]


@pytest.fixture(params=LEDGERS)
def place(request, tmp_path) -> str:
    """Return where a new ledger is."""
    if request.param == "SQLite":
        return str(tmp_path / "ledger.sqlite")
    return request.getfixturevalue("team")


class Storm:
    """A shop where somebody else buys the same all the time, and what a ledger has of it."""

    def __init__(self, url: str, shop: Peers, faults: Faults, place: str) -> None:
        self.url, self.shop, self.faults, self.place = url, shop, faults, place
        self.seed = os.environ.get("ORDERS_SEED") or str(random.randrange(10**6))
        print(f"ORDERS_SEED={self.seed}")  # shown where it fails

    def kill(self, how: str, count: int) -> None:
        """Let processes order, and end each at some moment."""
        program = Path(__file__).with_name("storming.py")
        command = [sys.executable, "-W", "ignore::DeprecationWarning", str(program)]
        arguments = [self.url, self.place, KEY, how, str(count), self.seed]
        self.faults.set(["latency@getNumberV2:1:0.2"])
        subprocess.run([*command, *arguments], check=True, timeout=60 + 2 * count)

    def lose(self, count: int) -> None:
        """Order, and lose most answers."""
        self.faults.set(["drop-after@getNumberV2:0.5", "drop-before@getNumberV2:0.3"])
        with Client(KEY, base_url=self.url, ledger=self.place, retries=0) as sms:
            for number in range(count):
                with suppress(PurchaseUncertain):
                    sms.order("tg", 2, key=f"lost {number}")
        self.faults.clear()

    def compare(self) -> None:
        """Compare the ledger with the shop's books: they know whose each number is."""
        with Client(KEY, base_url=self.url, ledger=self.place) as sms:
            settled = sms.reconcile()
            for key in sms.ledger()["key"].unique():  # once more: it buys nothing twice
                with suppress(PurchaseUncertain):
                    sms.order("tg", 2, key=key)
            ledger = sms.ledger()
        refs = set(ledger["activation_id"].dropna())
        assert not refs & set(self.shop.theirs)
        assert set(written(ledger).values()) <= {1}
        books = {bought.order_id: bought.id for bought in self.shop.purchases() if bought.order_id}
        named = dict(zip(settled["order_id"], settled["candidates"], strict=True))
        keys = ledger.set_index("order_id")["key"].to_dict()
        assert len({keys[order_id] for order_id in books}) == len(books)  # none was bought twice
        for order_id, ref in books.items():
            assert ref in refs or ref in named[order_id], order_id
        mine = ledger[ledger["activation_id"].notna()]
        assert all(books[row["order_id"]] == row["activation_id"] for _, row in mine.iterrows())
        results = Counter(settled["result"])
        print(f"{len(self.shop.theirs)} of others, {len(books)} of ours, {dict(results)}")
        print(dict(Counter(ledger["state"])), dict(Counter(ledger["certainty"].dropna())))


@pytest.fixture
def storm(place, monkeypatch):
    """Return a storm: others buy until the ledger is compared."""
    faults, over = Faults(), threading.Event()
    shop = Peers(speed=1, start=datetime.now(UTC) + timedelta(hours=3))
    monkeypatch.setattr(ledger_access, "_GRACE", GRACE)

    def buy_all_the_time() -> None:
        while not over.wait(PEERS_EVERY):
            shop.peer()

    with serve(shop, faults) as url:
        monkeypatch.setattr(settings, "PROVIDERS", with_our_clock(url))
        peers = threading.Thread(target=buy_all_the_time)
        peers.start()
        try:
            yield Storm(url, shop, faults, place)
        finally:
            over.set()
            peers.join()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_where_processes_end_nothing_of_others_is_ours_and_nothing_is_lost(how, count, storm):
    storm.kill(how, count)
    storm.lose(count)
    storm.compare()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", ["PostgreSQL"], indirect=True)
@pytest.mark.parametrize("count", COUNTS)
def test_where_backends_are_dropped_nothing_of_others_is_ours_either(count, storm, request):
    with dropped_all_the_time(storm.place, request):
        storm.lose(count)
    storm.compare()
