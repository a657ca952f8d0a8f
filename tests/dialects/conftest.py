"""A shop that speaks a provider's dialect, and a client that asks it as that provider."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sms_notebook import Client
from sms_notebook.client import base_client, ledger_access
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.providers.row import Provider
from sms_notebook.sandbox import Faults, Sandbox, serve
from sms_notebook.transport.sender import RateLimiter

KEY = "0123456789abcdef0123456789abcdef"
NAMES = (
    "reference",
    "herosms",
    "smsbower",
    "tiger-sms",
    "grizzlysms",
    "smshub",
    "virtualsms",
    "sms-man",
    "vak-sms",
    "daisysms-io",
)
"""Dialects of the sandbox; each but the reference is named as its provider."""


class Shop:
    """A sandbox behind a server, and a client of the provider whose dialect it speaks."""

    def __init__(self, name: str, opened: ExitStack, **options: Any) -> None:
        usual = {"speed": 0, "balance": "100000", "success": 0.0, "api_key": KEY}
        self.name = name
        self.sandbox = Sandbox(dialect=name, **{**usual, **options})
        self.faults = Faults()
        self.url = opened.enter_context(serve(self.sandbox, self.faults))
        self._opened = opened
        self.sms = self.client()

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.name if self.name != "reference" else "sms-activate"]

    @property
    def country(self) -> Any:
        return "USA" if self.name == "daisysms-io" else "Indonesia"

    def client(self, key: str = KEY, **options: Any) -> Client:
        named = {} if self.name == "reference" else {"provider": self.name}
        return self._opened.enter_context(
            Client(key, base_url=self.url, **{"retries": 0, "timeout": 300, **named, **options})
        )

    def order(self, **options: Any) -> str:
        return str(self.sms.order("tg", self.country, **options).loc[0, "activation_id"])

    def bought(self) -> int:
        return len(self.sandbox.purchases())

    def state_of(self, ref: str) -> str:
        ledger = self.sms.ledger()
        return str(ledger.loc[ledger["activation_id"] == ref, "state"].iloc[0])


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Let a provider have a tenth of a second to finish what nobody waits for, and bear it all."""
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)
    monkeypatch.setattr(base_client, "RateLimiter", lambda _rate: RateLimiter(None))


@pytest.fixture
def open_shop(hasty) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as opened:
        yield lambda name, **options: Shop(name, opened, **options)


@pytest.fixture(params=NAMES)
def shop(request, open_shop) -> Shop:
    return open_shop(request.param)
