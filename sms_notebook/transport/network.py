"""The network as seen from above: the key is added here, below httpx's logging and exceptions.

What comes out of these transports, replies and failures alike, has never seen the key: a failure
below is replaced by one of the same kind, without the frames and locals that hold the address.

One deadline bounds an exchange as a whole: connecting, TLS, sending and reading. An HTTP library
bounds each wait by itself, and a server that drips would hold a call for ever.

Connections are kept for reads, and each purchase has a fresh one: nothing that an earlier reply
left behind on a connection can be taken for its answer. A process that was forked opens connections
of its own: shared ones would mix up the replies.
"""

import os
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx

from sms_notebook.forking import GatedLock
from sms_notebook.protocol.replies import TELLING_HEADERS
from sms_notebook.providers.key import KEY_IN_HEADER, ApiKey
from sms_notebook.transport.connecting import HostBackend, OpenStreams, too_late, transports
from sms_notebook.transport.options import (
    ENCODINGS,
    FRESH,
    TOTAL,
    Connection,
    certificates,
    proxy_of,
)
from sms_notebook.transport.redaction import PARTIAL, clean_failure, hide_in_log

LARGEST = 64 * 2**20
"""Bytes of the largest reply that is read."""
LONGEST_TEXT = 2**20
"""Bytes that are looked at of a reply that is no JSON: only lists are longer than a few."""

_KEPT_HEADERS = ("content-type", "retry-after", *TELLING_HEADERS)
_SLICE: Final = 1 << 14  # bytes that are written between two looks at the time
_BLANK = b"\xef\xbb\xbf \t\r\n"
_end: ContextVar[float | None] = ContextVar("end of the exchange", default=None)


@contextmanager
def _deadline(request: httpx.Request) -> Iterator[None]:
    """Bound the exchange of a request that takes place inside: in this thread, or in this task."""
    total = request.extensions.get(TOTAL)
    token = _end.set(None if total is None else time.monotonic() + total)
    try:
        yield
    finally:
        _end.reset(token)


def _left(timeout: float | None, failure: type[Exception]) -> float | None:
    """Return the seconds that a step may take; raise a failure where time is up."""
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise failure("the exchange as a whole took too long")
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than the exchange lasts."""

    def __init__(self, inner: httpcore.NetworkStream, streams: "OpenStreams[_Stream]") -> None:
        self._inner, self._streams = inner, streams
        if not streams.add(self):
            inner.close()
            raise too_late()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            remaining = _left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _SLICE], remaining)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        remaining = _left(timeout, httpcore.ConnectTimeout)
        secure = self._inner.start_tls(ssl_context, server_hostname, remaining)
        return _Stream(secure, self._streams)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Signer:
    """What both transports do besides waiting."""

    def __init__(self, key: ApiKey | None, origin: httpx.URL) -> None:
        self._key = key
        self._origin = (origin.scheme, origin.host, origin.port)
        if key is not None:
            hide_in_log(key)

    def sign(self, request: httpx.Request) -> httpx.Request:
        """Add the key, if the request goes to the provider it belongs to."""
        url = request.url
        if self._key is None or (url.scheme, url.host, url.port) != self._origin:
            return request
        headers = request.headers
        if KEY_IN_HEADER in request.extensions:
            headers = httpx.Headers({**headers, "Authorization": f"ApiKey {self._key.reveal()}"})
        else:
            own = httpx.QueryParams({"api_key": self._key.reveal()})
            query = f"{own}&{url.query.decode('ascii')}" if url.query else str(own)
            url = url.copy_with(query=query.encode("ascii"))
        return httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    def clean_reply(self, response: httpx.Response, body: bytes) -> httpx.Response:
        """Return a reply that holds nothing of the signed request."""
        hide = self._key.hide_in if self._key else str
        headers = {
            # There may be a message in one.
            name.encode(): hide(value).encode("utf-8", "replace")
            for name, value in response.headers.items()
            if name in _KEPT_HEADERS
        }
        if not body[:64].lstrip(_BLANK).startswith((b"{", b"[")):
            body = body[:LONGEST_TEXT]
        content = self._key.hide_in_body(body) if self._key else body
        return httpx.Response(response.status_code, headers=headers, content=content)

    def clean_failure(
        self, failure: BaseException, request: httpx.Request, body: bytes
    ) -> BaseException:
        """Return a failure of the same kind without the frames and texts of the one below."""
        hide = self._key.hide_in if self._key else str
        if body:
            request.extensions[PARTIAL] = self._key.hide_in_body(body) if self._key else body
        return clean_failure(failure, request, hide)


class _BodyCollector:
    """Collects a body within its limits of size and time."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._is_begun = False
        self._unpacking: zlib._Decompress | None = None

    def begin(self, response: httpx.Response) -> None:
        """Look how the body is packed. httpx would not notice that the end of it is missing."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding == ENCODINGS:
            self._unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding not in ("identity", ""):
            raise httpx.DecodingError(f"the reply is packed in a way nobody asked for: {encoding}")

    def add(self, part: bytes) -> None:
        """Take one more part."""
        self._is_begun = True
        if self._unpacking is not None:
            try:
                part = self._unpacking.decompress(part, LARGEST - len(self.body) + 1)
            except zlib.error as error:
                raise httpx.DecodingError(f"the reply is not gzip: {error}") from None
        self.body += part
        if len(self.body) > LARGEST:
            raise httpx.DecodingError(f"the reply is larger than {LARGEST} bytes")
        _left(None, httpx.ReadTimeout)

    def all(self) -> bytes:
        """Return the whole."""
        if self._unpacking is not None and self._is_begun and not self._unpacking.eof:
            raise httpx.DecodingError("the reply is cut short")
        return bytes(self.body)


class KeyedTransport(httpx.BaseTransport):
    """Adds the key on the way out, and lets nothing of it come back.

    Parameters
    ----------
    inner : httpx.BaseTransport
        What really sends.
    key : ApiKey or None
        The key.
    origin : httpx.URL
        The provider: no other address gets the key.
    """

    def __init__(self, inner: httpx.BaseTransport, key: ApiKey | None, origin: httpx.URL) -> None:
        self._inner = inner
        self._signer = _Signer(key, origin)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the key."""
        outcome = self._attempt(request)
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    def _attempt(self, request: httpx.Request) -> httpx.Response | BaseException:
        """Return a clean reply or a clean failure; nothing is raised where the key is a local."""
        collected = _BodyCollector()
        try:
            with _deadline(request):
                response = self._inner.handle_request(self._signer.sign(request))
                try:
                    collected.begin(response)
                    for part in response.iter_raw():
                        collected.add(part)
                finally:
                    response.close()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also an interrupt must not carry the key
            return self._signer.clean_failure(failure, request, bytes(collected.body))

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class AsyncKeyedTransport(httpx.AsyncBaseTransport):
    """The same as `KeyedTransport`, for asyncio."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, key: ApiKey | None, origin: httpx.URL
    ) -> None:
        self._inner = inner
        self._signer = _Signer(key, origin)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the key."""
        outcome = await self._attempt(request)
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    async def _attempt(self, request: httpx.Request) -> httpx.Response | BaseException:
        """Return a clean reply or a clean failure; nothing is raised where the key is a local."""
        collected = _BodyCollector()
        try:
            with _deadline(request):
                response = await self._inner.handle_async_request(self._signer.sign(request))
                try:
                    collected.begin(response)
                    async for part in response.aiter_raw():
                        collected.add(part)
                finally:
                    await response.aclose()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also a cancellation must not carry the key
            return self._signer.clean_failure(failure, request, bytes(collected.body))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Backend(HostBackend):
    """Opens connections for threads."""

    def __init__(self) -> None:
        self.streams: OpenStreams[_Stream] = OpenStreams()

    def connect_tcp(self, host: str, port: int, **options: Any) -> httpcore.NetworkStream:  # type: ignore[override]  # httpcore names them all
        options["timeout"] = _left(options.get("timeout"), httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, **options), self.streams)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """The same as `_Stream`, for asyncio."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, streams: OpenStreams[Any]) -> None:
        self._inner, self._streams = inner, streams

    async def kept(self) -> "_AsyncStream":
        """Return this, unless its client was closed meanwhile."""
        if not self._streams.add(self):
            await self._inner.aclose()
            raise too_late()
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        return await self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        remaining = _left(timeout, httpcore.ConnectTimeout)
        secure = await self._inner.start_tls(ssl_context, server_hostname, remaining)
        return await _AsyncStream(secure, self._streams).kept()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _AsyncBackend(httpcore.AnyIOBackend):
    """Opens connections for event loops."""

    def __init__(self) -> None:
        self.streams: OpenStreams[Any] = OpenStreams()

    async def connect_tcp(  # type: ignore[override]  # httpcore names them all
        self, host: str, port: int, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        options["timeout"] = _left(options.get("timeout"), httpcore.ConnectTimeout)
        stream = await super().connect_tcp(host, port, **options)
        return await _AsyncStream(stream, self.streams).kept()


class Network(httpx.BaseTransport):
    """Sends over the network.

    Parameters
    ----------
    url : httpx.URL
        Where to.
    connection : Connection
        Proxy and certificates.
    """

    def __init__(self, url: httpx.URL, connection: Connection) -> None:
        proxy, verify = proxy_of(url, connection), certificates(url, connection)
        self._options = {"proxy": proxy, "verify": verify}
        self._opening, self._opened = GatedLock(), self._open()

    def _open(self) -> tuple[int, dict[bool, httpx.HTTPTransport], OpenStreams[Any]]:
        backend = _Backend()
        kept, fresh = transports(httpx.HTTPTransport, backend, **self._options)
        return os.getpid(), {False: kept, True: fresh}, backend.streams

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        if os.getpid() != self._opened[0]:  # what is open is the parent's
            with self._opening:
                self._opened = self._open() if os.getpid() != self._opened[0] else self._opened
        return self._opened[1][FRESH in request.extensions].handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for part in (*self._opened[1].values(), *self._opened[2].end()):
            part.close()


class AsyncNetwork(httpx.AsyncBaseTransport):
    """The same for asyncio; made anew for each event loop.

    Parameters
    ----------
    verify : ssl.SSLContext
        What `certificates` returned.
    proxy : str, httpx.Proxy or None
        What `proxy_of` returned.
    """

    def __init__(self, verify: ssl.SSLContext, proxy: str | httpx.Proxy | None) -> None:
        self._backend = _AsyncBackend()
        options = {"verify": verify, "proxy": proxy}
        self._kept, self._fresh = transports(httpx.AsyncHTTPTransport, self._backend, **options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for part in (self._kept, self._fresh, *self._backend.streams.end()):
            await part.aclose()
