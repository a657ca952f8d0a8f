"""Processes that race, and die in the middle, over a ledger in a real PostgreSQL."""

import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from ledger.conftest import KEY, Shop, with_our_clock, written
from ledger.test_many_orders import DEATHS, killed, said_by_books
from postgresql import drop_backends

from sms_notebook import Client
from sms_notebook.providers import settings
from sms_notebook.sandbox import Faults, serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork and no SIGKILL there")

RACE = """
import os, sys
from sms_notebook import Client, BudgetExceeded, SmsError
from sms_notebook.ledger import frames, gate, ordering, reconciliation, server_database
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
        for step in DEATHS:
            slow = ["latency@getNumberV2:1:0.4", "latency@getRentNumber:1:0.4"]
            faults.set(slow if step == "before the reply" else [])
            assert killed(url, team, step, kills) == []
        faults.clear()
        with Client(KEY, base_url=url, ledger=team) as sms:
            settled = sms.reconcile()
            said_by_books(sms, shop, settled, set())
            ledger = sms.ledger()
    assert set(settled["result"]) <= {"bought", "not bought", "unknown"}
    assert not set(ledger["state"]) & {"intent", "uncertain"}
    assert written(ledger) == shop.sold()


@pytest.mark.parametrize("orders", [12, pytest.param(120, marks=pytest.mark.deep)])
def test_backends_that_are_dropped_all_the_time_lose_nothing(orders, team, request):
    port, ended = request.getfixturevalue("postgresql"), threading.Event()

    def drop():
        while not ended.wait(0.05):
            drop_backends(port, team.rpartition("/")[2])

    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=team) as sms:
        sms.order("tg", 2)
        dropping = threading.Thread(target=drop)
        dropping.start()
        try:
            bought = [sms.order("tg", 2, key=str(number)) for number in range(orders)]
        finally:
            ended.set()
            dropping.join()
        ledger = sms.ledger()
    assert all(order.loc[0, "is_new"] for order in bought)
    assert Counter(ledger["activation_id"]) == Counter(one.id for one in shop.purchases())
    assert set(ledger["state"]) == {"active"}
