"""Webhooks that are to be delivered: filled by what happens, drained by who delivers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sms_notebook.sandbox.answers import wire_time
from sms_notebook.sandbox.messages import Message


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One notification: where it goes and the documented body."""

    url: str
    body: dict[str, Any]
    at: datetime


class Postbox:
    """Notifications waiting for delivery."""

    def __init__(self) -> None:
        self._events: list[WebhookEvent] = []

    def put(self, url: str | None, number_id: int, country: int, message: Message) -> None:
        """Announce a message, unless nobody wants to know."""
        if not url:
            return
        body = {
            "activationId": number_id,
            "service": message.service,
            "text": message.text,
            "code": message.code,
            "country": country,
            "receivedAt": wire_time(message.at),
        }
        self._events.append(WebhookEvent(url, body, message.at))

    def drain(self) -> list[WebhookEvent]:
        """Take everything out."""
        events, self._events = self._events, []
        return events
