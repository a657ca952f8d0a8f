"""The sandbox over HTTP, on this machine: a server that can drop connections when told to."""

import asyncio
import functools
import ipaddress
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sms_notebook.sandbox.app import API_PATH, HANG_UP, make_app
from sms_notebook.sandbox.desk import Desk
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.provider import Sandbox

_START_SECONDS: Final = 10.0
_PATIENCE: Final = 1.0  # seconds for a client to finish its request when the server ends


@contextmanager
def serve(
    sandbox: Sandbox,
    faults: Faults | Iterable[Fault | str] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[str]:
    """Serve a sandbox over HTTP from a thread while the ``with`` block runs.

    Parameters
    ----------
    sandbox
        The provider.
    faults
        What goes wrong: a :class:`Faults`, or a list of faults or of their texts.
    host, port
        Where to listen; port 0 takes a free one.

    Yields
    ------
    str
        The full address of the API.

    Examples
    --------
    >>> import httpx
    >>> with serve(Sandbox()) as url:
    ...     httpx.get(url, params={"action": "getBalance"}).text
    'ACCESS_BALANCE:50.00'
    """
    desk = Desk(sandbox, faults if isinstance(faults, Faults) else Faults(faults))
    listener = listen(host, port)
    server = _Server(desk)
    thread = threading.Thread(
        target=server.run_on, args=(listener,), name="sandbox-server", daemon=True
    )
    thread.start()
    try:
        _await_start(server, thread)
        yield api_url(host, listener)
    finally:
        server.should_exit = True
        desk.close()
        thread.join()
        listener.close()


def run(desk: Desk, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve on the main thread until the process is asked to end.

    ``announce`` is called once a signal to end would be obeyed.
    """
    server = _Server(desk)

    def end(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn sends itself the signal again once it has closed: without a handler of our own that
    # would be a traceback (SIGINT) or a violent end (SIGTERM).
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        announce()
        server.run_on(listener)
    finally:
        desk.close()
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; connections wait in it until the server runs.

    Raises
    ------
    OSError
        The address is not to be had.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there, the option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def api_url(host: str, listener: socket.socket) -> str:
    """Return the full address of the API behind a listening socket."""
    bound, port = listener.getsockname()[:2]
    if ipaddress.ip_address(bound).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{API_PATH}"


class _Server(uvicorn.Server):
    """uvicorn, quiet about addresses (they hold keys) and quick to end."""

    def __init__(self, desk: Desk) -> None:
        app = make_app(desk)
        config = uvicorn.Config(
            app,
            http=_HangingUp,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        super().__init__(config)
        self._closing = app.state.closing

    def run_on(self, listener: socket.socket) -> None:
        """Serve until told to end."""
        # Not uvicorn's own run(): that calls asyncio.run, which nest_asyncio replaces by one that
        # does not know all arguments.
        with asyncio.Runner() as runner:
            runner.run(self.serve([listener]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without waiting for replies late on purpose, and not long for slow clients."""
        self._closing.set()
        asyncio.get_running_loop().call_later(_PATIENCE, self._cut_off)
        await super().shutdown(sockets)

    def _cut_off(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()


class _HangingUp(H11Protocol):
    """HTTP/1.1 where the app may close the connection under a request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = functools.partial(self._offer, self.app)

    async def _offer(self, app: Any, scope: Any, receive: Any, send: Any) -> None:
        extensions = {**scope.get("extensions", {}), HANG_UP: self._hang_up}
        await app({**scope, "extensions": extensions}, receive, send)

    def _hang_up(self) -> None:
        self.transport.close()


def _await_start(server: _Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox's server did not start")
        time.sleep(0.005)
