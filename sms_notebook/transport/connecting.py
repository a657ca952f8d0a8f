"""How a connection is opened: the addresses of a host, and what is open."""

import queue
import socket
import threading
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Generic, TypeVar
from weakref import WeakSet

import httpcore
import httpx

_S = TypeVar("_S")
_T = TypeVar("_T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


_KEEP_ALIVE = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_NO_KEEP_ALIVE = httpx.Limits(max_connections=100, max_keepalive_connections=0)


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
    kept, fresh = (kind(limits=limits, **options) for limits in (_KEEP_ALIVE, _NO_KEEP_ALIVE))
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
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(address[0]) for *_, address in addresses])
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
