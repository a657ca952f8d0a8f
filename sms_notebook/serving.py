"""One way to serve an ASGI app over HTTP: for the sandbox and for the webhook receiver."""

import asyncio
import functools
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sms_notebook.protocol.hosts import bare, is_address, is_loopback

HANG_UP: Final = "sms_notebook.hang_up"
"""The ASGI extension by which this server lets the app close the connection."""

IDLE_SECONDS: Final = 10.0
"""For the next request to begin, and for the rest of a body that was refused."""


class HttpServer(uvicorn.Server):
    """uvicorn for one app; silent, because addresses hold keys and secrets.

    Parameters
    ----------
    app : ASGI app
        What answers.
    hurry : callable
        Called on the event loop once the server is to end: the app answers what is there.
    cut_off_after : float, optional
        Seconds after which connections that are still busy are closed then; never if not given.

    Attributes
    ----------
    ready : threading.Event
        Set once it serves, or has ended: see ``started``.
    """

    def __init__(
        self, app: ASGIApp, hurry: Callable[[], None], cut_off_after: float | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            http=_HttpConnection,
            ws="none",
            loop="asyncio",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="error",
            proxy_headers=False,
            server_header=False,
        )
        super().__init__(config)
        self.ready = threading.Event()
        self._hurry = hurry
        self._cut_off_after = cut_off_after

    def run_on(self, listener: socket.socket) -> None:
        """Serve on this thread until told to end."""
        # Not uvicorn's own run(): that calls asyncio.run, which nest_asyncio replaces by one that
        # does not know all arguments.
        try:
            with asyncio.Runner() as runner:
                runner.run(self.serve([listener]))
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, after what has arrived is answered."""
        self._hurry()
        if self._cut_off_after is not None:
            asyncio.get_running_loop().call_later(self._cut_off_after, self._cut_off)
        await super().shutdown(sockets)

    def _cut_off(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()


class _HttpConnection(H11Protocol):
    """HTTP/1.1 that ends when no request begins in time, or when the app wants it to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Even where others in this process have uvicorn log theirs. uvicorn's own setting would
        # end the log of those too.
        self.access_log = False
        self.app = functools.partial(self._offer_to_hang_up, self.app)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        """Begin a connection."""
        super().connection_made(transport)
        self._expect_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        super().connection_lost(exc)
        self._cancel_the_deadline()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._expect_a_request()
        super().on_response_complete()

    async def _offer_to_hang_up(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        extensions = {**scope.get("extensions", {}), HANG_UP: self._hang_up}
        await app({**scope, "extensions": extensions}, receive, send)

    def _hang_up(self) -> None:
        self.transport.close()

    def _expect_a_request(self) -> None:
        self._cancel_the_deadline()
        self._deadline = self.loop.call_later(IDLE_SECONDS, self._close_unless_new, self.cycle)

    def _cancel_the_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _close_unless_new(self, last: object) -> None:
        if self.cycle is last:
            self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; connections wait in it until the server runs.

    Raises
    ------
    OSError, ValueError
        The address is not to be had.
    """
    # Not socket.create_server: that leaves the protocol open, and asyncio then lets each answer
    # wait 40 ms for more to send along.
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # With a port of its own choice Linux may give one of two that bind at once the port of the
        # other, and on Windows two servers would share theirs.
        if port and sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::" and socket.has_dualstack_ipv6():
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def origin(host: str, listener: socket.socket) -> str:
    """Return the beginning of the URLs behind a listening socket."""
    bound, port = listener.getsockname()[:2]
    if ip_address(bound).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class OriginGuard:
    """Tells who may ask a local server: programs, and no web page of somebody else.

    A page can have its own name lead to this machine, and a browser sends its requests on; but a
    browser says which name was asked for, and whose page asked.

    Parameters
    ----------
    hosts : sequence of str
        Names by which the server may be asked, beside those of this machine itself; pages of these
        names may ask it too.
    bound : str
        Where it listens: a name of it as well.
    is_open : bool
        Whether others than this machine may connect: then any address in digits is a name of it.
    """

    def __init__(
        self, hosts: Iterable[str] = (), *, bound: str = "", is_open: bool = False
    ) -> None:
        self._hosts = frozenset(bare(host) for host in hosts)
        self._bound = bare(bound)
        self._is_open = is_open

    def why_not(self, scope: Scope, *, is_local: bool = False) -> str | None:
        """Return why a request is refused; None where it is not.

        Parameters
        ----------
        scope : ASGI scope
            Of the request.
        is_local : bool
            Whether only this machine may ask for this.
        """
        what = "the control" if is_local else "this server"
        client, headers = scope.get("client"), Headers(scope=scope)
        if is_local and not is_loopback(client[0] if client else ""):
            return f"{what} is for this machine only"
        host = headers.get("host", "")
        if not self._is_ours(_host_of(f"//{host}"), is_local=is_local):
            return f"{what} is asked as 127.0.0.1, localhost or [::1] only"
        own = f"{scope['scheme']}://{host}".lower()
        for page in (headers.get("origin"), headers.get("referer")):
            if page is not None and not self._is_own_page(page, own):
                return f"{what} is not for web pages"
        if headers.get("sec-fetch-site", "none").strip().lower() not in ("none", "same-origin"):
            return f"{what} is not for web pages"
        return None

    def _is_ours(self, name: str | None, *, is_local: bool) -> bool:
        if name is None:
            return False
        if name in self._hosts or name == self._bound or is_loopback(name):
            return True
        return self._is_open and not is_local and is_address(name)

    def _is_own_page(self, page: str, own: str) -> bool:
        name = _host_of(page)
        return page.lower() == own or page.lower().startswith(f"{own}/") or name in self._hosts


def _host_of(url: str) -> str | None:
    """Return the name in an address; None where there is none, or a user before it."""
    try:
        parts = urlsplit(url)
        return None if "@" in parts.netloc or not parts.hostname else bare(parts.hostname)
    except ValueError:
        return None
