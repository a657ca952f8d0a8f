"""The receiver as an ASGI app: one secret path that takes webhooks."""

import asyncio
import math
from collections.abc import Mapping
from datetime import tzinfo
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.watching.webhooks.reading import BadBodyError, read_arrival
from sms_notebook.watching.webhooks.rules import Pace, Sources, is_same
from sms_notebook.watching.webhooks.storing import Writer

LONGEST_BODY: Final = 1 << 16
READ_SECONDS: Final = 10.0
"""For a whole body, however it drips."""
_LAST_SECONDS: Final = 1.0  # the same once the receiver stops


class App:
    """Takes webhooks, and answers 200 when they are stored.

    Parameters
    ----------
    secret : str
        The path.
    sources : Sources
        Who may post.
    zone : tzinfo
        The zone of the provider's times.
    writer : Writer
        Where arrivals go.
    counts : dict
        Gets how many were refused, by reason.
    """

    def __init__(
        self, secret: str, sources: Sources, zone: tzinfo, writer: Writer, counts: dict[str, int]
    ) -> None:
        self._path = f"/{secret}"
        self._sources = sources
        self._zone = zone
        self._writer = writer
        self._counts = counts
        self._pace = Pace()
        self._patience = READ_SECONDS
        self._reading: set[asyncio.Timeout] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await self._take(Request(scope, receive))
        except _RefusedError as refusal:
            self._counts[refusal.reason] += 1
            answer = PlainTextResponse(f"{refusal}\n", refusal.status, refusal.headers)
        else:
            answer = PlainTextResponse("OK\n")
        await answer(scope, receive, send)

    def hurry(self) -> None:
        """Wait no longer than a second for the rest of any body."""
        self._patience = _LAST_SECONDS
        end = asyncio.get_running_loop().time() + _LAST_SECONDS
        for limit in self._reading:
            if not limit.expired():
                limit.reschedule(end)

    async def _take(self, request: Request) -> None:
        if not is_same(self._path, request.scope["path"]):
            raise _RefusedError("path", HTTPStatus.NOT_FOUND, "nothing here")
        if request.method != "POST":
            raise _RefusedError(
                "method", HTTPStatus.METHOD_NOT_ALLOWED, "POST only", {"allow": "POST"}
            )
        self._check_sender(request)
        body = await self._body(request)
        try:
            await self._writer.write(read_arrival(body, self._zone))
        except BadBodyError as problem:
            raise _RefusedError("body", HTTPStatus.BAD_REQUEST, str(problem)) from None
        except LedgerProblem:
            raise _RefusedError(
                "ledger", HTTPStatus.SERVICE_UNAVAILABLE, "not stored, send it again"
            ) from None

    def _check_sender(self, request: Request) -> None:
        peer = request.client.host if request.client else ""
        source = self._sources.find(peer, request.headers.getlist("x-forwarded-for"))
        if source is None:
            raise _RefusedError("source", HTTPStatus.FORBIDDEN, "not from this address")
        if wait := self._pace.wait(source):
            later = {"retry-after": str(math.ceil(wait))}
            raise _RefusedError("rate", HTTPStatus.TOO_MANY_REQUESTS, "too many", later)

    async def _body(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", 0)) > LONGEST_BODY:
            raise _too_long()
        body = bytearray()
        limit = asyncio.timeout(self._patience)
        self._reading.add(limit)
        try:
            async with limit:
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > LONGEST_BODY:
                        raise _too_long()
        except (TimeoutError, ClientDisconnect):
            raise _RefusedError(
                "unfinished", HTTPStatus.REQUEST_TIMEOUT, "too slow", {"connection": "close"}
            ) from None
        finally:
            self._reading.discard(limit)
        return bytes(body)


class _RefusedError(Exception):
    """A request that is not taken; the message is one short line for the sender."""

    def __init__(
        self, reason: str, status: int, line: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(line)
        self.reason = reason
        self.status = status
        self.headers = headers


def _too_long() -> _RefusedError:
    return _RefusedError(
        "size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LONGEST_BODY} bytes"
    )
