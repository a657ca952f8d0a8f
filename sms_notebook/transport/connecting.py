"""Sending over the network: connections, the addresses of a host, and what bounds both.

Only this part knows httpcore; it is loaded by the first client that asks over the network.
"""

import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

import httpcore
import httpx

from sms_notebook.transport.network import left
from sms_notebook.transport.options import FRESH, Connection, certificates, proxy_of

_SLICE: Final = 1 << 14  # bytes that are written between two looks at the time

_S = TypeVar("_S")
_T = TypeVar("_T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_NEVER_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=0)


def transports(kind: type[_T], backend: object, **options: Any) -> tuple[_T, _T]:
    """Make what sends over connections that are kept, and what sends over fresh ones.

    Parameters
    ----------
    kind : type
        Of both.
    backend : object
        What opens connections.
    **options
        Of the transports.
    """
    kept, fresh = (kind(limits=limits, **options) for limits in (_KEPT, _NEVER_KEPT))
    return _opening_with(backend, kept), _opening_with(backend, fresh)


def _opening_with(backend: object, transport: _T) -> _T:
    """Let a transport open its connections with a backend; httpx has no argument for that."""
    pool: Any = transport._pool  # noqa: SLF001 - so that all else is as httpx makes it
    if not hasattr(pool, "_network_backend"):
        raise RuntimeError("this version of httpx or httpcore is not known: a call could hang")
    pool._network_backend = backend  # noqa: SLF001 - likewise
    return transport


class OpenStreams(Generic[_S]):
    """The connections of a client that are open, also those that its pool does not close.

    Whoever closes a pool while a call is connecting would leave that connection open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: WeakSet[_S] = WeakSet()
        self._is_closed = False

    def add(self, stream: _S) -> bool:
        """Take one more; False where it came too late and is to be closed."""
        with self._lock:
            if not self._is_closed:
                self._open.add(stream)
            return not self._is_closed

    def end(self) -> list[_S]:
        """Take no more; return those that are to be closed."""
        with self._lock:
            self._is_closed = True
            return list(self._open)


def too_late() -> httpcore.ConnectError:
    """Return the failure of a connection that was opened after its client was closed."""
    return httpcore.ConnectError("the client was closed meanwhile")


class HostBackend(httpcore.SyncBackend):
    """Opens connections within a time that looking up the host and all its addresses share."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers."""
        end = None if timeout is None else time.monotonic() + timeout
        addresses = _addresses(host, port, timeout)
        failure: Exception = httpcore.ConnectError("the host has no address")
        for position, address in enumerate(addresses):
            share = None
            if end is not None:
                share = (end - time.monotonic()) / (len(addresses) - position)
                if share <= 0:
                    raise httpcore.ConnectTimeout("connecting took too long")
            try:
                return super().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                failure = problem
        raise failure


def _addresses(host: str, port: int, timeout: float | None) -> list[str]:
    """Look up the addresses of a host, in a thread: nothing else bounds that."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as failure:
            answers.put(httpcore.ConnectError(str(failure)))

    threading.Thread(target=look_up, name="sms_notebook-names", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise httpcore.ConnectTimeout("looking up the host took too long") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than the exchange lasts."""

    def __init__(self, inner: httpcore.NetworkStream, streams: "OpenStreams[_Stream]") -> None:
        self._inner, self._streams = inner, streams
        if not streams.add(self):
            inner.close()
            raise too_late()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            remaining = left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _SLICE], remaining)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        remaining = left(timeout, httpcore.ConnectTimeout)
        secure = self._inner.start_tls(ssl_context, server_hostname, remaining)
        return _Stream(secure, self._streams)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(HostBackend):
    """Opens connections for threads."""

    def __init__(self) -> None:
        self.streams: OpenStreams[_Stream] = OpenStreams()

    def connect_tcp(self, host: str, port: int, **options: Any) -> httpcore.NetworkStream:  # type: ignore[override]  # httpcore names them all
        options["timeout"] = left(options.get("timeout"), httpcore.ConnectTimeout)
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
        return await self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._inner.write(buffer, left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        remaining = left(timeout, httpcore.ConnectTimeout)
        secure = await self._inner.start_tls(ssl_context, server_hostname, remaining)
        return await _AsyncStream(secure, self._streams).kept()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _AsyncBackend(httpcore.AnyIOBackend):
    """Opens connections for event loops."""

    def __init__(self) -> None:
        self.streams: OpenStreams[_AsyncStream] = OpenStreams()

    async def connect_tcp(  # type: ignore[override]  # httpcore names them all
        self, host: str, port: int, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        options["timeout"] = left(options.get("timeout"), httpcore.ConnectTimeout)
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
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._backend = _Backend()
        self._kept, self._fresh = transports(httpx.HTTPTransport, self._backend, **self._options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        if os.getpid() != self._process:
            self._open()
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return transport.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._kept.close()
        self._fresh.close()
        for stream in self._backend.streams.end():
            stream.close()


class AsyncNetwork(httpx.AsyncBaseTransport):
    """The same for asyncio; made anew for each event loop.

    Parameters
    ----------
    verify : ssl.SSLContext or bool
        What `certificates` returned.
    proxy : str, httpx.Proxy or None
        What `proxy_of` returned.
    """

    def __init__(self, verify: ssl.SSLContext | bool, proxy: str | httpx.Proxy | None) -> None:
        self._backend = _AsyncBackend()
        options = {"verify": verify, "proxy": proxy}
        self._kept, self._fresh = transports(httpx.AsyncHTTPTransport, self._backend, **options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()
        for stream in self._backend.streams.end():
            await stream.aclose()
