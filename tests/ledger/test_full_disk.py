"""A disk that gets full: nothing is bought any more, and nothing that was bought is lost."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sms_notebook import Client, LedgerProblem, PurchaseUncertain
from sms_notebook.client import ledger_access
from sms_notebook.sandbox import Faults, serve

from .conftest import KEY, Shop, full_disk, written

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no file limits there")


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_a_full_disk_buys_nothing(place):
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("tg", 2)
        with full_disk(), pytest.raises(LedgerProblem, match=r"the disk is full or failing\. Free"):
            sms.order("tg", 2)
        assert len(shop.purchases()) == 1


@contextmanager
def full_after_the_reply(sms, monkeypatch):
    """Fill the disk between the reply to a purchase and writing its outcome."""
    send, full = sms._sender.send, full_disk()

    def send_and_fill(question):
        reply = send(question)
        if question.action in {"getNumberV2", "getRentNumber", "continueRentNumber"}:
            full.__enter__()
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(sms._sender, "send", send_and_fill)
        try:
            yield
        finally:
            full.__exit__(None, None, None)


def test_what_was_bought_when_the_disk_got_full_is_returned_and_said_and_added_later(
    place, caplog, monkeypatch
):
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("wa", 2)
        with full_after_the_reply(sms, monkeypatch):
            number = sms.order("tg", 2, key="mine")
        bought = shop.purchases()[-1]
        assert number.loc[0, "activation_id"] == bought.id
        assert f"Bought {bought.id}, but" in caplog.text
        assert bought.phone_number not in caplog.text  # who masks numbers reads the log as well
        assert sms.ledger()["state"].tolist() == ["active", "intent"]
        assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == bought.id
        assert sms.ledger()["activation_id"].tolist() == [one.id for one in shop.purchases()]


def test_a_rent_that_could_not_be_written_is_added_though_it_was_extended(place, monkeypatch):
    shop = Shop()
    with serve(shop) as url, Client(KEY, base_url=url, ledger=place) as sms:
        sms.order("wa", 2)
        with full_after_the_reply(sms, monkeypatch):
            rent = sms.rent("full", 2, 4, key="mine").loc[0, "rent_id"]
        sms.extend(rent, 4)
        assert sms.rent("full", 2, 4, key="mine").loc[0, "rent_id"] == rent
        assert written(sms.ledger()) == shop.sold()


def test_what_could_not_be_written_is_not_given_to_the_next_order(place, monkeypatch):
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)
    shop, faults = Shop(), Faults()
    with serve(shop, faults) as url, Client(KEY, base_url=url, ledger=place) as sms:
        rent = sms.rent("full", 2, 4).loc[0, "rent_id"]
        with full_after_the_reply(sms, monkeypatch):
            sms.extend(rent, 4, key="made")
        faults.set(["drop-before@continueRentNumber:1"])
        with pytest.raises(PurchaseUncertain):
            sms.extend(rent, 4, key="not made")
        sms.reconcile()
        states = sms.ledger().set_index("key")["state"]
        assert (states["made"], states["not made"]) == ("active", "not bought")
        assert written(sms.ledger()) == shop.sold()
