"""The gateway: takes a request's parameters and says what goes back, faults included.

Both doors ask here, the server and the transports for httpx, so that a fault is described once.
Clients without a key share the gateway of this process.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx

from sms_notebook.forking import GatedLock
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.sandbox.dialects.dialect import CONTENT_TYPE, in_own_words
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.provider import Sandbox
from sms_notebook.sandbox.webhooks import WebhookSender
from sms_notebook.sandbox.wire import (
    API_PATH,
    Answer,
    Params,
    RefusedError,
    SandboxRequest,
    refused,
    refused_in_json,
)

_PAGE: Final = """<!DOCTYPE html>
<html><head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>nginx</center></body></html>
"""
_JSON_ERRORS: Final = frozenset(
    {
        "getRentNumber",
        "getRentStatus",
        "setRentStatus",
        "getRentList",
        "continueRentNumber",
        "getContinueRentPriceNumber",
        "continueRentInfo",
        "buyPartnerProduct",
    }
)
_ALWAYS_TEXT: Final = frozenset({"BAD_KEY", "BAD_ACTION", "BAD_DATA", "ERROR_SQL"})


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An HTTP reply. A cut one ends before its announced length."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def announced(self) -> int:
        """The content length."""
        return max(len(self.body), 1) if self.cut else len(self.body)

    @property
    def sent(self) -> bytes:
        """The bytes that really go out."""
        return self.body[: len(self.body) // 2] if self.cut else self.body


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection closes without a reply."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back, and after how many real seconds."""

    what: HttpReply | Drop
    delay: float = 0.0


class Gateway:
    """A sandbox behind its faults, with the webhooks it sends.

    Parameters
    ----------
    sandbox : Sandbox
        The provider.
    faults : Faults, optional
        What goes wrong; nothing by default.
    webhook_hosts : sequence of str
        Hosts that webhooks may be posted to, beside this machine and the sandbox's ``webhook_url``.
    """

    def __init__(
        self, sandbox: Sandbox, faults: Faults | None = None, webhook_hosts: Sequence[str] = ()
    ) -> None:
        self.sandbox = sandbox
        self.faults = Faults() if faults is None else faults
        self.webhooks = WebhookSender(sandbox, webhook_hosts)

    def handle(
        self,
        params: Params,
        method: str = "GET",
        path: str = API_PATH,
        headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Answer one request. The action takes effect at once, however late the reply."""
        request = SandboxRequest(params, method, path, headers or {})
        action = request.action
        struck = self.faults.draw(action)
        delay = sum(float(_value(fault, "1")) for fault in struck if fault.name == "latency")
        decider = next((fault for fault in struck if fault.name != "latency"), None)
        if decider is None:
            return Outcome(self._honest(request), delay)
        if decider.takes_effect:
            return Outcome(self._spoil(decider, self._honest(request)), delay)
        if decider.is_code:
            return Outcome(self._reply(self._refusal(decider, action)), delay)
        return Outcome(self._spoil(decider, self._reply(Answer('{"status":"success"}'))), delay)

    def post_webhooks_to(self, url: str | None) -> None:
        """Announce messages there from now on: the settings page of an account."""
        self.sandbox.webhook_url = url
        self.webhooks.notice({})

    def close(self) -> None:
        """Stop sending webhooks."""
        self.webhooks.close()

    def _honest(self, request: SandboxRequest) -> HttpReply:
        answer = self.sandbox.respond(request)
        self.webhooks.notice(request.params)
        return self._reply(answer)

    def _reply(self, answer: Answer) -> HttpReply:
        dialect = self.sandbox.dialect
        content_type = {"content-type": dialect.type_of(answer.text)} if answer.text else {}
        headers = {**content_type, **dialect.headers, **answer.headers}
        return HttpReply(answer.status, answer.text.encode(), headers)

    def _refusal(self, fault: Fault, action: str) -> Answer:
        """Write an error code as the dialect does."""
        dialect = self.sandbox.dialect
        refusal = _refused(fault, self.sandbox.clock.now())
        in_json = action in _JSON_ERRORS and fault.name not in _ALWAYS_TEXT
        if in_json and dialect.refuse is in_own_words:
            return refused_in_json(refusal.code, refusal.info).answer
        return dialect.refuse(action, refusal)

    def _spoil(self, fault: Fault, honest: HttpReply) -> HttpReply | Drop:
        """Turn the honest reply into what the fault makes of it."""
        match fault.kind:
            case "drop":
                return Drop()
            case "cut":
                return replace(honest, cut=True)
            case "html":
                return _page(HTTPStatus.OK, "Just a moment...")
            case "429":
                reply = self._reply(self.sandbox.dialect.too_many)
                return replace(reply, headers={**reply.headers, "retry-after": _value(fault, "1")})
            case status:
                return _page(int(status), _title(int(status)))


def merge_params(query: str, content_type: str, body: bytes) -> dict[str, str]:
    """Put query and form together as the API does: the key is read from the query only.

    Lists, whose names end with ``[]``, become texts with commas.
    """
    params: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        is_more = name.endswith("[]") and name in params
        params[name] = f"{params[name]},{value}" if is_more else value
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        form.pop("api_key", None)
        params.update(form)
    return params


def _page(status: int, title: str) -> HttpReply:
    body = _PAGE.format(title=title).encode()
    return HttpReply(status, body, {"content-type": CONTENT_TYPE})


def _value(fault: Fault, default: str) -> str:
    return default if fault.value is None else str(fault.value)


def _title(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Server Error"


def _refused(fault: Fault, now: datetime) -> RefusedError:
    """Return the refusal that a fault stands for, with the figures that belong to it."""
    match code := fault.name:
        case "MAX_HOURS_EXCEED":
            return refused_in_json(code, {"max": int(_value(fault, "48"))})
        case "BANNED":
            until = f"'{now + timedelta(days=1):%Y-%m-%d %H-%M-%S}'"
            return refused(f"{code}:{_value(fault, until)}")
        case "WRONG_MAX_PRICE":
            return refused(f"{code}:{_value(fault, '0.10')}")
        case _:
            return refused(code)


class SandboxTransport(httpx.BaseTransport):
    """Answers an ``httpx.Client`` from a gateway, whatever the address.

    Parameters
    ----------
    gateway
        The sandbox with its faults; several clients may share one.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as a provider would, failures included."""
        outcome = _ask(self.gateway, request, request.read())
        time.sleep(waited := _wait(outcome, request))
        return _response(outcome, request, waited)


class AsyncSandboxTransport(httpx.AsyncBaseTransport):
    """Answers an ``httpx.AsyncClient`` from a gateway, whatever the address.

    Parameters
    ----------
    gateway
        The sandbox with its faults; several clients may share one.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as a provider would, failures included."""
        outcome = _ask(self.gateway, request, await request.aread())
        await asyncio.sleep(waited := _wait(outcome, request))
        return _response(outcome, request, waited)


class _CutShortStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends too early, and says so as httpx does."""

    def __init__(self, reply: HttpReply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield self._reply.sent
        raise self._failure()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._reply.sent
        raise self._failure()

    def _failure(self) -> httpx.RemoteProtocolError:
        return httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(self._reply.sent)} bytes, expected {self._reply.announced})"
        )


def _ask(gateway: Gateway, request: httpx.Request, body: bytes) -> Outcome:
    form = body if request.method == "POST" else b""
    content_type = request.headers.get("content-type", "")
    params = merge_params(request.url.query.decode("ascii"), content_type, form)
    return gateway.handle(params, request.method, request.url.path, request.headers)


def _wait(outcome: Outcome, request: httpx.Request) -> float:
    """Return how long to wait: until the reply, or as long as the client's patience lasts."""
    patience = request.extensions.get("timeout", {}).get("read")
    return outcome.delay if patience is None else min(outcome.delay, patience)


def _response(outcome: Outcome, request: httpx.Request, waited: float) -> httpx.Response:
    if waited < outcome.delay:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    what = outcome.what
    if isinstance(what, Drop):
        raise httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    headers = {**what.headers, "content-length": str(what.announced)}
    stream = _CutShortStream(what) if what.cut else httpx.ByteStream(what.body)
    return httpx.Response(what.status, headers=headers, stream=stream, request=request)


NEW_YEAR: Final = "2026-01-01"
"""When a rehearsal begins, unless told otherwise."""

_first_use = GatedLock()
_options: dict[str, Any] = {}  # how the embedded sandbox begins
_stand_ins: list[Gateway] = []  # the last one stands for it


def embedded() -> Gateway:
    """Return the gateway that all clients without a key share; it is made on first use."""
    with _first_use:
        return _stand_ins[-1] if _stand_ins else _gateway()


@contextmanager
def stand_in(gateway: Gateway) -> Iterator[None]:
    """Let clients without a key share this gateway while the ``with`` block runs: for tests."""
    _stand_ins.append(gateway)
    try:
        yield
    finally:
        _stand_ins.remove(gateway)


def rehearse(start: str = NEW_YEAR, *, tick: float = 30.0, success: float | None = 1.0) -> None:
    """Let the embedded sandbox repeat itself: the same outputs each time, and no waiting.

    Its clock begins at a fixed time and stands; each look at numbers moves it on, so that a code is
    there when it is first asked for. Call it before the first client is made. Other providers take
    no notice, and a second call with the same arguments changes nothing.

    Parameters
    ----------
    start : str
        The time to begin with, ISO; UTC where it names no zone.
    tick : float
        Seconds that each look moves the clock; with 0 only ``sms.sandbox.step(…)`` does.
    success : float or None
        The share of numbers that get their code; None: as on a real market, see `Sandbox`.

    Raises
    ------
    UsageProblem
        If the embedded sandbox has begun otherwise already.

    Examples
    --------
    >>> from sms_notebook import Client
    >>> rehearse()
    >>> Client().sandbox.clock
    <Clock 2026-01-01 00:00:00 UTC, speed 0>
    """
    options: dict[str, Any]
    with _first_use:
        try:
            begin = datetime.fromisoformat(start)
            options = {"start": begin, "speed": 0, "tick": tick, "success": success}
            Sandbox(**options)
        except (TypeError, ValueError) as problem:
            raise UsageProblem(f"rehearse: {problem}.") from None
        if _gateway.cache_info().currsize and options != _options:
            raise UsageProblem(
                "the sandbox has begun already. Restart the kernel, and call rehearse() before a "
                "client is made."
            )
        _options.update(options)


@cache
def _gateway() -> Gateway:
    return Gateway(Sandbox(**_options))
