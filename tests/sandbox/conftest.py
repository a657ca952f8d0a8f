"""A shop: a sandbox with a standing clock, asked the way a client asks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sms_notebook.sandbox.provider import Sandbox

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Shop:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def ask(self, action: str, **params: object) -> str:
        texts = {name: str(value) for name, value in params.items()}
        return self.sandbox.answer({"api_key": "key", "action": action, **texts}).text

    def ask_json(self, action: str, **params: object) -> Any:
        return json.loads(self.ask(action, **params), parse_float=Decimal)

    def message(self, action: str, **params: object) -> str:
        reply = self.ask_json(action, **params)
        assert reply["status"] == "error"
        return reply["message"]

    def buy(self, service: str = "tg", country: int = 2, **params: object) -> str:
        reply = self.ask("getNumber", service=service, country=country, **params)
        assert reply.startswith("ACCESS_NUMBER:"), reply
        return reply.split(":")[1]

    def buy_finished(self, service: str = "tg", country: int = 2) -> str:
        number = self.buy(service, country)
        self.sandbox.send_sms(number, "Your code is 12345")
        assert self.ask("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"
        return number

    def rent(self, service: str = "full", hours: int = 24, **params: object) -> str:
        reply = self.ask_json("getRentNumber", service=service, rent_time=hours, **params)
        assert reply["status"] == "success", reply
        return str(reply["phone"]["id"])

    def balance(self) -> Decimal:
        return Decimal(self.ask("getBalance").removeprefix("ACCESS_BALANCE:"))


@pytest.fixture
def open_shop() -> Callable[..., Shop]:
    def opened(**settings: Any) -> Shop:
        usual = {"speed": 0, "start": START, "success": 1.0, "balance": "1000"}
        return Shop(Sandbox(**{**usual, **settings}))

    return opened


@pytest.fixture(scope="session")
def market() -> Shop:
    """The market of one seed, drawn once: for tests that buy nothing."""
    return Shop(Sandbox(speed=0, start=START, balance="1000", success=None))


@pytest.fixture(scope="session")
def price_list(market) -> Any:
    """Everything that is on offer there."""
    return market.ask_json("getPrices")


@pytest.fixture
def shop(open_shop) -> Shop:
    """Every number gets its code."""
    return open_shop()


@pytest.fixture
def silent_shop(open_shop) -> Shop:
    """No number ever gets a code."""
    return open_shop(success=0.0)
