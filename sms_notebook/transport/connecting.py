"""How a connection is opened, and bounded: the proxy, the certificates, the addresses of a host.

One deadline bounds an exchange as a whole: connecting, TLS, sending and reading. An HTTP library
bounds each wait by itself, so that a server that sends a byte now and then holds a call for ever.
"""

import queue
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

import httpcore
import httpx

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.hosts import is_loopback


def proxy_of(url: httpx.URL) -> str | None:
    """Return the proxy that this machine's settings name for an address; for this machine, none.

    Through a proxy goes what TLS hides from it, and a key in clear only where a person asked for
    plain http: ``allow_http=True``.

    Raises
    ------
    UsageProblem
        If it is of a kind that is not supported.
    """
    if is_loopback(url.host):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or urllib.request.proxy_bypass(url.host):
        return None
    proxy = found if "://" in found else f"http://{found}"
    if not proxy.startswith(("http://", "https://")):
        raise UsageProblem(
            "the proxy that this machine's settings name is none for http: change "
            f"{url.scheme.upper()}_PROXY or ALL_PROXY, or name {url.host} in NO_PROXY."
        )
    return proxy


def certificates(url: httpx.URL) -> ssl.SSLContext | bool:
    """Load certificates, only for https: it takes longer than a call."""
    return httpx.create_ssl_context() if url.scheme == "https" else False


PATIENCE: Final = 3.0
"""An exchange may take this many times the time-out of each of its steps."""

_SLICE: Final = 1 << 14  # bytes that are written between two looks at the time
_end: ContextVar[float | None] = ContextVar("end of the exchange", default=None)

_S = TypeVar("_S")
_T = TypeVar("_T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def opening_with(backend: object, transport: _T) -> _T:
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


@contextmanager
def deadline(request: httpx.Request) -> Iterator[None]:
    """Bound the exchange of a request that takes place inside: in this thread, or in this task."""
    step = request.extensions.get("timeout", {}).get("read")
    token = _end.set(None if step is None else time.monotonic() + PATIENCE * step)
    try:
        yield
    finally:
        _end.reset(token)


def time_left(timeout: float | None, failure: type[Exception]) -> float | None:
    """Return the seconds that a step may take; raise a failure where time is up."""
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise failure("the exchange as a whole took too long")
    return left if timeout is None else min(left, timeout)


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
        self._inner = inner
        self._streams = streams
        if not streams.add(self):
            inner.close()
            raise too_late()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            left = time_left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _SLICE], left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = time_left(timeout, httpcore.ConnectTimeout)
        secure = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Stream(secure, self._streams)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(HostBackend):
    """Opens connections for threads."""

    def __init__(self) -> None:
        self.streams: OpenStreams[_Stream] = OpenStreams()

    def connect_tcp(self, host: str, port: int, **options: Any) -> httpcore.NetworkStream:  # type: ignore[override]  # httpcore names them all
        """Open a connection that is bounded as the exchange is."""
        options["timeout"] = time_left(options.get("timeout"), httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, **options), self.streams)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """The same as `_Stream`, for asyncio."""

    def __init__(
        self, inner: httpcore.AsyncNetworkStream, streams: "OpenStreams[_AsyncStream]"
    ) -> None:
        self._inner = inner
        self._streams = streams

    async def kept(self) -> "_AsyncStream":
        """Return this, unless its client was closed meanwhile."""
        if not self._streams.add(self):
            await self._inner.aclose()
            raise too_late()
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        return await self._inner.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._inner.write(buffer, time_left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        left = time_left(timeout, httpcore.ConnectTimeout)
        secure = await self._inner.start_tls(ssl_context, server_hostname, left)
        return await _AsyncStream(secure, self._streams).kept()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncBackend(httpcore.AnyIOBackend):
    """Opens connections for event loops."""

    def __init__(self) -> None:
        self.streams: OpenStreams[_AsyncStream] = OpenStreams()

    async def connect_tcp(  # type: ignore[override]  # httpcore names them all
        self, host: str, port: int, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection that is bounded as the exchange is."""
        options["timeout"] = time_left(options.get("timeout"), httpcore.ConnectTimeout)
        stream = await super().connect_tcp(host, port, **options)
        return await _AsyncStream(stream, self.streams).kept()
