"""A ledger whose file is not what it was is refused, by every door and every time."""

import os
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from sms_notebook import Client, LedgerProblem, SmsError
from sms_notebook.sandbox import serve

from .conftest import KEY


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def place(folder) -> Path:
    return folder / "ledger.sqlite"


@pytest.fixture
def sms(shop, place):
    """Return a client that has bought one number, with the key ``first``."""
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place, budget="1.00") as client:
        client.order("tg", 2, key="first")
        yield client


def copied(place: Path, to: Path) -> Path:
    """Copy the file of a ledger alone, without what is still in its log."""
    to.mkdir()
    return Path(shutil.copy(place, to / place.name))


def test_a_copy_without_its_log_is_noticed(shop, place, tmp_path):
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("tg", 2, key="first")
        with closing(sqlite3.connect(place)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sms.order("tg", 2, key="second")
        copy = copied(place, tmp_path / "there")
        with Client(KEY, base_url=url, ledger=copy) as another:
            for _ in range(2):
                with pytest.raises(LedgerProblem, match=r"without its \*-wal"):
                    another.order("tg", 2, key="second")
            assert len(shop.purchases()) == 2
            assert another.reopen_ledger().loc[0, "orders"] == 1
            assert not another.order("tg", 2, key="first").loc[0, "is_new"]
        with Client(KEY, base_url=url, ledger=copy) as later:  # that was said once
            assert len(later.ledger()) == 1


def test_a_whole_copy_is_as_good_as_the_ledger(shop, place, tmp_path):
    (tmp_path / "there").mkdir()
    copy = tmp_path / "there" / "ledger.sqlite"
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("tg", 2, key="first")
        with closing(sqlite3.connect(place)) as whole:
            whole.execute("VACUUM INTO ?", (str(copy),))
        with Client(KEY, base_url=url, ledger=copy) as another:
            assert not another.order("tg", 2, key="first").loc[0, "is_new"]


def files(place: Path) -> list[Path]:
    return sorted(place.parent.glob(f"{place.name}*"))


def moved(place: Path) -> None:
    for path in files(place):
        path.rename(path.with_name(f"old-{path.name}"))


def deleted(place: Path) -> None:
    for path in files(place):
        path.unlink()


def folder_renamed(place: Path) -> None:
    place.parent.rename(place.parent.with_name("there"))


def folder_made_anew(place: Path) -> None:
    folder_renamed(place)
    place.parent.mkdir()


def replaced_by_a_copy(place: Path) -> None:
    shutil.copyfile(place, place.with_name("copy"))
    place.with_name("copy").rename(place)


def replaced_by_an_empty_file(place: Path) -> None:
    deleted(place)
    place.touch()


def overwritten_by_an_empty_ledger(place: Path) -> None:
    """Keep the file, which is what a restore does that writes into it."""
    with closing(sqlite3.connect(place, isolation_level=None)) as ledger:
        ledger.execute("PRAGMA foreign_keys=OFF")
        ledger.execute("DELETE FROM numbers")
        ledger.execute("DELETE FROM orders")


def overwritten_without_tables(place: Path) -> None:
    with closing(sqlite3.connect(place, isolation_level=None)) as ledger:
        tables = [
            name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        ledger.execute("PRAGMA foreign_keys=OFF")
        for name in tables:
            if not name.startswith("sqlite_"):
                ledger.execute(f'DROP TABLE "{name}"')


def emptied(place: Path) -> None:
    place.write_bytes(b"")


def without_its_log(place: Path) -> None:
    place.with_name(f"{place.name}-wal").unlink()


def without_its_index(place: Path) -> None:
    place.with_name(f"{place.name}-shm").unlink()


TROUBLES = [
    moved,
    deleted,
    folder_renamed,
    folder_made_anew,
    replaced_by_a_copy,
    replaced_by_an_empty_file,
    overwritten_by_an_empty_ledger,
    overwritten_without_tables,
    emptied,
    without_its_log,
    without_its_index,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_it_is_refused_every_time_and_no_new_file_begins(trouble, sms, shop, place):
    trouble(place)
    before = files(place)
    doors = {
        "order": lambda: sms.order("tg", 2, key="first"),
        "purchase": lambda: sms.get_number("tg", 2),
        "rent": lambda: sms.rent("full", 2, 4),
        "ledger": sms.ledger,
        "budget": sms.budget,
        "reconcile": sms.reconcile,
        "panels": sms.about.active_numbers,
    }
    for _ in range(2):
        for name, door in doors.items():
            with pytest.raises(LedgerProblem, match=r"reopen_ledger\(") as refused:
                door()
            assert str(place) in str(refused.value), name
            assert "\n" not in str(refused.value)
    assert files(place) == before
    assert len(shop.purchases()) == 1


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_reopening_goes_on_with_what_is_there(trouble, sms, shop, place):
    trouble(place)
    with pytest.raises(LedgerProblem):
        sms.ledger()
    has_orders = trouble in (replaced_by_a_copy, emptied, without_its_log, without_its_index)
    if not has_orders:
        if trouble is not overwritten_by_an_empty_ledger:
            with pytest.raises(LedgerProblem, match=r"reopen_ledger\(new=True\)"):
                sms.reopen_ledger()
            with pytest.raises(LedgerProblem, match="reopen_ledger"):
                sms.ledger()
        place.parent.mkdir(exist_ok=True)
    reopened = sms.reopen_ledger(new=True).loc[0]
    assert reopened["ledger"] == str(place)
    assert bool(reopened["is_new"]) is (
        not has_orders and trouble is not overwritten_by_an_empty_ledger
    )
    # The copy is of the file alone: what stood in its log is not in it.
    if trouble in (emptied, without_its_log, without_its_index):
        assert not sms.order("tg", 2, key="first").loc[0, "is_new"]
        assert len(shop.purchases()) == 1


def test_put_back_it_is_reopened_with_all_that_it_had(sms, shop, place, tmp_path):
    place.parent.rename(tmp_path / "there")
    with pytest.raises(LedgerProblem, match="moved or deleted"):
        sms.order("tg", 2, key="first")
    (tmp_path / "there").rename(place.parent)
    with pytest.raises(LedgerProblem, match="moved or deleted"):
        sms.order("tg", 2, key="first")
    reopened = sms.reopen_ledger().loc[0]
    assert reopened.tolist() == [str(place), False, 1, 0]
    assert not sms.order("tg", 2, key="first").loc[0, "is_new"]
    assert len(shop.purchases()) == 1


def test_moved_without_its_log_no_new_one_destroys_that(sms, place):
    place.rename(place.with_name("elsewhere"))
    with pytest.raises(
        LedgerProblem, match=r"ledger\.sqlite-wal is, which holds the latest orders"
    ):
        sms.reopen_ledger(new=True)
    place.with_name("elsewhere").rename(place)
    assert sms.reopen_ledger().loc[0, "orders"] == 1


def test_clients_that_are_made_later_are_refused_as_well(sms, shop, place, caplog):
    deleted(place)
    with Client(KEY, base_url=sms._settings.provider.base_url, ledger=place) as other:
        assert "Nothing can be bought" in caplog.text
        with pytest.raises(LedgerProblem, match="moved or deleted"):
            other.order("tg", 2, key="first")
    assert not place.exists()
    assert len(shop.purchases()) == 1


def test_what_is_bought_without_a_key_does_not_pass_the_budget_either(sms, shop, place):
    deleted(place)
    for _ in range(3):
        with pytest.raises(LedgerProblem):
            sms.order("tg", 2)
    assert len(shop.purchases()) == 1


def test_a_wait_says_so_and_begins_no_new_file(sms, shop, place):
    ref = sms.ledger().loc[0, "activation_id"]
    deleted(place)
    with pytest.raises(SmsError, match="ledger"):
        sms.wait_code(ref, timeout=1)
    with pytest.raises(LedgerProblem):
        sms.order("tg", 2, key="first")
    assert not files(place)
    assert len(shop.purchases()) == 1


def test_a_wait_reads_a_new_ledger_from_its_beginning(shop, place):
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        hook = sms.webhooks.start(port=0)
        body = {"activationId": int(ref), "service": "tg", "text": "1", "code": "1", "country": 2}
        for number in range(5):
            assert httpx.post(hook, json=body | {"code": f"10{number}"}).status_code == 200
        with sms.watch([ref], every=0.2) as watch:
            next(watch)
            deleted(place)
            with pytest.raises(LedgerProblem):
                sms.ledger()
            sms.reopen_ledger(new=True)
            assert httpx.post(hook, json=body | {"code": "777"}).status_code == 200
            codes = (event.code for event in watch)
            assert next(code for code in codes if not code.startswith("10")) == "777"


def test_a_relative_place_stays_where_it_was(shop, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with serve(shop) as url, Client(KEY, base_url=url, ledger="ledger.sqlite") as sms:
        monkeypatch.chdir(tmp_path / "elsewhere")
        sms.order("tg", 2)
    assert (tmp_path / "ledger.sqlite").exists()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_webhook_is_not_acknowledged(sms, place):
    url = sms.webhooks.start(port=0)
    body = {"activationId": 1, "service": "tg", "text": "code 123", "code": "123", "country": 2}
    assert httpx.post(url, json=body).status_code == 200
    deleted(place)
    for _ in range(2):
        assert httpx.post(url, json=body | {"code": "456"}).status_code == 503
    assert not files(place)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_begins_no_new_file_either(sms, shop, place):
    deleted(place)

    def attempt() -> int:
        try:
            sms.order("tg", 2, key="first")
        except LedgerProblem as problem:
            return 0 if "reopen_ledger" in str(problem) else 1
        return 2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 3
        try:
            code = attempt()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not files(place)
    assert len(shop.purchases()) == 1
