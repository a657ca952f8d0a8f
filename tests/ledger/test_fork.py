"""A child of a process whose threads use the ledger orders, or says in one line why not."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property

import pytest

from sms_notebook import AsyncClient, Client, LedgerProblem
from sms_notebook import forking as gates
from sms_notebook.forking import GATE
from sms_notebook.ledger.database import Database
from sms_notebook.protocol.frames import Schema, tables
from sms_notebook.protocol.frames.kinds import Kind
from sms_notebook.sandbox import Sandbox, serve

from .conftest import KEY, Shop

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    # Newer Pythons warn of every fork where there are threads.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

LIMIT = 60.0  # seconds

# In a process of its own: what hangs there is killed. Its threads order, read and watch.
PROGRAM = f"""
import asyncio, multiprocessing, os, sys, threading, time
from sms_notebook import AsyncClient, Client, SmsError
from sms_notebook.sandbox import Sandbox

url, place, key, kinds, forks = sys.argv[1:]
shared = Client(key, base_url=url, ledger=place) if url != "embedded" else Client(sandbox=Sandbox())
shared.get_balance()  # what Arrow locks while it begins is its own

over = threading.Event()

def work():
    while not over.is_set():
        try:
            shared.order("tg", 2)
            shared.ledger(limit=3)
            shared.budget()
        except SmsError as problem:  # an embedded sandbox has only so much money
            time.sleep(0.01)

async def order_async(number):
    async with AsyncClient(key, base_url=url, ledger=place) as sms:
        await sms.order("tg", 2, key=f"child {{number}}")

def kind_of(number):
    return kinds.split(",")[number % len(kinds.split(","))]

def child(number):
    kind = kind_of(number)
    try:
        if kind == "async":
            asyncio.run(order_async(number))
        elif url == "embedded":
            shared.ledger()
            shared.get_balance()
        else:
            sms = Client(key, base_url=url, ledger=place) if kind == "own" else shared
            sms.order("tg", 2, key=f"child {{number}}")
        code = 0
    except SmsError as problem:
        print(problem, file=sys.stderr)
        code = 1
    os._exit(code)

def forked(number):
    if kind_of(number) == "multiprocessing":
        process = multiprocessing.get_context("fork").Process(target=child, args=(number,))
        process.start()
        process.join({LIMIT})
        if process.is_alive():
            process.kill()
            return "hangs"
        return process.exitcode
    pid = os.fork()
    if not pid:
        child(number)
    end = time.monotonic() + {LIMIT}
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hangs"

threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
print(*(forked(number) for number in range(int(forks))))
over.set()
for thread in threads:
    thread.join()
"""


KINDS = "shared,own,async,multiprocessing"


def test_what_all_calls_share_is_made_without_a_lock():
    """Before Python 3.12 that of `functools` is held by all objects of a class."""
    for shared in (Kind, Schema):
        assert not any(isinstance(made, cached_property) for made in vars(shared).values())
    assert tables.NUMBER.names is tables.NUMBER.names


def test_a_pool_that_is_imported_while_a_fork_waits_has_its_lock_in_order(tmp_path):
    """What registers itself for forks in the middle of one is told of its end alone."""
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "from sms_notebook.forking import GATE\n"
        "while GATE._forking is None:\n    time.sleep(0.01)\n"
        "import concurrent.futures.thread\n"
    )
    program = (
        "import importlib, os, sys, threading, time, sms_notebook.forking\n"
        "importing = threading.Thread(target=importlib.import_module, args=('slow',))\n"
        "importing.start()\n"
        "while 'slow' not in sys.modules: time.sleep(0.01)\n"
        "child = os.fork()\n"
        "if not child: os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "importing.join()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""


@pytest.mark.parametrize("forks", [12, pytest.param(200, marks=pytest.mark.deep)])
def test_children_order_while_threads_of_their_parent_do(forks, tmp_path):
    shop, place = Shop(), tmp_path / "ledger.sqlite"
    with serve(shop) as url:
        assert run(url, str(place), KEY, KINDS, str(forks)) == ["0"] * forks
        with Client(KEY, base_url=url, ledger=place) as sms:
            ledger = sms.ledger()
    keys = ledger["key"].dropna()
    assert sorted(keys) == sorted(f"child {number}" for number in range(forks))
    assert set(ledger["state"]) == {"active"}
    assert len(ledger) == len(shop.purchases())


@pytest.mark.parametrize("forks", [4, pytest.param(24, marks=pytest.mark.deep)])
def test_children_order_while_threads_of_their_parent_use_a_server(forks, team):
    with serve(Shop()) as url:
        assert run(url, team, KEY, KINDS, str(forks)) == ["0"] * forks
        with Client(KEY, base_url=url, ledger=team) as sms:
            keys = sms.ledger()["key"].dropna()
    assert sorted(keys) == sorted(f"child {number}" for number in range(forks))


def test_threads_of_an_async_client_order_while_their_loop_forks(tmp_path):
    async def use() -> set[str]:
        async with AsyncClient(KEY, base_url=url, ledger=tmp_path / "ledger.sqlite") as sms:
            orders = [asyncio.create_task(sms.order("tg", 2)) for _ in range(12)]
            says = set()
            while not all(order.done() for order in orders):
                says.add(in_child(lambda: asyncio.run(another())))
                await asyncio.sleep(0.01)
            await asyncio.gather(*orders)
            return says

    async def another() -> str:
        async with AsyncClient(KEY, base_url=url, ledger=tmp_path / "ledger.sqlite") as sms:
            return str((await sms.order("tg", 2)).loc[0, "is_new"])

    with serve(Shop()) as url:
        assert asyncio.run(use()) == {"True"}


def test_children_have_a_copy_of_an_embedded_sandbox_and_its_ledger():
    assert run("embedded", "", KEY, "shared", "4") == ["0"] * 4


def run(*about: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, *about],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    return done.stdout.split()


def in_child(attempt: Callable[[], str]) -> str:
    """Return what comes of something in a child; one that hangs is killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, attempt().encode())
        finally:
            os._exit(0)
    os.close(writing)
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and not os.waitpid(child, os.WNOHANG)[0]:
        time.sleep(0.01)
    if time.monotonic() >= end:
        os.kill(child, 9)
        os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def refusal_of(sms: Client) -> str:
    try:
        sms.order("tg", 2)
    except LedgerProblem as problem:
        return str(problem)
    return "ordered"


@pytest.fixture
def hasty(monkeypatch, sms) -> None:  # what opens a ledger first has all its time
    monkeypatch.setattr(gates, "_PATIENCE", 0.2)


@pytest.fixture
def sms(tmp_path):
    with Client(sandbox=Sandbox(speed=0), ledger=tmp_path / "ledger.sqlite") as client:
        client.order("tg", 2)
        yield client


def test_whoever_was_not_forked_may_take_its_time_to_open(tmp_path, monkeypatch):
    monkeypatch.setattr(gates, "_PATIENCE", 0.0)
    monkeypatch.setattr(GATE, "is_torn", False)
    with Client(sandbox=Sandbox(speed=0), ledger=tmp_path / "ledger.sqlite") as client:
        assert refusal_of(client) == "ordered"


def test_a_thread_that_does_not_end_in_time_is_said_in_the_child(hasty, sms):
    inside, over = threading.Event(), threading.Event()

    def work() -> None:
        with GATE.passing():
            inside.set()
            over.wait(LIMIT)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    says = in_child(lambda: refusal_of(sms))
    over.set()
    thread.join()
    assert "this process was forked while a thread of its parent was using it" in says
    assert "\n" not in says
    assert refusal_of(sms) == "ordered"


def test_a_lock_that_stays_locked_in_the_child_is_said_there(hasty, sms, monkeypatch):
    database = sms._session.ledgers.account_ledger.database

    def hangs() -> str:
        monkeypatch.setattr(type(database), "_open", lambda *_args, **_options: time.sleep(60))
        return refusal_of(sms) + " / " + refusal_of(sms)

    says = in_child(hangs)
    assert says.count("multiprocessing's 'spawn'") == 2
    assert refusal_of(sms) == "ordered"


def test_a_ledger_that_opens_slowly_is_not_taken_for_a_fork(hasty, tmp_path, monkeypatch):
    opened = Database._open

    def slowly(*args, **options):
        time.sleep(0.5)
        return opened(*args, **options)

    monkeypatch.setattr(Database, "_open", slowly)
    with Client(sandbox=Sandbox(speed=0), ledger=tmp_path / "ledger.sqlite") as sms:
        assert refusal_of(sms) == "ordered"
    assert not GATE.is_torn


def test_a_child_knows_the_orders_of_an_embedded_ledger():
    with Client(sandbox=Sandbox(speed=0)) as sms:
        sms.order("tg", 2, key="mine")
        says = in_child(lambda: str(bool(sms.order("tg", 2, key="mine").loc[0, "is_new"])))
    assert says == "False"
