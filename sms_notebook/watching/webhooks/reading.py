"""The body of a webhook, read as what it is: somebody else's text."""

import json
import re
from datetime import datetime, tzinfo
from typing import Any

from sms_notebook.orders.messages import Arrival
from sms_notebook.protocol.times import read_time

_ID = re.compile(r"[0-9]{1,20}")


class BadBodyError(Exception):
    """A body that is no webhook; the message is one short line for the sender."""


def read_arrival(body: bytes, zone: tzinfo) -> Arrival:
    """Read a body.

    Parameters
    ----------
    body : bytes
        JSON, whatever its content type claims.
    zone : tzinfo
        The zone of the provider's times.

    Raises
    ------
    BadBodyError
        If it is none. Nothing of it goes into the message.
    """
    told = _object(body)
    code = (_text(told, "code") or "").strip() or None
    text = _text(told, "text")
    _text(told, "country")
    if code is None and not (text or "").strip():
        raise BadBodyError("neither code nor text")
    return Arrival(
        _id(told.get("activationId")),
        code=code,
        text=text,
        service=_text(told, "service"),
        received_at=_time(told.get("receivedAt"), zone),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadBodyError("not JSON") from None
    if not isinstance(told, dict):
        raise BadBodyError("not a JSON object")
    return told


def _id(value: object) -> str:
    text = str(value) if isinstance(value, int | str) else ""
    if not _ID.fullmatch(text):
        raise BadBodyError("activationId is a number of at most 20 digits")
    return text


def _text(told: dict[str, Any], name: str) -> str | None:
    """Return a text without what some databases do not take: NULs and halves of characters."""
    value = told.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode() or None
    if value is not None:
        raise BadBodyError(f"{name} is not a text")
    return None


def _time(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise BadBodyError("receivedAt is not a time")
    try:
        return read_time(value, zone)
    except ValueError:
        return None
