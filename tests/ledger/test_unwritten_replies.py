"""A reply that was read is never forgotten, though the ledger cannot take it."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from sms_notebook import Client, LedgerProblem, NoNumbers
from sms_notebook.ledger import dispatch, sqlite_engine
from sms_notebook.providers.settings import home

from .conftest import KEY, full_disk, id_of, written

BUYING = {"getNumberV2", "getRentNumber", "continueRentNumber", "getMultiServiceNumber"}

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(sqlite_engine, "_PATIENCE", 0.1)
    (tmp_path / "ledgers").mkdir()
    return tmp_path / "ledgers" / "ledger.sqlite"


@pytest.fixture
def sms(url, place) -> Iterator[Client]:
    with Client(KEY, base_url=url, ledger=place, retries=0) as sms:
        sms.order("wa", 2)
        yield sms


@contextmanager
def after_the_reply(sms: Client, monkeypatch, act) -> Iterator[None]:
    """Do something between the reply to a purchase and its outcome."""
    send = sms._sender.send

    def send_and_act(question):
        try:
            return send(question)
        finally:
            if question.action in BUYING:
                act()

    with monkeypatch.context() as patch:
        patch.setattr(sms._sender, "send", send_and_act)
        yield


@contextmanager
def locked_after_the_reply(sms: Client, place: Path, monkeypatch) -> Iterator[None]:
    """Let another program lock the ledger between the reply to a purchase and its outcome."""
    other = sqlite3.connect(place, isolation_level=None)
    try:
        with after_the_reply(sms, monkeypatch, lambda: other.execute("BEGIN IMMEDIATE")):
            yield
    finally:
        other.close()


@pytest.fixture
def locked(sms, place, monkeypatch):
    return partial(locked_after_the_reply, sms, place, monkeypatch)


def beside(place: Path) -> Path:
    return Path(f"{place}.kept.jsonl")


def kept(place: Path) -> list[Path]:
    """Return the files that hold replies: beside the ledger, and where settings are."""
    return [path for path in (beside(place), home() / "ledger.kept.jsonl") if path.exists()]


WAYS = {
    "a number": lambda sms: sms.order("tg", 2, key="mine"),
    "a rent": lambda sms: sms.rent("full", 2, 4, key="mine"),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_kept_returned_and_written_when_the_ledger_can_be(way, locked, sms, shop, caplog):
    url, place = sms._settings.provider.base_url, sms._session.ledgers.account_ledger.database.path
    with locked():
        first = WAYS[way](sms)
        bought = shop.purchases()[-1]
        assert id_of(first) == bought.id
        assert bought.id in caplog.text
        assert str(kept(place)[0]) in caplog.text
        again = WAYS[way](sms)
        assert id_of(again) == bought.id
        assert again.loc[0, ["is_new", "certainty"]].tolist() == [False, "read"]
        with Client(KEY, base_url=url, ledger=place, retries=0) as other:
            assert id_of(WAYS[way](other)) == bought.id
    assert sms.reconcile().empty
    assert written(sms.ledger()) == shop.sold()
    assert set(sms.ledger()["certainty"]) == {"read"}
    assert kept(place) == []


def test_the_file_is_private_and_has_no_key_of_the_api(sms, place, locked):
    with locked():
        sms.get_number_v2("tg", 2)
        for path in kept(place):
            assert path.stat().st_mode & 0o077 == 0
            assert KEY not in path.read_text()
            [line] = filter(None, path.read_text().splitlines())
            assert json.loads(line)["purchases"]


def test_what_a_stranger_bought_meanwhile_is_never_it(sms, shop, locked):
    with locked():
        mine = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    theirs = shop.ask("getNumber", service="tg", country="2").split(":")[1]
    shop.send_sms(mine, "Your code is 12345")
    shop.ask("setStatus", id=mine, status="6")  # it is not listed any more
    assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == mine
    assert theirs not in set(sms.ledger()["activation_id"])


def test_a_refusal_is_kept_too(sms, faults, shop, locked):
    faults.set(["NO_NUMBERS@getNumberV2:1"])
    with locked(), pytest.raises(NoNumbers):
        sms.order("tg", 2, key="mine")
    faults.clear()
    shop.ask("getNumber", service="tg", country="2")
    assert sms.reconcile().empty
    assert sms.ledger()["state"].tolist() == ["active", "refused"]
    assert sms.order("tg", 2, key="mine").loc[0, "is_new"]


def test_a_ledger_that_was_moved_away_takes_it_where_it_is_now(sms, url, place, shop, monkeypatch):
    away = place.parent.with_name("away")
    with after_the_reply(sms, monkeypatch, lambda: place.parent.rename(away)):
        mine = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    assert mine == shop.purchases()[-1].id
    sms.close()
    with Client(KEY, base_url=url, ledger=away / place.name) as back:
        assert back.order("tg", 2, key="mine").loc[0, "activation_id"] == mine
        assert written(back.ledger()) == shop.sold()
    assert not list(home().glob("*.kept.jsonl"))


def test_on_a_full_disk_it_is_in_memory_and_that_is_said(sms, shop, monkeypatch, caplog):
    full = full_disk()
    try:
        with after_the_reply(sms, monkeypatch, full.__enter__):
            mine = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
        assert "memory of this process alone: note it down" in caplog.text
        assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == mine
    finally:
        full.__exit__(None, None, None)
    assert sms.reconcile().empty
    assert written(sms.ledger()) == shop.sold()


def test_a_line_that_was_cut_short_hides_no_other(sms, place, locked):
    torn = b'{"order_id":"abc","purchases":[{"ref":"39'
    beside(place).write_bytes(torn)
    with locked():
        mine = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == mine
    assert sms.reconcile().empty
    assert sms.ledger()["activation_id"].tolist()[-1] == mine
    assert beside(place).read_bytes().strip() == torn


def test_a_line_confirms_no_order_but_its_own(sms, url, place, tmp_path, locked):
    with locked():
        sms.order("tg", 2, key="mine")
        [line] = filter(None, beside(place).read_bytes().splitlines())
    sms.reconcile()
    other = tmp_path / "other.sqlite"
    beside(other).write_bytes(line)
    with Client(KEY, base_url=url, ledger=other, retries=0) as elsewhere:
        elsewhere.order("ig", 2)
        assert elsewhere.reconcile().empty
        assert elsewhere.ledger()["service"].tolist() == ["ig"]
    beside(place).write_bytes(line)
    with Client(KEY[::-1], base_url=url, ledger=place, retries=0) as account:
        account.ledger()
        assert account.ledger().empty
    assert beside(place).read_bytes() == line


def test_many_kernels_that_write_it_at_once_write_it_once(sms, url, place, shop, locked):
    with locked():
        mine = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
        clients = [Client(KEY, base_url=url, ledger=place, retries=0) for _ in range(4)]
    threads = [threading.Thread(target=insist, args=(client,)) for client in (sms, *clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert written(sms.ledger()) == shop.sold()
    assert sms.ledger()["activation_id"].tolist()[1:] == [mine]
    assert kept(place) == []


def insist(sms: Client) -> None:
    """Reconcile, though others are in the way: nobody is patient here."""
    for _ in range(50):
        with suppress(LedgerProblem):
            sms.reconcile()
            return


PROGRAM = """
import os, signal, sqlite3, sys
from sms_notebook import Client
from sms_notebook.ledger import sqlite_engine
sqlite_engine._PATIENCE = 0.1
url, place, key = sys.argv[1:]
sms = Client(key, base_url=url, ledger=place, retries=0)
sms.order("wa", 2)
send, other = sms._sender.send, sqlite3.connect(place, isolation_level=None)

def send_and_lock(question):
    reply = send(question)
    if question.action == "getNumberV2":
        other.execute("BEGIN IMMEDIATE")
    return reply

sms._sender.send = send_and_lock
sms.order("tg", 2, key="mine")
if os.fork() == 0:
    os._exit(0)
os.wait()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_it_outlives_its_process_and_a_fork(url, place, shop):
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, url, str(place), KEY]
    subprocess.run(command, stderr=subprocess.DEVNULL, timeout=240, check=False)
    with Client(KEY, base_url=url, ledger=place, retries=0) as sms:
        assert written(sms.ledger()) == shop.sold()
        assert sms.order("tg", 2, key="mine").loc[0, "certainty"] == "read"
    assert kept(place) == []


def test_an_interrupt_while_it_is_written_loses_nothing(sms, shop, monkeypatch):
    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "save_purchase", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sms.order("tg", 2, key="mine")
    assert sms.order("tg", 2, key="mine").loc[0, "certainty"] == "read"
    assert written(sms.ledger()) == shop.sold()
