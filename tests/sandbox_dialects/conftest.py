"""A counter: a sandbox that speaks one dialect, asked over HTTP as a stranger would ask.

Bodies are compared with samples of what the provider really answers, in their shape: the same
names in the same order, and values of the same types.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sms_notebook.sandbox import Gateway, Sandbox, SandboxTransport
from sms_notebook.sandbox.webhooks import WebhookSender

START = datetime(2026, 11, 28, 16, tzinfo=UTC)
KEY = "K" * 32
API = "https://provider.example/stubs/handler_api.php"
REST = "https://provider.example/api/v1/"


def shape(value: Any) -> Any:
    """Return the names and types of a body."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


class Counter:
    def __init__(self, dialect: str, **options: Any) -> None:
        usual = {"speed": 0, "start": START, "success": 0.0, "balance": "1000", "api_key": KEY}
        self.sandbox = Sandbox(dialect=dialect, **{**usual, **options})
        self.gateway = Gateway(self.sandbox)
        self.http = httpx.Client(transport=SandboxTransport(self.gateway))

    def ask(self, action: str, method: str = "GET", **params: Any) -> httpx.Response:
        query = {"api_key": KEY, "action": action, **params}
        return self.http.request(method, API, params=query)

    def text(self, action: str, **params: Any) -> str:
        return self.ask(action, **params).text

    def json(self, action: str, method: str = "GET", **params: Any) -> Any:
        return json.loads(self.ask(action, method, **params).text)

    def refusal(self, action: str, method: str = "GET", **params: Any) -> tuple[int, str]:
        """Return the status and the body."""
        reply = self.ask(action, method, **params)
        return reply.status_code, reply.text

    def buy(self, service: str = "tg", country: int = 6, **params: Any) -> str:
        reply = self.text("getNumber", service=service, country=country, **params)
        assert reply.startswith("ACCESS_NUMBER:"), reply
        return reply.split(":")[1]

    def tries(self, seconds: int) -> list[int]:
        """Return when a webhook is tried that nobody takes: seconds after its message."""
        self.sandbox.webhook_url = "http://127.0.0.1:9/"
        sender = WebhookSender(self.sandbox)
        number = self.sandbox.answer(
            {"api_key": KEY, "action": "getNumber", "service": "tg", "country": "6"}
        ).text.split(":")[1]
        self.sandbox.send_sms(number, "482917")
        for _ in range(seconds):
            sender.deliver_due()
            self.sandbox.step(1)
        return [int((each.at - START).total_seconds()) for each in sender.attempts()]

    def bought(self) -> int:
        return len(self.sandbox.purchases())


@pytest.fixture
def open_counter() -> Callable[..., Counter]:
    return Counter


@pytest.fixture
def counter(request: pytest.FixtureRequest) -> Counter:
    """A counter of the dialect that the test's module is about."""
    return Counter(request.module.DIALECT)
