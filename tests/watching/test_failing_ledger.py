"""A ledger that fails: no code is lost, and it is made up for when the ledger works again."""

import sqlite3
from contextlib import closing

import pytest

from sms_notebook import Client, LedgerProblem

from .conftest import QUICK, begin, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
TABLES = ("messages", "numbers", "sightings")


class File:
    """A ledger's file that can be made to refuse."""

    def __init__(self, path):
        self.path = path

    def run(self, *statements):
        with closing(sqlite3.connect(self.path, timeout=10)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def refuse(self):
        self.run(
            *(
                f"CREATE TRIGGER no_{what}_{table} BEFORE {what} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'attempt to write a readonly database'); END"
                for table in TABLES
                for what in ("INSERT", "UPDATE")
            )
        )

    def mend(self):
        self.run(
            *(
                f"DROP TRIGGER no_{what}_{table}"
                for table in TABLES
                for what in ("INSERT", "UPDATE")
            )
        )

    def codes(self):
        with closing(sqlite3.connect(self.path, timeout=10)) as connection:
            return [row[0] for row in connection.execute("SELECT code FROM messages ORDER BY id")]


@pytest.fixture
def file(tmp_path):
    return File(tmp_path / "ledger.sqlite")


@pytest.fixture
def sms(opened, shop, file):
    return opened(sandbox=shop, ledger=file.path)


def bought(sms, own=True, **options):
    return sms.order("tg", 2, **options).loc[0, "activation_id"]


def waits_on(sms, ref):
    return begin(lambda: sms.wait_code(ref, every=QUICK).loc[0, "code"])


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
def test_a_code_comes_although_the_ledger_does_not_take_it(sms, shop, file, own):
    ref = bought(sms)
    ref = ref if own else shop.foreign()
    file.refuse()
    waits = waits_on(sms, ref)
    until(lambda: shop.polls > 2)
    assert not waits.done()
    shop.say(ref, "01234")
    assert waits.result(60) == "01234"
    assert file.codes() == []
    assert sms.wait_code(ref, every=QUICK).loc[0, "text"] == "Your code is 01234"


def test_an_old_code_stays_old_although_the_ledger_does_not_know_it(sms, shop, file):
    ref = bought(sms)
    file.refuse()
    shop.say(ref, "01234")
    assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == "01234"
    sms.again(ref)
    waits = waits_on(sms, ref)
    polls = shop.polls
    until(lambda: shop.polls > polls + 2 or waits.done())
    assert not waits.done()
    shop.say(ref, "01234")
    assert waits.result(60) == "01234"


def test_what_was_missed_is_written_when_the_ledger_works_again(shop, file):
    with Client(sandbox=shop, ledger=file.path) as sms:
        ref = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            file.refuse()
            shop.say(ref, "01234")
            assert begin(next, watch).result(60).code == "01234"
            assert isinstance(watch.trouble, LedgerProblem)
            assert "readonly" in str(watch.trouble) or "read-only" in str(watch.trouble)
            file.mend()
            until(file.codes)
            until(lambda: watch.trouble is None)
            assert watch.frame.loc[0, "codes"] == ["01234"]
            sms.again(ref)
            shop.say(ref, "54321")
            assert begin(next, watch).result(60).code == "54321"
        assert file.codes() == ["01234", "54321"]


def test_a_rent_goes_on_although_the_ledger_does_not_take_its_messages(shop, file):
    with Client(sandbox=shop, ledger=file.path) as sms:
        rent = sms.rent("full", 2, 4).loc[0, "rent_id"]
        file.refuse()
        with sms.watch(rents=rent, every=QUICK) as watch:
            for text in ("one", "two", "two"):
                shop.step(1)
                shop.send_sms(rent, text)
                assert begin(next, watch).result(60).text == text
            assert watch.frame.loc[0, "messages"] == 3
            file.mend()
            until(lambda: len(file.codes()) == 3)
            assert watch.frame.loc[0, "messages"] == 3


def test_a_call_is_told_although_the_ledger_does_not_take_it(sms, shop, file):
    shop._state.activations.success = 1.0
    ref = sms.order("tg", 2, activation_type=2, language="en").loc[0, "activation_id"]
    file.refuse()
    waits = begin(sms.wait_code, ref, every=QUICK)
    shop.step(30)
    row = waits.result(60).iloc[0]
    assert row["channel"] == "voice"
    assert row["url"] == f"https://sandbox.example/voice/{ref}.mp3"


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
def test_a_code_at_the_very_end_is_told_although_the_ledger_does_not_take_it(sms, shop, file, own):
    ref = bought(sms)
    ref = ref if own else shop.foreign()
    waits = waits_on(sms, ref)
    until(lambda: shop.polls > 1)
    file.refuse()
    with shop.at_once():
        shop.say(ref, "01234")
        shop.tool("setStatus", id=ref, status=6)
    assert waits.result(60) == "01234"


@pytest.mark.parametrize("when", ["before", "in the middle"])
def test_a_ledger_that_cannot_even_be_read_loses_no_code(sms, shop, file, when):
    ref = bought(sms)
    hidden = file.path.with_name("hidden")

    def damage():
        sms.client._session.ledgers.account_ledger.ledger.database.close()
        for name in ("-wal", "-shm"):
            file.path.with_name(file.path.name + name).unlink(missing_ok=True)
        file.path.rename(hidden)
        file.path.write_bytes(b"this is no database, and long enough to be told from one" * 50)

    if when == "before":
        damage()
    waits = waits_on(sms, ref)
    until(lambda: shop.polls > 1)
    if when == "in the middle":
        damage()
        polls = shop.polls
        until(lambda: shop.polls > polls + 1)
    shop.say(ref, "01234")
    assert waits.result(60) == "01234"
