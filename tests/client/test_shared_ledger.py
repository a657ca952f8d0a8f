"""Clients of one embedded sandbox share its ledger, also those that bought nothing."""

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox


def test_a_client_that_bought_nothing_writes_down_what_it_ends():
    sandbox = Sandbox(speed=0, success=1)
    buyer = Client(sandbox=sandbox)
    other = Client(sandbox=buyer._gateway)
    number = buyer.order("tg", "Poland").loc[0, "activation_id"]
    sandbox.step(30)
    other.finish(number)
    assert buyer.ledger()["state"].tolist() == ["finished"]


def test_a_client_that_bought_nothing_writes_down_the_codes_it_sees():
    sandbox = Sandbox(speed=0, success=1)
    buyer = Client(sandbox=sandbox)
    other = Client(sandbox=buyer._gateway)
    number = buyer.order("tg", "Poland").loc[0, "activation_id"]
    sandbox.step(30)
    code = other.get_status(number).loc[0, "code"]
    assert buyer.ledger()["codes"].tolist() == [[code]]
