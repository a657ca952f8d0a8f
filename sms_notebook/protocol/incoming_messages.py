"""What replies say of messages: read here alone, for the ledger and for the poller."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Protocol, TypeVar

import msgspec
import pandas as pd
from msgspec.structs import replace

from sms_notebook.protocol.frames.schema import FrameRow, moment, rows_of, text
from sms_notebook.protocol.frames.times import read_time
from sms_notebook.protocol.readers.shapes import texts_of
from sms_notebook.protocol.replies import Status, word

_CALLER_DIGITS = 4
"""The code of an activation by call: so many last digits of the caller."""

_DETAILS = ("text", "phone_from", "url", "service", "received_at")


class IncomingMessage(msgspec.Struct, frozen=True):
    """A message or call, as a reply or a webhook says.

    Attributes
    ----------
    ref : str
        Id of the activation or rent.
    code, text : str or None
        What it says; at least one of them.
    channel : str
        ``sms``, ``call`` (the calling number counts) or ``voice``.
    received_at : datetime or None
        By the provider's clock, where that is named.
    """

    ref: str
    code: str | None = None
    text: str | None = None
    channel: str = "sms"
    phone_from: str | None = None
    url: str | None = None
    service: str | None = None
    received_at: datetime | None = None

    @property
    def content(self) -> str:
        """A digest: the same for the same message, however it was heard of."""
        content = self.code or f"text {self.text}"
        return hashlib.blake2s(content.encode("utf-8", "replace")).hexdigest()


# Reading replies --------------------------------------------------------------------------------


def of_status(frame: pd.DataFrame) -> list[IncomingMessage]:
    """Read the code of getStatus; a past code, with STATUS_WAIT_RETRY, is none."""
    row = rows_of(frame)[0]
    code, words = text(row, "code"), text(row, "text")
    if row["status"] != Status.OK or (code is None and words is None):
        return []
    return [IncomingMessage(row["activation_id"], code=code, text=words)]


def in_detail(frame: pd.DataFrame) -> list[IncomingMessage]:
    """Read the messages of getStatusV2."""
    is_voice = frame.attrs.get("verification_type") == "voice"
    return [
        IncomingMessage(
            row["activation_id"],
            code=text(row, "code"),
            text=text(row, "text"),
            channel="voice" if is_voice else row["channel"],
            phone_from=text(row, "phone_from"),
            url=text(row, "url"),
            received_at=moment(row, "date_time"),
        )
        for row in rows_of(frame)
        if text(row, "code") or text(row, "text") or text(row, "url")
    ]


def of_caller(frame: pd.DataFrame) -> list[IncomingMessage]:
    """Read who called, from getIncomingCallStatus."""
    row = rows_of(frame)[0]
    caller = text(row, "phone")
    if caller is None:
        return []
    code = caller[-_CALLER_DIGITS:]
    return [IncomingMessage(row["activation_id"], code=code, channel="call", phone_from=caller)]


def of_rent(frame: pd.DataFrame) -> list[IncomingMessage]:
    """Read the messages of getRentStatus, the oldest first."""
    return [
        IncomingMessage(
            row["rent_id"],
            text=text(row, "text"),
            phone_from=text(row, "phone_from"),
            service=text(row, "service"),
            received_at=moment(row, "date"),
        )
        for row in reversed(rows_of(frame))
    ]


MESSAGES: Mapping[str, Callable[[pd.DataFrame], list[IncomingMessage]]] = {
    "getStatus": of_status,
    "getStatusV2": in_detail,
    "getIncomingCallStatus": of_caller,
    "getRentStatus": of_rent,
}
"""How the messages of a number are read, by action."""


def of_listed(row: FrameRow, channel: str = "sms") -> list[IncomingMessage]:
    """Read the messages of a row of getActiveActivations: all codes, and the latest text.

    Of calls the list has the codes alone: what was said, only getStatusV2 tells.
    """
    ref, codes = row["activation_id"], row["sms_codes"] or []
    latest = text(row, "sms_text") if channel == "sms" else None
    if not codes:
        return [IncomingMessage(ref, text=latest)] if latest else []
    texts = [*[None] * (len(codes) - 1), latest]
    return [
        IncomingMessage(ref, code=code, text=words, channel=channel)
        for code, words in zip(codes, texts, strict=True)
    ]


def in_refusal(ref: str, messages: Iterable[object]) -> list[IncomingMessage]:
    """Read the messages that came along with a refusal: codes, or records of messages.

    A sentence is the provider's own, not a message.
    """
    incoming: list[IncomingMessage] = []
    for message in messages:
        record = message if isinstance(message, Mapping) else {"code": message}
        if isinstance(message, str) and not _is_code(message):
            continue
        texts = texts_of(record)
        if texts.codes or texts.words:
            code = texts.codes[-1] if texts.codes else None
            words = texts.words[-1] if texts.words else None
            incoming.append(IncomingMessage(ref, code=code, text=words))
    return incoming


def of_rent_refusal(ref: str, messages: Iterable[object], zone: tzinfo) -> list[IncomingMessage]:
    """Read the messages of a rent that came along with a refusal: known by their texts."""
    incoming: list[IncomingMessage] = []
    for message in messages:
        for read in in_refusal(ref, [message]):
            fields = message if isinstance(message, Mapping) else {}
            try:
                at = read_time(fields.get("date"), zone)
            except ValueError:
                at = None
            sender = word(fields.get("phoneFrom") or "") or None
            words = read.text or read.code
            incoming.append(IncomingMessage(ref, text=words, phone_from=sender, received_at=at))
    return incoming


def _is_code(text: str) -> bool:
    return bool(digits(text)) and (" " not in text.strip() or text.replace(" ", "").isdigit())


def on_channel(messages: Iterable[IncomingMessage], channel: str) -> list[IncomingMessage]:
    """Return messages with how they came, where a reply does not say that."""
    return [replace(message, channel=channel) for message in messages]


# Telling messages apart -------------------------------------------------------------------------


class KnownMessage(Protocol):
    """A message that is known already."""

    code: str | None
    text: str | None
    received_at: datetime | None


Known = TypeVar("Known", bound=KnownMessage)


def numbered(messages: Iterable[IncomingMessage]) -> Iterator[tuple[IncomingMessage, int]]:
    """Return messages, each with its place among those of the reply that say the same."""
    places: Counter[tuple[str, str, datetime | None]] = Counter()
    for message in messages:
        same = (message.ref, message.content, message.received_at)
        places[same] += 1
        yield message, places[same]


def find_same(known: Sequence[Known], received_at: datetime | None, place: int) -> Known | None:
    """Find a message among those known with the same content: the place-th that fits.

    Parameters
    ----------
    known : sequence of messages
        Those with the same content, the oldest first.
    received_at : datetime or None
        When it came, where that is named.
    place : int
        Its place among those of the reply that say the same.
    """
    if received_at is None:
        return known[place - 1] if len(known) >= place else None
    exact = [message for message in known if message.received_at == received_at]
    if len(exact) >= place:
        return exact[place - 1]
    return next((message for message in known if message.received_at is None), None)


def missing_details(known: object, message: object) -> dict[str, Any]:
    """Return what a message says beyond the same message as it is known.

    A call that is parsed again has another text.
    """
    details = {name: getattr(message, name) for name in _DETAILS}
    is_voice = getattr(message, "channel", "sms") == "voice"
    return {
        name: value
        for name, value in details.items()
        if value is not None
        and (
            (before := getattr(known, name)) is None
            or (name == "text" and is_voice and before != value)
        )
    }


def unknown_text(history: str, known: Iterable[KnownMessage]) -> str:
    """Return what a text of getHistory has beyond the messages that are known."""
    rest = history
    others: list[KnownMessage] = []
    for message in known:
        if message.text and message.text in rest:
            rest = rest.replace(message.text, "", 1)  # it may have several lines
        else:
            others.append(message)
    lines = rest.splitlines()
    for message in others:
        content = message.code or message.text
        same = (line for line in lines if content and (content in line or content in digits(line)))
        if (line := next(same, None)) is not None:
            lines.remove(line)
    return "\n".join(lines).strip()


def digits(line: str) -> str:
    """Return the digits of a line: codes are spelled with hyphens or blanks."""
    return "".join(character for character in line if character.isdigit())
