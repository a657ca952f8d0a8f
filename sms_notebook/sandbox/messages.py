"""What arrives, texts of messages and calls in the language of the country, and its webhooks."""

import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from sms_notebook.protocol.catalogue import Country, services
from sms_notebook.sandbox.wire import timestamp

_TEXTS: dict[str, Any] = tomllib.loads(
    resources.files(__package__).joinpath("data", "texts.toml").read_text(encoding="utf-8")
)
_LANGUAGE_OF: dict[str, str] = {
    iso: language for language, isos in _TEXTS["countries"].items() for iso in isos.split()
}
_CODE_LENGTHS = {"tg": 5, "wa": 6, "go": 6, "ig": 6, "ub": 4, "vk": 6}
_CODE = re.compile(r"(?<!\d)\d{3}[- ]\d{3}(?!\d)|(?<!\d)\d{4,8}(?!\d)")
_NAMES = {service.code: service.name.split(",")[0].strip() for service in services()}


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message or a call as it arrived. `code` is empty where none was recognised."""

    text: str
    code: str
    at: datetime
    phone_from: str = ""
    service: str = ""


def new_code(service: str, chance: random.Random) -> str:
    """Draw a code; one in ten begins with a zero."""
    length = _CODE_LENGTHS.get(service) or chance.choice((4, 4, 5, 6, 6, 6))
    return "".join(chance.choices("0123456789", k=length))


def sms_text(service: str, code: str, country: Country, chance: random.Random) -> str:
    """Write the message of a service, in the language that messages have in a country."""
    name, language = _NAMES.get(service, "Service"), _LANGUAGE_OF.get(country.iso, "en")
    own: dict[str, str] = _TEXTS["own"].get(service, {})
    usual: list[str] = _TEXTS["sms"][language]
    text = own.get(language) or own.get("en") or chance.choice(usual)
    return text.format(name=name, code=code, dashed=_dashed(code))


def voice_text(code: str, language: str) -> str:
    """Write what a call says, as the parser hears it; an unknown language is heard as English."""
    voices: dict[str, str] = _TEXTS["voice"]
    return voices.get(language, voices["en"]).format(spoken=" ".join(code))


def code_in(text: str) -> str:
    """Find the code in a message, as the provider does for texts that are new to it."""
    match = _CODE.search(text)
    return re.sub(r"\D", "", match.group()) if match else ""


def _dashed(code: str) -> str:
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One notification: where it goes and the documented body."""

    url: str
    body: dict[str, Any]
    at: datetime


WebhookBody = Callable[[int, int, ReceivedMessage], dict[str, Any]]
"""Writes a notification: id of the number, country, message."""


def webhook_body(number_id: int, country: int, message: ReceivedMessage) -> dict[str, Any]:
    """Write a notification as the API documentation shows it."""
    return {
        "activationId": number_id,
        "service": message.service,
        "text": message.text,
        "code": message.code,
        "country": country,
        "receivedAt": timestamp(message.at),
    }


class WebhookOutbox:
    """Notifications waiting for delivery."""

    def __init__(self, body: WebhookBody = webhook_body) -> None:
        self._body = body
        self._events: list[WebhookEvent] = []

    def put(self, url: str | None, number_id: int, country: int, message: ReceivedMessage) -> None:
        """Announce a message, unless nobody wants to know."""
        if not url:
            return
        self._events.append(WebhookEvent(url, self._body(number_id, country, message), message.at))

    def drain(self) -> list[WebhookEvent]:
        """Take everything out."""
        events, self._events = self._events, []
        return events
