"""A ledger that a team shares, in a real PostgreSQL."""

import asyncio
import contextlib
import itertools
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from ledger.conftest import KEY
from postgresql import administrator, drop_backends

from sms_notebook import (
    AsyncClient,
    BudgetExceeded,
    Client,
    LedgerProblem,
    UsageProblem,
)
from sms_notebook.ledger import postgresql
from sms_notebook.ledger.server_database import ServerDatabase
from sms_notebook.sandbox import Sandbox

ROUND_TRIPS = 10
SOON = 60.0  # seconds on a busy machine, where the limit is a fraction of one
WORD = "s3cret-word"


def name_of(address):
    return address.rpartition("/")[2]


# Round trips ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"budget": "50"}], ids=["", "with a budget"])
def test_an_order_takes_few_round_trips(options, team, proxy):
    with Client(ledger=proxy.of(team), sandbox=Sandbox(balance="100"), **options) as sms:
        sms.order("tg", 2, key="first")  # makes the tables, and knows the account
        before = proxy.trips
        sms.order("tg", 2, key="second")
        assert proxy.trips - before <= ROUND_TRIPS
        before = proxy.trips
        assert not sms.order("tg", 2, key="second").loc[0, "is_new"]
        assert proxy.trips - before <= 3


# Others -----------------------------------------------------------------------------------------


def test_two_machines_see_each_others_orders(team, market, machine):
    here, there = (machine(KEY, base_url=market.url, ledger=team) for _ in range(2))
    bought = here.order("tg", 2, key="ours")
    again = there.order("tg", 2, key="ours")
    assert again.loc[0, "activation_id"] == bought.loc[0, "activation_id"]
    assert not again.loc[0, "is_new"]
    assert there.ledger()["key"].tolist() == ["ours"]


def test_keys_that_differ_in_case_are_two(team, market, machine):
    sms = machine(KEY, base_url=market.url, ledger=team)
    one, other = sms.order("tg", 2, key="Order-A"), sms.order("tg", 2, key="order-a")
    assert one.loc[0, "activation_id"] != other.loc[0, "activation_id"]


def test_a_key_is_bought_once_however_many_machines_race_for_it(team, market, machine):
    machines = [machine(KEY, base_url=market.url, ledger=team) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        orders = list(threads.map(lambda sms: sms.order("tg", 2, key="one"), machines * 2))
    assert len({order.loc[0, "activation_id"] for order in orders}) == 1
    assert sum(order.loc[0, "is_new"] for order in orders) == 1
    assert len(market.purchases()) == 1


def test_a_budget_holds_however_many_machines_race_for_it(team, market, machine):
    machines = [machine(KEY, base_url=market.url, ledger=team, budget="3.00") for _ in range(4)]

    def order(sms):
        with contextlib.suppress(BudgetExceeded):
            sms.order("tg", 2)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(order, machines * 3))
    assert len(market.purchases()) == 3
    assert float(market.kept()) <= 3.0


def test_a_new_ledger_is_made_once_however_many_begin(team, market, machine):
    machines = [machine(KEY, base_url=market.url, ledger=team) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert [len(frame) for frame in threads.map(lambda sms: sms.ledger(), machines)] == [0] * 4


# Moved ------------------------------------------------------------------------------------------


def test_a_ledger_whose_tables_are_gone_is_refused_until_a_new_one_may_begin(team, market, machine):
    sms = machine(KEY, base_url=market.url, ledger=team)
    sms.order("tg", 2, key="mine")
    with psycopg.connect(team.replace("+psycopg", ""), autocommit=True) as server:
        server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with pytest.raises(LedgerProblem):
        sms.order("tg", 2, key="mine")
    for attempt in (sms.reopen_ledger, lambda: sms.order("tg", 2, key="mine"), sms.ledger):
        with pytest.raises(LedgerProblem, match="is not used: there is none"):
            attempt()
    assert len(market.purchases()) == 1
    assert sms.reopen_ledger(new=True).loc[0, ["is_new", "orders"]].tolist() == [True, 0]
    assert sms.order("tg", 2, key="mine").loc[0, "is_new"]
    assert not sms.reopen_ledger().loc[0, "is_new"]


# Dropped connections ----------------------------------------------------------------------------


def each_point(monkeypatch, team, postgresql_port):
    """Drop all connections before the nth statement; yields how to say which."""
    left = itertools.count()
    point = [0]
    execute = postgresql._LedgerCursor.execute

    def dropping(self, query, params=None, **options):
        if next(left) == point[0]:
            drop_backends(postgresql_port, name_of(team))
        return execute(self, query, params, **options)

    monkeypatch.setattr(postgresql._LedgerCursor, "execute", dropping)

    def begin(number):
        nonlocal left
        left, point[0] = itertools.count(), number

    return begin


def test_a_connection_dropped_at_any_point_loses_nothing_and_buys_nothing_twice(
    team, market, machine, monkeypatch, request
):
    sms = machine(KEY, base_url=market.url, ledger=team, budget="1000")
    sms.order("tg", 2)
    begin = each_point(monkeypatch, team, request.getfixturevalue("postgresql"))
    for number in range(16):
        begin(number)
        order = sms.order("tg", 2, key=str(number))
        assert order.loc[0, "is_new"], number
    begin(-1)
    assert sms.ledger()["state"].tolist() == ["active"] * 17
    assert Counter(sms.ledger()["activation_id"]) == Counter(
        bought.id for bought in market.purchases()
    )


@pytest.mark.parametrize("before", [True, False], ids=["not committed", "committed"])
@pytest.mark.parametrize("which", ["the intent", "the outcome"])
def test_a_connection_cut_at_the_commit_is_asked_about(before, which, far, proxy, market):
    far.order("tg", 2)
    proxy.cuts_before = before
    if which == "the intent":
        proxy.cut_at = b"COMMIT"
    else:
        answer = market.answer

        def cut(params):
            if params["action"].startswith("getNumber"):  # not the look before it
                proxy.cut_at = b"COMMIT"
            return answer(params)

        market.answer = cut
    order = far.order("tg", 2, key="kept")
    assert proxy.cut_at == b""
    assert order.loc[0, "is_new"]
    assert len(market.purchases()) == 2
    assert far.ledger()["activation_id"].tolist() == [bought.id for bought in market.purchases()]


# Codes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False], ids=["notified", "looked for"])
def test_a_code_written_on_one_machine_ends_a_wait_on_another(
    told, team, market, machine, monkeypatch
):
    if told:
        monkeypatch.setattr(ServerDatabase, "look_again", 60.0)
    else:
        monkeypatch.setattr(postgresql.Server, "listen", lambda _server, _wake: lambda: None)
    here, there = (machine(KEY, base_url=market.url, ledger=team) for _ in range(2))
    ref = here.order("tg", 2).loc[0, "activation_id"]
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(here.wait_code, ref, 20, every=60)
        time.sleep(1.0)  # until it waits, and listens
        market.send_sms(ref, "Your code is 01234")
        began = time.monotonic()
        there.get_status(ref)
        assert waiting.result(20).loc[0, "code"] == "01234"
        assert time.monotonic() - began < SOON


# The event loop ---------------------------------------------------------------------------------


def test_the_loop_goes_on_while_the_server_is_slow(team, proxy, market, machine):
    sms = machine(KEY, base_url=market.url, ledger=proxy.of(team), kind=AsyncClient)

    async def use():
        beats = 0
        async with sms:
            await sms.ledger()
            proxy.delay = 0.1
            ordering = asyncio.create_task(sms.order("tg", 2))
            while not ordering.done():
                await asyncio.sleep(0.01)
                beats += 1
        return beats

    assert asyncio.run(use()) >= 20  # while ten round trips of 0.2 seconds pass


# Addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (f"mysql://u:{WORD}@h/x", "kept in SQLite or PostgreSQL, not in mysql"),
        (f"mariadb+pymysql://u:{WORD}@h/x", "not in mariadb"),
        (f"oracle://u:{WORD}@h/x", "not in oracle"),
        ("sqlite+aiosqlite:///x", "not in sqlite"),
        (f"postgres://u:{WORD}@h/x", r"Write postgresql\+psycopg://u:\*\*\*@h/x"),
        (f"postgresql+asyncpg://u:{WORD}@h/x", r"Write postgresql\+psycopg://u:\*\*\*@h/x"),
        (f"postgresql+psycopg2://u:{WORD}@h/x", r"Write postgresql\+psycopg://u:\*\*\*@h/x"),
    ],
)
def test_other_databases_are_refused_before_anything_is_bought(place, line, market, caplog):
    with Client(KEY, base_url=market.url, ledger=place) as sms:
        with pytest.raises(UsageProblem, match=line) as caught:
            sms.order("tg", 2)
        assert "\n" not in str(caught.value)
        assert WORD not in str(caught.value) + caplog.text + repr(sms)
    assert not market.purchases()


def test_without_psycopg_it_is_said_what_to_install(market, monkeypatch):
    for name in ("postgresql", "server_database"):
        monkeypatch.delitem(sys.modules, f"sms_notebook.ledger.{name}")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with (
        Client(KEY, base_url=market.url, ledger="postgresql://h/x") as sms,
        pytest.raises(UsageProblem, match=r'pip install "sms-notebook\[postgres\]"'),
    ):
        sms.order("tg", 2)


def test_what_is_wrong_with_an_address_is_one_line_without_the_password(
    market, machine, closed_port, request
):
    port = request.getfixturevalue("postgresql")
    nobody = closed_port.split(":")[2].partition("/")[0]
    for place, line in (
        (f"postgresql://u:{WORD}@127.0.0.1:{nobody}/x", "nobody answers"),
        (f"postgresql://ledger:{WORD}@127.0.0.1:{port}/{WORD}-no", "no such database"),
        (f"postgresql://who:{WORD}@127.0.0.1:{port}/postgres", "the user"),
    ):
        sms = machine(KEY, base_url=market.url, ledger=place)
        with pytest.raises(LedgerProblem, match=line) as caught:
            sms.order("tg", 2)
        assert "\n" not in str(caught.value)
        assert f":{WORD}@" not in str(caught.value)


def test_threads_share_few_connections(team, market, machine, request):
    sms = machine(KEY, base_url=market.url, ledger=team)
    begin = threading.Barrier(16)

    def order(number):
        begin.wait()
        return sms.order("tg", 2, key=str(number)).loc[0, "activation_id"]

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(order, range(16)))) == 16
    with closing(administrator(request.getfixturevalue("postgresql"))) as server:
        found = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (name_of(team),)
        ).fetchone()
    assert found[0] <= 3
