"""The ledger: private, shared, and never a reason to lose a number."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from sms_notebook import Client, LedgerProblem, NoNumbers, UsageProblem
from sms_notebook.ledger.database import Database, url_of
from sms_notebook.ledger.frame_schemas import LEDGER
from sms_notebook.ledger.ledger import Ledger
from sms_notebook.sandbox import Faults, Sandbox, serve

from .conftest import KEY, START, Shop, written


@pytest.fixture
def shop() -> Sandbox:
    return Sandbox(speed=0, start=START, success=1.0)


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "new folder" / "ledger.sqlite"


# What it holds -----------------------------------------------------------------------------------


def columns(frame) -> list[tuple[str, str]]:
    return [(name, str(dtype)) for name, dtype in frame.dtypes.items()]


def test_its_frame_is_the_same_for_any_number_of_rows(shop):
    sms = Client(sandbox=shop)
    expected = [(column.name, column.kind.name) for column in LEDGER.columns]
    for _ in range(3):
        assert columns(sms.ledger()) == expected
        sms.order("tg", "KZ")
    assert len(sms.ledger()) == 3


EVERY_DOOR = {
    "getNumber": lambda sms, _: sms.get_number("tg", 2),
    "getNumberV2": lambda sms, _: sms.get_number_v2("tg", 2, operator="altel"),
    "getMultiServiceNumber": lambda sms, _: sms.get_multi_service_number("tg,wa", 2),
    "getExtraActivation": lambda sms, known: sms.get_extra_activation(known["finished"]),
    "getRentNumber": lambda sms, _: sms.get_rent_number("full", 4, country=2),
    "continueRentNumber": lambda sms, known: sms.continue_rent_number(known["rent"], 4),
    "buyPartnerProduct": lambda sms, _: sms.buy_partner_product(1),
}


@pytest.mark.parametrize("raw", [False, True])
def test_every_purchase_through_every_door_is_in_it(raw, opened, shop):
    sms = opened(sandbox=shop)
    finished = sms.order("tg", 2).loc[0, "activation_id"]
    shop.send_sms(finished, "Your code is 12345")
    sms.finish(finished)
    known = {"finished": finished, "rent": sms.rent("full", 2, 4).loc[0, "rent_id"]}
    before, sold = len(sms.ledger()), Shop.sold(shop)
    if raw:
        wire = {
            "getNumber": {"service": "tg", "country": 2},
            "getNumberV2": {"service": "tg", "country": 2},
            "getMultiServiceNumber": {"multiService": "tg,wa", "country": 2},
            "getExtraActivation": {"activationId": finished},
            "getRentNumber": {"service": "full", "rent_time": 4, "country": 2},
            "continueRentNumber": {"id": known["rent"], "rent_time": 4},
            "buyPartnerProduct": {"productId": 1},
        }
        for action, params in wire.items():
            sms.call(action, **params)
    else:
        for door in EVERY_DOOR.values():
            door(sms, known)
    rows = sms.ledger().iloc[before:]
    actions = [*EVERY_DOOR]
    assert rows["action"].tolist() == sorted([*actions, "getMultiServiceNumber"], key=actions.index)
    bought = written(rows[rows["action"] != "buyPartnerProduct"])
    assert bought == Shop.sold(shop) - sold - Counter({("activation", "1"): 1})
    licence = rows.iloc[-1]["codes"]
    assert len(licence) == 1
    assert len(licence[0]) == 25


def test_codes_texts_times_and_money_are_in_it(shop):
    sms = Client(sandbox=shop)
    number = sms.order("tg", "KZ", key="mine").loc[0, "activation_id"]
    shop.step(30)
    sms.get_status(number)
    shop.step(30)
    sms.again(number)
    shop.step(30)
    sms.get_active_activations()
    row = sms.ledger().iloc[0]
    assert row["seconds_to_code"] == 30
    assert row["first_code_at"] - row["bought_at"] == pd.Timedelta(seconds=30)
    assert len(row["codes"]) == 2
    assert all(code in said for code, said in zip(row["codes"][1:], row["texts"], strict=False))
    assert (row["cost"], row["currency"], row["refunded"]) == (0.86, "USD", 0.0)
    assert (row["key"], row["service"], row["country"], row["state"]) == ("mine", "tg", 2, "active")


def test_money_that_came_back_is_in_it(shop):
    shop = Sandbox(speed=0, start=START, success=0.0)
    sms = Client(sandbox=shop)
    number = sms.order("tg", "KZ").loc[0, "activation_id"]
    ended = sms.order("wa", "KZ").loc[0, "activation_id"]
    rent = sms.rent("full", "KZ", 4).loc[0, "rent_id"]
    shop.step(121)
    sms.cancel(number)
    sms.set_rent_status(rent, 2)
    shop.step(1200)
    sms.reconcile()
    ledger = sms.ledger()
    assert ended in ledger["activation_id"].tolist()
    assert ledger["state"].tolist() == ["cancelled"] * 3
    assert (ledger["refunded"] == ledger["cost"]).all()
    assert shop.account.balance == 50


def test_a_refusal_is_in_it_with_its_reason(shop):
    sms = Client(sandbox=shop)
    with pytest.raises(NoNumbers):
        sms.get_rent_number("full", 4, country=2, operator="nobody")
    row = sms.ledger().iloc[0]
    assert row["state"] == "refused"
    assert "NO_NUMBERS" in row["error"]


# Where it is -------------------------------------------------------------------------------------


def test_it_is_for_this_user_alone(shop, place):
    Client(sandbox=shop, ledger=place).order("tg", "KZ")
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in place.parent.iterdir()}
    assert modes == {0o600}
    with closing(sqlite3.connect(place)) as connection, connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_without_a_word_it_is_in_the_folder_for_settings():
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url) as sms:
        path = Path(os.environ["SMS_NOTEBOOK_HOME"]) / "ledger.sqlite"
        sms.get_prices("tg", 2)
        assert not path.exists()
        sms.order("tg", 2)
        assert path.exists()


def test_a_variable_names_it(shop, place, monkeypatch):
    monkeypatch.setenv("SMS_LEDGER", f"sqlite:///{place}")
    Client(sandbox=shop).order("tg", "KZ")
    assert place.exists()


def test_the_embedded_sandbox_leaves_no_file_behind(shop):
    sms = Client(sandbox=shop)
    sms.order("tg", "KZ")
    assert len(Client(sandbox=sms._gateway).ledger()) == 1
    assert not list(Path(os.environ["SMS_NOTEBOOK_HOME"]).iterdir())


@pytest.mark.parametrize("ledger", ["", "  ", 5, "what://", "postgresql://u:pass@"])
def test_an_address_that_is_none_is_refused(ledger, shop):
    with pytest.raises((UsageProblem, LedgerProblem)) as refused:
        Client(sandbox=shop, ledger=ledger).order("tg", "KZ")
    assert "pass@" not in str(refused.value)
    assert not shop.purchases()


# Trouble, before money is spent ------------------------------------------------------------------


def refuses(shop: Sandbox, place: Path | str) -> str:
    sms = Client(sandbox=shop, ledger=place)
    with pytest.raises(LedgerProblem) as problem:
        sms.order("tg", "KZ")
    assert not shop.purchases()
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_one_that_is_locked_buys_nothing(shop, place, monkeypatch):
    monkeypatch.setattr("sms_notebook.ledger.sqlite_engine._PATIENCE", 0.05)
    Client(sandbox=Sandbox(), ledger=place).order("tg", "KZ")
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("sms_notebook.ledger.ledger._open", {})
    assert "another program keeps it locked. Close that program" in refuses(shop, place)
    other.close()


def test_one_that_is_read_only_buys_nothing(shop, place):
    Client(sandbox=Sandbox(), ledger=place).order("tg", "KZ")
    assert "it is read-only. Make it writable" in refuses(
        shop, f"sqlite:///file:{place}?mode=ro&uri=true"
    )


def test_one_that_is_no_ledger_buys_nothing(shop, place):
    place.parent.mkdir()
    place.write_bytes(b"something else entirely " * 400)
    assert "it is damaged. Move the file away" in refuses(shop, place)


def test_one_that_is_damaged_inside_buys_nothing(shop, place):
    Client(sandbox=Sandbox(), ledger=place).order("tg", "KZ")
    Ledger(Database(url_of(place))).database.close()
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with place.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (place.stat().st_size - 4096))
    program = f"""
from sms_notebook import Client, LedgerProblem
from sms_notebook.sandbox import Sandbox
shop = Sandbox()
try:
    Client(sandbox=shop, ledger={str(place)!r}).order("tg", "KZ")
except LedgerProblem as problem:
    print(problem, len(shop.purchases()))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "it is damaged" in run.stdout
    assert run.stdout.endswith(" 0\n")


def test_reading_goes_on_when_the_ledger_does_not(shop, place, caplog):
    place.parent.mkdir()
    place.write_bytes(b"something else entirely " * 400)
    sms = Client(sandbox=shop, ledger=place)
    assert "Nothing can be bought: the ledger" in caplog.text
    assert sms.get_prices("tg", "KZ").loc[0, "cost"] == 0.86
    assert sms.get_active_activations().empty


# Many at once ------------------------------------------------------------------------------------


def test_threads_of_one_client_share_it(shop):
    sms = Client(sandbox=shop)
    threads = [
        threading.Thread(target=lambda: [sms.get_number("tg", 2) for _ in range(5)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sms.ledger()["activation_id"]) == sorted(one.id for one in shop.purchases())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_it_goes_on_after_a_fork(place):
    shop = Shop()
    with serve(shop) as url:
        sms = Client(KEY, base_url=url, ledger=place)
        sms.order("tg", 2)
        child = os.fork()
        if not child:
            sms.order("wa", 2)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        sms.order("ig", 2)
        assert sorted(sms.ledger()["service"]) == ["ig", "tg", "wa"]
        sms.close()


def test_a_new_client_says_in_one_line_what_waits(caplog):
    shop, faults = Shop(), Faults(["drop-before@getNumberV2:1"])
    with serve(shop, faults) as url:
        with (
            Client(KEY, base_url=url) as sms,
            pytest.raises(Exception, match="waits in the ledger"),
        ):
            sms.order("tg", 2)
        assert caplog.text == ""
        Client(KEY, base_url=url).close()
    assert [record.getMessage() for record in caplog.records] == [
        "1 purchase waits to be settled: sms.reconcile() finds out what became of it."
    ]
