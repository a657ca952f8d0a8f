import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest
from ports import free_port

from sms_notebook.sandbox import Sandbox, serve
from sms_notebook.sandbox.dialects.dialect import RETRY_DELAYS
from sms_notebook.sandbox.server import API_PATH

from .conftest import until

KEY = "a-key-of-the-sandbox"
START = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


class Seller:
    """The sandbox's own server, and a person who orders there."""

    def __init__(self, sandbox, url, client):
        self.sandbox = sandbox
        self.url = url
        self.client = client

    def buy(self):
        params = {"api_key": KEY, "action": "getNumber", "service": "tg", "country": "2"}
        return self.client.get(self.url, params=params).text.split(":")[1]

    def control(self, what, **params):
        address = f"{self.url.removesuffix(API_PATH)}/sandbox/{what}"
        return self.client.request("GET" if what == "state" else "POST", address, params=params)

    def tries(self):
        return self.control("state").json()["webhook_tries"]

    def send(self, activation, code):
        self.control("sms", id=activation, text=f"Your code is {code}", code=code)


@pytest.fixture
def seller():
    # No message comes by itself; the tests send their own.
    sandbox = Sandbox(speed=0, start=START, success=0.0, api_key=KEY)
    with serve(sandbox) as url, httpx.Client(trust_env=False) as client:
        yield Seller(sandbox, url, client)


def test_a_message_of_the_sandbox_arrives_whole(seller, post):
    seller.sandbox.webhook_url = post.url
    activation = seller.buy()
    seller.send(activation, "0042")
    until(post.messages)
    [message] = post.messages()
    assert (message.provider, message.ref, message.code) == ("sandbox", activation, "0042")
    assert (message.text, message.service) == ("Your code is 0042", "tg")
    assert message.received_at == START
    until(seller.tries)
    seller.control("step", seconds="7200")
    assert seller.tries() == 1


def test_every_one_of_many_messages_arrives(seller, post):
    seller.sandbox.webhook_url = post.url
    activations = [seller.buy() for _ in range(10)]
    for activation in activations:
        seller.send(activation, activation[-5:])
    until(lambda: len(post.messages()) == 10)
    assert {row.ref: row.code for row in post.messages()} == {ref: ref[-5:] for ref in activations}


@pytest.mark.parametrize("missed", range(1, len(RETRY_DELAYS) + 1))
def test_what_was_sent_while_the_receiver_was_down_arrives_with_a_later_try(seller, opened, missed):
    post = opened(port=free_port())
    seller.sandbox.webhook_url = post.url
    activation = seller.buy()
    post.receiver.stop()
    seller.send(activation, "0042")
    for number, delay in enumerate(RETRY_DELAYS[:missed], 1):
        until(lambda number=number: seller.tries() == number)
        assert not post.messages()
        if number == missed:
            post.receiver.start(port=httpx.URL(post.url).port)
        seller.control("step", seconds=str(delay))
    until(post.messages)
    seller.control("step", seconds="7200")
    assert seller.tries() == missed + 1
    assert [row.code for row in post.messages()] == ["0042"]


def test_what_was_refused_for_the_ledgers_sake_arrives_with_the_next_try(
    seller, opened, ledger, monkeypatch
):
    post = opened()
    monkeypatch.setattr("sms_notebook.ledger.sqlite_engine._PATIENCE", 0.05)
    ledger.messages.last_id()
    seller.sandbox.webhook_url = post.url
    activation = seller.buy()
    with closing(sqlite3.connect(ledger.database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        seller.send(activation, "0042")
        until(lambda: post.receiver.counts["ledger"] == 1)
        other.rollback()
    until(lambda: seller.tries() == 1)
    seller.control("step", seconds=str(RETRY_DELAYS[0]))
    until(post.messages)
    assert [row.code for row in post.messages()] == ["0042"]


def test_without_the_secret_the_sandbox_gets_nowhere(seller, post):
    seller.sandbox.webhook_url = post.url[:-1]
    seller.send(seller.buy(), "0042")
    until(lambda: post.receiver.counts["path"] == 1)
    assert not post.messages()
