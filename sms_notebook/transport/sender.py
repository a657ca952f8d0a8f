"""Sending a request and taking its reply; and how many are sent in a second."""

import email.utils
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Callable
from copy import copy
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

import httpx
import msgspec

from sms_notebook.forking import GatedLock
from sms_notebook.protocol.errors import (
    ConnectionFailed,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.replies import SHOWN_HEADERS, TELLING_HEADERS, Reply
from sms_notebook.protocol.steps import ProviderRequest
from sms_notebook.providers.key import KEY_IN_HEADER, ApiKey
from sms_notebook.transport.options import (
    ENCODINGS,
    FRESH,
    USUAL,
    Connection,
    Timeouts,
    certificates,
    proxy_of,
    user_agent,
)
from sms_notebook.transport.redaction import no_answer

RECEIVED_AT = "received_at"
"""The extension of a response that has its time with it: one that was recorded."""

Wrap = Callable[[Callable[[], httpx.BaseTransport]], httpx.BaseTransport]
AsyncWrap = Callable[[Callable[[], httpx.AsyncBaseTransport]], httpx.AsyncBaseTransport]

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_HEADERS = (*TELLING_HEADERS, *SHOWN_HEADERS)
_LONGEST_WAIT = 10.0**9  # seconds; whoever says more does not mean it


class Target(msgspec.Struct, frozen=True):
    """Where questions go.

    Attributes
    ----------
    provider : str
        Its name.
    url : str
        Its address, without a query.
    method : str
        ``GET``, or ``POST`` for the parameters in a form; key and action stay in the query.
    hint : str
        What to say where it does not answer.
    """

    provider: str
    url: str
    method: str = "GET"
    hint: str = ""


class _Envelope:
    """What both senders do besides waiting."""

    def __init__(self, target: Target, timeouts: Timeouts) -> None:
        self._target = target
        self._origin = str(httpx.URL(target.url).copy_with(raw_path=b"")).rstrip("/")
        self._extensions = timeouts.extensions
        self.headers = {"User-Agent": user_agent(), "Accept-Encoding": ENCODINGS}

    def within(self, timeouts: Timeouts) -> Self:
        """Return the same with other time-outs."""
        other = copy(self)
        other._extensions = timeouts.extensions  # noqa: SLF001 - a copy of this
        return other

    def request(self, question: ProviderRequest, headers: httpx.Headers) -> httpx.Request:
        """Return the request; made here, it costs half of what a client makes of arguments."""
        method = question.method or ("GET" if question.path else self._target.method)
        is_post = method == "POST"
        named = {} if question.path else {"action": question.action}
        query = urlencode({**named, **({} if is_post else question.params)})
        flags = {FRESH: question.on_fresh_connection, KEY_IN_HEADER: bool(question.path)}
        url = f"{self._origin}{question.path}" if question.path else self._target.url
        return httpx.Request(
            method,
            _address(f"{url}?{query}"),
            headers=headers,
            data=dict(question.params) if is_post else None,
            extensions=self._extensions | {name: True for name, is_set in flags.items() if is_set},
        )

    def closed(self) -> UsageProblem:
        """Say that nothing is sent any more."""
        provider = self._target.provider
        return UsageProblem("this client is closed. Make a new one.", provider=provider)

    def failure(self, error: Exception, question: ProviderRequest) -> ConnectionFailed:
        """Say in one line that the provider did not answer."""
        target = self._target
        return no_answer(error, question.action, target.provider, target.hint)


_address = lru_cache(maxsize=64)(httpx.URL)
"""Reads an address: what waits asks for the same one again and again."""


def question_of(request: httpx.Request) -> ProviderRequest:
    """Return the question that a request carries, as it was put before the key was added."""
    params = dict(request.url.params)
    if request.method == "POST":
        params |= httpx.QueryParams(request.content)
    path = request.url.path if KEY_IN_HEADER in request.extensions else ""
    action = path or params.pop("action", "")
    return ProviderRequest(action, params, FRESH in request.extensions, path=path)


def reply_of(response: httpx.Response) -> Reply:
    """Return what came."""
    headers = {name: value for name, value in response.headers.items() if name in _HEADERS}
    return Reply(
        response.status_code,
        response.content,
        _seconds(headers.get("retry-after")),
        response.extensions.get(RECEIVED_AT),
        headers,
    )


def _seconds(text: str | None) -> float | None:
    """Read Retry-After: seconds, or a date."""
    if not text:
        return None
    if text.strip().replace(".", "", 1).isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class _NoCookies(httpx.Cookies):
    """Keeps none: no ``Set-Cookie`` passes what adds the key, and to look for one takes long."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Do nothing."""


_NO_COOKIES = _NoCookies()
_cookies = property(lambda _client: _NO_COOKIES)


class _HttpClient(httpx.Client):
    cookies = _cookies


class _AsyncHttpClient(httpx.AsyncClient):
    cookies = _cookies


class Sender:
    """Sends questions with an ``httpx.Client``; safe to use from several threads.

    Parameters
    ----------
    target : Target
        Where they go.
    key : ApiKey or None
        The key; goes to the target only.
    timeouts : Timeouts
        Seconds for each step: connecting, sending, each wait for a part of the reply; and for the
        exchange as a whole, from looking up the name to the last byte.
    connection : Connection
        Proxy and certificates.
    inner : httpx.BaseTransport, optional
        What really sends, in place of the network.
    wrap : callable, optional
        Makes the transport above the key of what makes the usual one: a cassette's.
    """

    def __init__(
        self,
        target: Target,
        key: ApiKey | None,
        timeouts: Timeouts,
        connection: Connection = USUAL,
        *,
        inner: httpx.BaseTransport | None = None,
        wrap: Wrap | None = None,
    ) -> None:
        url = httpx.URL(target.url)
        self._envelope = _Envelope(target, timeouts)

        def keyed() -> httpx.BaseTransport:
            from sms_notebook.transport import network  # noqa: PLC0415 - loads httpcore

            return network.KeyedTransport(inner or network.Network(url, connection), key, url)

        transport = keyed() if wrap is None else wrap(keyed)
        call = self._call = threading.local()
        hooks = {"request": [lambda _request: setattr(call, "is_begun", True)]}
        headers = self._envelope.headers
        self._client = _HttpClient(transport=transport, headers=headers, event_hooks=hooks)

    def within(self, timeouts: Timeouts) -> Self:
        """Return what sends over the same connections, with other time-outs."""
        other = copy(self)
        other._envelope = self._envelope.within(timeouts)  # noqa: SLF001 - a copy of this
        return other

    def send(self, question: ProviderRequest) -> Reply:
        """Send one question, once.

        Raises
        ------
        ConnectionFailed
            If no reply came; ``.sent`` tells whether the question may have arrived.
        UsageProblem
            If this was closed, perhaps by another thread in the middle of a call.
        """
        failure: SmsError
        self._call.is_begun = False
        try:
            return reply_of(
                self._client.send(self._envelope.request(question, self._client.headers))
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._envelope.failure(error, question)
        except RuntimeError:  # httpx refuses what comes after its end, before any of it is sent
            if not self._client.is_closed or self._call.is_begun:
                raise
            failure = self._envelope.closed()
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class AsyncSender:
    """Sends questions with an ``httpx.AsyncClient``, one for each event loop that uses it.

    Takes what `Sender` takes; ``inner`` is called for each loop's transport.
    """

    def __init__(
        self,
        target: Target,
        key: ApiKey | None,
        timeouts: Timeouts,
        connection: Connection = USUAL,
        *,
        inner: Callable[[], httpx.AsyncBaseTransport] | None = None,
        wrap: AsyncWrap | None = None,
    ) -> None:
        self._url = httpx.URL(target.url)
        self._envelope = _Envelope(target, timeouts)
        self._connection = connection
        self._key = key
        self._inner = inner or self._network
        self._wrap = wrap
        self._verify: ssl.SSLContext | None = None
        if inner is None and wrap is None:
            proxy_of(self._url, connection)  # one that cannot be used is said at once
        self._closed = False
        self._clients: dict[AbstractEventLoop, httpx.AsyncClient] = {}
        self._guards: dict[AbstractEventLoop, AsyncGenerator[None, None]] = {}

    def _network(self) -> httpx.AsyncBaseTransport:
        from sms_notebook.transport.network import AsyncNetwork  # noqa: PLC0415 - loads httpcore

        if self._verify is None:
            self._verify = certificates(self._url, self._connection)
        return AsyncNetwork(self._verify, proxy_of(self._url, self._connection))

    def within(self, timeouts: Timeouts) -> Self:
        """Return what sends over the same connections, with other time-outs."""
        other = copy(self)
        other._envelope = self._envelope.within(timeouts)  # noqa: SLF001 - a copy of this
        return other

    def _keyed(self) -> httpx.AsyncBaseTransport:
        from sms_notebook.transport.network import (  # noqa: PLC0415 - likewise
            AsyncKeyedTransport,
        )

        return AsyncKeyedTransport(self._inner(), self._key, self._url)

    async def _client(self) -> httpx.AsyncClient:
        """Return the client of the running loop; connections do not outlive their loop."""
        from asyncio import get_running_loop  # noqa: PLC0415 - loads slowly, and there is one here

        loop = get_running_loop()
        if self._closed:
            raise self._envelope.closed()
        client = self._clients.get(loop)
        if client is None:
            for other in [other for other in self._clients if other.is_closed()]:
                self._forget(other)
            client = self._clients[loop] = _AsyncHttpClient(
                transport=self._keyed() if self._wrap is None else self._wrap(self._keyed),
                headers=self._envelope.headers,
            )
            guard = self._guards[loop] = self._until_the_end_of(loop, client)
            await anext(guard)
        return client

    async def _until_the_end_of(
        self, loop: "AbstractEventLoop", client: httpx.AsyncClient
    ) -> AsyncGenerator[None, None]:
        """Close a client when its loop ends: asyncio.run() finishes all generators begun in it."""
        try:
            yield
        finally:
            self._forget(loop)
            await client.aclose()

    def _forget(self, loop: "AbstractEventLoop") -> None:
        self._clients.pop(loop, None)
        self._guards.pop(loop, None)

    async def send(self, question: ProviderRequest) -> Reply:
        """Send one question, once.

        Raises
        ------
        ConnectionFailed
            If no reply came; ``.sent`` tells whether the question may have arrived.
        UsageProblem
            If this was closed.
        """
        failure: SmsError
        client = await self._client()
        try:
            return reply_of(await client.send(self._envelope.request(question, client.headers)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._envelope.failure(error, question)
        raise failure

    async def close(self) -> None:
        """Close the connections of the running loop, and send nothing more."""
        from asyncio import get_running_loop  # noqa: PLC0415 - likewise

        self._closed = True
        guard = self._guards.get(get_running_loop())
        if guard is not None:
            await guard.aclose()


class RateLimiter:
    """Spreads requests over time.

    Parameters
    ----------
    rate : float or None
        Requests a second; None for no limit.
    now : callable
        The clock, in seconds.

    Examples
    --------
    >>> limiter = RateLimiter(10, now=lambda: 100.0)
    >>> [limiter.reserve() for _ in range(3)]
    [0.0, 0.1, 0.2]
    """

    def __init__(self, rate: float | None, now: Callable[[], float] = time.monotonic) -> None:
        self._step = 1 / rate if rate else 0.0
        self._now = now
        self._next = 0.0
        self._lock = GatedLock()

    def reserve(self) -> float:
        """Take the next free moment; return the seconds until then."""
        if not self._step:
            return 0.0
        with self._lock:
            now = self._now()
            moment = max(now, self._next)
            self._next = moment + self._step
        return round(moment - now, 6)
