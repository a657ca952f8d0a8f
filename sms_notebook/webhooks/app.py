"""The receiver as an ASGI app: one secret path that takes webhooks, each somebody else's text."""

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sms_notebook.ledger.messages import MessageBook
from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.protocol.frames.times import read_time
from sms_notebook.protocol.incoming_messages import IncomingMessage
from sms_notebook.webhooks.rules import SourceLimiter, Sources, is_same

LOG = logging.getLogger("sms_notebook")

LONGEST_BODY: Final = 1 << 16
READ_SECONDS: Final = 10.0
"""For a whole body, however it drips."""
_LAST_SECONDS: Final = 1.0  # the same once the receiver stops

_ID = re.compile(r"[0-9]{1,20}")


class WebhookApp:
    """Takes webhooks, and answers 200 when they are stored.

    Parameters
    ----------
    secret : str
        The path.
    sources : Sources
        Who may post.
    zone : tzinfo
        The zone of the provider's times.
    writer : MessageWriter
        Where messages go.
    counts : dict
        Gets how many were refused, by reason.
    """

    def __init__(
        self,
        secret: str,
        sources: Sources,
        zone: tzinfo,
        writer: "MessageWriter",
        counts: dict[str, int],
    ) -> None:
        self._path = f"/{secret}"
        self._sources = sources
        self._zone = zone
        self._writer = writer
        self._counts = counts
        self._limiter = SourceLimiter()
        self._read_seconds = READ_SECONDS
        self._reading: set[asyncio.Timeout] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await self._take(Request(scope, receive))
        except _HttpRefusedError as refusal:
            self._counts[refusal.reason] += 1
            answer = PlainTextResponse(f"{refusal}\n", refusal.status, refusal.headers)
        else:
            answer = PlainTextResponse("OK\n")
        await answer(scope, receive, send)

    def hurry(self) -> None:
        """Wait no longer than a second for the rest of any body."""
        self._read_seconds = _LAST_SECONDS
        end = asyncio.get_running_loop().time() + _LAST_SECONDS
        for limit in self._reading:
            if not limit.expired():
                limit.reschedule(end)

    async def _take(self, request: Request) -> None:
        if not is_same(self._path, request.scope["path"]):
            raise _HttpRefusedError("path", HTTPStatus.NOT_FOUND, "nothing here")
        if request.method != "POST":
            raise _HttpRefusedError(
                "method", HTTPStatus.METHOD_NOT_ALLOWED, "POST only", {"allow": "POST"}
            )
        if not {"origin", "sec-fetch-site", "sec-fetch-mode"}.isdisjoint(request.headers):
            raise _HttpRefusedError("source", HTTPStatus.FORBIDDEN, "not for web pages")
        self._check_sender(request)
        body = await self._body(request)
        try:
            messages = read_messages(body, self._zone)
            if not messages:
                self._counts["empty"] += 1
            for message in messages:
                await self._writer.write(message)
        except BadBodyError as problem:
            raise _HttpRefusedError("body", HTTPStatus.BAD_REQUEST, str(problem)) from None
        except LedgerProblem:
            raise _HttpRefusedError(
                "ledger", HTTPStatus.SERVICE_UNAVAILABLE, "not stored, send it again"
            ) from None

    def _check_sender(self, request: Request) -> None:
        peer = request.client.host if request.client else ""
        source = self._sources.find(peer, request.headers.getlist("x-forwarded-for"))
        if source is None:
            raise _HttpRefusedError("source", HTTPStatus.FORBIDDEN, "not from this address")
        if wait := self._limiter.wait(source):
            later = {"retry-after": str(math.ceil(wait))}
            raise _HttpRefusedError("rate", HTTPStatus.TOO_MANY_REQUESTS, "too many", later)

    async def _body(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", 0)) > LONGEST_BODY:
            raise _too_long()
        body = bytearray()
        limit = asyncio.timeout(self._read_seconds)
        self._reading.add(limit)
        try:
            async with limit:
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > LONGEST_BODY:
                        raise _too_long()
        except (TimeoutError, ClientDisconnect):
            raise _HttpRefusedError(
                "unfinished", HTTPStatus.REQUEST_TIMEOUT, "too slow", {"connection": "close"}
            ) from None
        finally:
            self._reading.discard(limit)
        return bytes(body)


class _HttpRefusedError(Exception):
    """A request that is not taken; the message is one short line for the sender."""

    def __init__(
        self, reason: str, status: int, line: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(line)
        self.reason = reason
        self.status = status
        self.headers = headers


def _too_long() -> _HttpRefusedError:
    return _HttpRefusedError(
        "size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LONGEST_BODY} bytes"
    )


class BadBodyError(Exception):
    """A body that is no webhook; the message is one short line for the sender."""


def read_messages(body: bytes, zone: tzinfo) -> list[IncomingMessage]:
    """Read a body: that of an activation, or that of a rent, whose messages stand in ``sms``.

    Parameters
    ----------
    body : bytes
        JSON, whatever its content type claims.
    zone : tzinfo
        The zone of the provider's times.

    Returns
    -------
    list of IncomingMessage
        None where the body says that something came and not what.

    Raises
    ------
    BadBodyError
        If it is no webhook. Nothing of it goes into the message.
    """
    fields = _object(body)
    if "rentId" in fields and "activationId" not in fields:
        ref, sms = _id("rentId", fields["rentId"]), fields.get("sms")
        items = sms if isinstance(sms, list) else [] if sms is None else [sms]
        if not all(isinstance(message, dict) for message in items):
            raise BadBodyError("sms is not a JSON object")
        messages = [_rent_message(ref, message, zone) for message in items]
    else:
        messages = [_message(_id("activationId", fields.get("activationId")), fields, zone)]
    return [message for message in messages if message.code or (message.text or "").strip()]


def _message(ref: str, fields: dict[str, Any], zone: tzinfo) -> IncomingMessage:
    code = (_text(fields, "code") or "").strip() or None
    text = _text(fields, "text")
    _text(fields, "country")
    if not fields.keys() & {"code", "text"}:
        raise BadBodyError("neither code nor text")
    return IncomingMessage(
        ref,
        code=code,
        text=text,
        phone_from=_text(fields, "phoneFrom"),
        service=_text(fields, "service"),
        received_at=_time(fields.get("receivedAt"), zone),
    )


def _rent_message(ref: str, fields: dict[str, Any], zone: tzinfo) -> IncomingMessage:
    """Read a message of a rent; like getRentStatus it has a text and no code."""
    return IncomingMessage(
        ref,
        text=_text(fields, "text") or _text(fields, "code"),
        phone_from=_text(fields, "phoneFrom"),
        service=_text(fields, "service"),
        received_at=_time(fields.get("date"), zone),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = decode_broken(body, json.loads)  # which also takes UTF-16
    except (ValueError, RecursionError):
        raise BadBodyError("not JSON") from None
    if not isinstance(fields, dict):
        raise BadBodyError("not a JSON object")
    return fields


def _id(name: str, value: object) -> str:
    text = str(value) if isinstance(value, int | str) else ""
    if not _ID.fullmatch(text):
        raise BadBodyError(f"{name} is a number of at most 20 digits")
    return text


def _text(fields: dict[str, Any], name: str) -> str | None:
    """Return a text as databases take it: no NULs, and U+FFFD for halves of characters."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "") or None
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


class MessageWriter:
    """Writes messages in a thread of its own, one transaction at a time.

    Whatever comes while one is under way is written together by the next, so that a slow disk
    does not hold up a burst.

    Parameters
    ----------
    store : MessageBook
        Where to.
    provider_of : callable
        Says whose activation an id is.
    counts : dict
        Gets how many were ``stored``, and how many were ``repeats``.
    """

    def __init__(
        self, store: MessageBook, provider_of: Callable[[str], str], counts: dict[str, int]
    ) -> None:
        self._store = store
        self._provider_of = provider_of
        self._counts = counts
        self._thread = ThreadPoolExecutor(1, "sms_notebook-webhooks")
        self._turn = asyncio.Lock()
        self._waiting: list[IncomingMessage] = []
        self._next: asyncio.Task[None] | None = None
        self._is_in_trouble = False

    async def write(self, message: IncomingMessage) -> None:
        """Write a message; it is in the ledger when this returns.

        Raises
        ------
        LedgerProblem
            If the ledger does not take it.
        """
        self._waiting.append(message)
        if self._next is None:
            self._next = asyncio.create_task(self._write_waiting())
        await asyncio.shield(self._next)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def _write_waiting(self) -> None:
        async with self._turn:
            messages, self._waiting, self._next = self._waiting, [], None
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._write, messages)

    def _write(self, messages: Sequence[IncomingMessage]) -> None:
        try:
            self._add(messages)
        except LedgerProblem as problem:
            if not self._is_in_trouble:  # once, not for each try of the provider
                LOG.warning("A webhook was refused, the provider sends it again: %s", problem)
            self._is_in_trouble = True
            raise
        self._is_in_trouble = False

    def _add(self, messages: Sequence[IncomingMessage]) -> None:
        # The ledger takes two that say the same at once for two messages: here it is a repeat.
        distinct: dict[str, dict[object, IncomingMessage]] = {}
        for message in messages:
            key = (message.ref, message.content, message.received_at)
            distinct.setdefault(self._provider_of(message.ref), {}).setdefault(key, message)
        stored = 0
        for provider, some in distinct.items():
            stored += self._store.add(
                provider, list(some.values()), via="webhook", seen_at=datetime.now(UTC)
            )
        self._counts["stored"] += stored
        self._counts["repeats"] += len(messages) - stored
