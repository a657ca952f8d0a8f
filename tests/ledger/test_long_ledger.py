"""A part of the ledger: what narrows it is looked up, and a long ledger is no slower for that."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine, event

from sms_notebook import Client, PurchaseUncertain, UsageProblem
from sms_notebook.sandbox import Faults, serve

from .conftest import KEY, Shop


@pytest.fixture
def place(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def sms(place):
    """Return a client that has ordered this and that."""
    shop, faults = Shop(success=1), Faults([])
    with serve(shop, faults) as url, Client(KEY, base_url=url, ledger=place) as client:
        number = client.order("tg", 2, key="first").loc[0, "activation_id"]
        shop.step(60)
        client.get_status(number)
        client.finish(number)
        client.order("wa", 2)
        rent = client.rent("full", 2, 4).loc[0, "rent_id"]
        client.extend(rent, 4)
        client.buy_partner_product(1)
        faults.set(["drop-before@getNumberV2:1"])
        with pytest.raises(PurchaseUncertain):
            client.order("tg", 6, key="last")
        faults.clear()
        yield client


ACTIONS = [
    "getNumberV2",
    "getNumberV2",
    "getRentNumber",
    "continueRentNumber",
    "buyPartnerProduct",
    "getNumberV2",
]


@pytest.mark.parametrize(
    ("narrow", "places"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"limit": 2}, [4, 5]),
        ({"limit": 100}, [0, 1, 2, 3, 4, 5]),
        ({"service": "tg"}, [0, 5]),
        ({"service": "Telegram"}, [0, 5]),
        ({"country": 6}, [5]),
        ({"country": "Indonesia"}, [5]),
        ({"country": "KZ", "limit": 1}, [2]),
        ({"state": "uncertain"}, [5]),
        ({"state": ["finished", "uncertain"]}, [0, 4, 5]),
        ({"kind": "activation"}, [0, 1, 5]),
        ({"kind": ("rent", "extension")}, [2, 3]),
        ({"kind": "product"}, [4]),
        ({"key": "last"}, [5]),
        ({"since": timedelta(days=1)}, [0, 1, 2, 3, 4, 5]),
        ({"since": datetime(2100, 1, 1, tzinfo=UTC)}, []),
        ({"service": "tg", "state": "finished", "kind": "activation"}, [0]),
        ({"service": "tg", "everywhere": True}, [0, 5]),
    ],
    ids=str,
)
def test_it_is_the_part_of_the_whole(sms, narrow, places):
    whole = sms.ledger()
    assert whole["action"].tolist() == ACTIONS
    part = sms.ledger(**narrow)
    pd.testing.assert_frame_equal(part, whole.iloc[places].reset_index(drop=True))


@pytest.mark.parametrize(
    ("narrow", "says"),
    [
        ({"state": "bougth"}, "state takes intent, bought"),
        ({"kind": "number"}, "kind takes activation, rent, extension, product"),
        ({"limit": 0}, "limit"),
        ({"since": "yesterday"}, "since is no time"),
        ({"since": "2026-01-01"}, "since has no time zone"),
        ({"service": "no such service"}, "unknown service"),
    ],
    ids=str,
)
def test_what_cannot_be_narrowed_so_is_said(sms, narrow, says):
    with pytest.raises(UsageProblem, match=says):
        sms.ledger(**narrow)


def test_codes_and_how_long_they_took_stand_in_their_rows(sms):
    ledger = sms.ledger()
    assert [len(codes) for codes in ledger["codes"]] == [1, 0, 0, 0, 1, 0]
    assert ledger["seconds_to_code"].notna().tolist() == [True, False, False, False, False, False]
    assert ledger["first_code_at"].notna().tolist() == ledger["seconds_to_code"].notna().tolist()


# As they are asked: the open orders, a number's state, the purchases since, a key.
QUESTIONS = {
    "SELECT * FROM orders WHERE provider = ? AND account = ? AND state IN (?, ?)": (
        "orders_by_state"
    ),
    "SELECT * FROM numbers WHERE provider = ? AND account = ? AND state IN (?, ?)": (
        "numbers_by_state"
    ),
    "SELECT * FROM numbers WHERE provider = ? AND account = ? AND id > ?": "numbers_in_account",
    "SELECT * FROM orders WHERE provider = ? AND account = ? AND begun_at >= ?": "orders_by_time",
    "SELECT * FROM orders WHERE provider = ? AND account = ? ORDER BY id DESC LIMIT 9": (
        "orders_in_account"
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_asked_often_has_an_index(sms, place, question):
    sms.ledger()
    with closing(sqlite3.connect(place)) as ledger:
        values = ("?",) * question.count("?")
        plan = ledger.execute(f"EXPLAIN QUERY PLAN {question}", values).fetchall()
    assert QUESTIONS[question] in plan[0][-1]
    assert len(plan) == 1, "nothing is sorted"


@pytest.mark.usefixtures("hasty")
def test_the_database_is_never_asked_for_one_of_nothing(sms):
    """An empty list is in no row, and SQLite reads all of them to find that out."""
    asked = []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for call in (sms.reconcile, sms.ledger, sms.budget, sms.get_active_activations):
            call()
        sms.order("tg", 2, key="first")
        sms.get_status(sms.order("wa", 6))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) > 10
    assert not [statement for statement in asked if "1!=1" in statement]
