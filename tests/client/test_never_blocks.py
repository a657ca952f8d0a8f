"""An event loop never waits for the ledger's database, and a cancelled call leaves nothing open."""

import asyncio
import contextlib
import json
import sqlite3
import threading

import pytest

from sms_notebook import AsyncClient, Client
from sms_notebook.client import ledger_access
from sms_notebook.ledger.database import Database
from sms_notebook.sandbox import Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
BOUGHT = {
    "activationId": "635468024",
    "phoneNumber": "77011234567",
    "activationCost": "0.86",
    "currency": "840",
    "countryCode": "2",
    "canGetAnotherSms": True,
    "activationTime": "2026-03-01 12:00:00",
}


@pytest.fixture
def ledger(home_folder):
    """Return where a ledger is that is in use already."""
    place = f"{home_folder}/ledger.sqlite"
    with Client(ledger=place) as sms:
        sms.order("tg", 2)
    return place


@contextlib.contextmanager
def held(place):
    """Let another program keep the database locked; yields how to lock it, and how to let it go."""
    other = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
    with contextlib.closing(other):
        yield lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("COMMIT")


async def turns(loops=50):
    """Let the loop go round: what only waits for the loop is done then."""
    for _ in range(loops):
        await asyncio.sleep(0)


def test_the_loop_goes_on_while_another_program_keeps_the_ledger_locked(ledger):
    async def use(lock, let_go):
        async with AsyncClient(ledger=ledger) as sms:
            lock()
            ordering = asyncio.create_task(sms.order("tg", 2, key="slow"))
            for _ in range(5):
                await sms.get_balance()
            assert not ordering.done()
            let_go()
            return await ordering

    with held(ledger) as (lock, let_go):
        assert asyncio.run(use(lock, let_go)).loc[0, "is_new"]


def test_what_is_cancelled_before_it_was_sent_is_never_sent(ledger, monkeypatch):
    is_writing = threading.Event()

    def write(self, change):
        is_writing.set()
        return written(self, change)

    async def use(url, lock, let_go):
        async with AsyncClient(KEY, base_url=url, ledger=ledger) as sms:
            lock()
            ordering = asyncio.create_task(sms.order("tg", 2, key="slow"))
            await asyncio.to_thread(is_writing.wait)
            ordering.cancel()
            await turns()
            assert not ordering.done()  # what is being written is waited for
            let_go()
            with pytest.raises(asyncio.CancelledError):
                await ordering
            return await sms.reconcile(), await sms.order("tg", 2, key="slow")

    written = Database.write
    monkeypatch.setattr(Database, "write", write)
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)
    shop = Sandbox(api_key=KEY)
    with serve(shop) as url, held(ledger) as (lock, let_go):
        settled, order = asyncio.run(use(url, lock, let_go))
    assert settled["result"].tolist() in ([], ["not bought"])
    assert [bought.id for bought in shop.purchases()] == [order.loc[0, "activation_id"]]


def test_what_is_cancelled_while_its_outcome_is_written_is_written(ledger, wire):
    sent = asyncio.Event()

    def answer(asked, lock, loop):
        if asked.action != "getNumberV2":
            return wire.http(b"{}")
        lock()
        loop.call_soon_threadsafe(sent.set)
        return wire.http(json.dumps(BOUGHT).encode())

    async def use(lock, let_go):
        loop = asyncio.get_running_loop()
        wire.answer = lambda asked: answer(asked, lock, loop)
        async with AsyncClient(KEY, base_url=wire.url, ledger=ledger) as sms:
            ordering = asyncio.create_task(sms.order("tg", 2, key="kept"))
            await sent.wait()
            await asyncio.sleep(0.2)  # until its answer is read
            ordering.cancel()
            await turns()
            let_go()
            with pytest.raises(asyncio.CancelledError):
                await ordering
            again = await sms.order("tg", 2, key="kept")
            return again, await sms.ledger()

    with held(ledger) as (lock, let_go):
        again, written = asyncio.run(use(lock, let_go))
    assert again.loc[0, "activation_id"] == BOUGHT["activationId"]
    assert not again.loc[0, "is_new"]
    assert written.iloc[-1]["state"] == "active"
    assert [asked.action for asked in wire.asked].count("getNumberV2") == 1


@pytest.mark.parametrize(
    "make", [lambda sms: sms.ledger(), lambda sms: sms.budget(), lambda sms: sms.cancel("1")]
)
def test_every_door_to_the_ledger_lets_the_loop_go_on(make, ledger, monkeypatch):
    threads = set()

    def noting(method):
        def run(self, work):
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop()
                threads.add("a loop")
            return method(self, work)

        return run

    async def use():
        async with AsyncClient(ledger=ledger) as sms:
            for name in ("read", "write"):
                monkeypatch.setattr(Database, name, noting(getattr(Database, name)))
            with contextlib.suppress(Exception):
                await make(sms)

    asyncio.run(use())
    assert not threads


def test_many_orders_at_once_leave_the_loop_free(home_folder):
    longest = 0.0

    async def beat():
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - began)
            await asyncio.sleep(0.01)

    async def use():
        async with AsyncClient(ledger=f"{home_folder}/many.sqlite") as sms:
            beating = asyncio.create_task(beat())
            orders = await asyncio.gather(*(sms.order("tg", 2, key=str(n)) for n in range(40)))
            beating.cancel()
            return orders

    orders = asyncio.run(use())
    assert len({order.loc[0, "activation_id"] for order in orders}) == 40
    assert longest < 2.0  # a quarter of a second, on a machine that has nothing else to do
