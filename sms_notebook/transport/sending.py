"""Sending one question and taking its reply; failures become errors a person understands."""

import asyncio
import email.utils
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from sms_notebook.protocol.errors import ConnectionFailed, SmsError, UsageProblem
from sms_notebook.protocol.replies import Reply
from sms_notebook.transport.key import ApiKey
from sms_notebook.transport.keyed import ENCODINGS, AsyncKeyedTransport, KeyedTransport
from sms_notebook.transport.network import FRESH, AsyncNetwork, Network, certificates, proxy_of

_HEADERS = {"User-Agent": "sms_notebook", "Accept-Encoding": ENCODINGS}
_LONGEST_WAIT = 10.0**9  # seconds; whoever says more does not mean it
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Target:
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


@dataclass(frozen=True, slots=True)
class Question:
    """An action and its parameters, in the provider's own spelling.

    ``on_fresh_connection`` is for purchases: nothing that an earlier reply left behind on a
    connection can be taken for their answer. ``of`` is the API's name of the action.
    """

    action: str
    params: Mapping[str, str]
    on_fresh_connection: bool = False
    of: str = ""


class _Envelope:
    """What both senders do besides waiting."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def request(self, question: Question) -> dict[str, Any]:
        """Return the arguments of httpx's ``request``."""
        target, query = self._target, {"action": question.action}
        arguments: dict[str, Any] = {"method": target.method, "url": target.url}
        if question.on_fresh_connection:
            arguments["extensions"] = {FRESH: True}
        if target.method == "POST":
            return {**arguments, "params": query, "data": dict(question.params)}
        return {**arguments, "params": {**query, **question.params}}

    def closed(self) -> UsageProblem:
        """Say that nothing is sent any more."""
        return UsageProblem(
            "this client is closed. Make a new one.", provider=self._target.provider
        )

    def failure(self, error: Exception, question: Question) -> SmsError:
        """Say in one line that the provider did not answer."""
        what = _WORDS.get(type(error), str(error).strip() or type(error).__name__)
        sent = not isinstance(error, _NEVER_SENT)
        failed = ConnectionFailed(
            f"{question.action} at {self._target.provider}: no answer: {what}. "
            f"{self._target.hint or 'Check the network and the address, then try again.'}",
            action=question.action,
            provider=self._target.provider,
        )
        failed.sent = sent
        return failed


_WORDS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "connecting took too long",
    httpx.ReadTimeout: "it took too long",
    httpx.WriteTimeout: "sending took too long",
    httpx.PoolTimeout: "too many calls at once",
    httpx.RemoteProtocolError: "the connection broke off before the reply was complete",
    httpx.ReadError: "the connection broke off before the reply was complete",
}


def is_address(url: str) -> bool:
    """Tell whether something can be sent there."""
    try:
        return bool(httpx.URL(url).host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def reply_of(response: httpx.Response) -> Reply:
    """Return what came."""
    return Reply(
        response.status_code, response.content, _seconds(response.headers.get("retry-after"))
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


class Sender:
    """Sends questions with an ``httpx.Client``; safe to use from several threads.

    Parameters
    ----------
    target : Target
        Where they go.
    key : ApiKey or None
        The key; goes to the target only.
    timeout : float
        Seconds for each step: connecting, sending, each wait for a part of the reply.
    inner : httpx.BaseTransport, optional
        What really sends, in place of the network.
    """

    def __init__(
        self,
        target: Target,
        key: ApiKey | None,
        timeout: float,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        url = httpx.URL(target.url)
        self._envelope = _Envelope(target)
        network = inner or Network(url)
        self._client = httpx.Client(
            transport=KeyedTransport(network, key, url),
            timeout=timeout,
            headers=_HEADERS,
        )

    def send(self, question: Question) -> Reply:
        """Send one question, once.

        Raises
        ------
        ConnectionFailed
            If no reply came; ``.sent`` tells whether the question may have arrived.
        UsageProblem
            If this was closed, perhaps by another thread in the middle of a call.
        """
        failure: SmsError
        if self._client.is_closed:
            raise self._envelope.closed()
        try:
            return reply_of(self._client.request(**self._envelope.request(question)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._envelope.failure(error, question)
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
        timeout: float,
        inner: Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._url = httpx.URL(target.url)
        self._envelope = _Envelope(target)
        self._key = key
        self._timeout = timeout
        self._inner = inner or self._network
        self._verify: ssl.SSLContext | bool | None = None
        self._proxy = proxy_of(self._url) if inner is None else None
        self._closed = False
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        self._guards: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}

    def _network(self) -> httpx.AsyncBaseTransport:
        if self._verify is None:
            self._verify = certificates(self._url)
        return AsyncNetwork(self._verify, self._proxy)

    async def _client(self) -> httpx.AsyncClient:
        """Return the client of the running loop; connections do not outlive their loop."""
        loop = asyncio.get_running_loop()
        if self._closed:
            raise self._envelope.closed()
        client = self._clients.get(loop)
        if client is None:
            for other in [other for other in self._clients if other.is_closed()]:
                self._forget(other)
            client = self._clients[loop] = httpx.AsyncClient(
                transport=AsyncKeyedTransport(self._inner(), self._key, self._url),
                timeout=self._timeout,
                headers=_HEADERS,
            )
            guard = self._guards[loop] = self._until_the_end_of(loop, client)
            await anext(guard)
        return client

    async def _until_the_end_of(
        self, loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient
    ) -> AsyncGenerator[None, None]:
        """Close a client when its loop ends: asyncio.run() finishes all generators begun in it."""
        try:
            yield
        finally:
            self._forget(loop)
            await client.aclose()

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        self._clients.pop(loop, None)
        self._guards.pop(loop, None)

    async def send(self, question: Question) -> Reply:
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
            return reply_of(await client.request(**self._envelope.request(question)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._envelope.failure(error, question)
        raise failure

    async def close(self) -> None:
        """Close the connections of the running loop, and send nothing more."""
        self._closed = True
        guard = self._guards.get(asyncio.get_running_loop())
        if guard is not None:
            await guard.aclose()
