"""The sandbox over HTTP: the provider's one address, and a small control for people."""

import asyncio
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sms_notebook.protocol.hosts import is_loopback
from sms_notebook.sandbox.dialects.dialect import REST_PATH, Dialect
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.gateway import Drop, Gateway, HttpReply, merge_params
from sms_notebook.sandbox.provider import Sandbox
from sms_notebook.sandbox.simulation import FASTEST
from sms_notebook.sandbox.wire import API_PATH
from sms_notebook.serving import HANG_UP, HttpServer, OriginGuard, listen, origin

CONTROL: Final = "/sandbox/"
"""Where the paths of the control begin."""

_LONGEST_FORM: Final = 1 << 16
_LONGEST_STEP: Final = 366 * 24 * 60 * 60
_WELCOME: Final = """\
This is the sandbox of sms_notebook: a provider of virtual numbers where no real money is spent.
The API answers at {path}, with {methods}, as the protocol describes it.
The control, for this machine only: /sandbox/state, purchases, step, speed, faults, sms.
"""


def make_app(gateway: Gateway, guard: OriginGuard | None = None) -> Starlette:
    """Build the app around a gateway; without a guard, it is asked as this machine only.

    ``app.state.closing`` is an event; once set, replies that are still late go out at once.
    """
    app = Starlette(
        routes=[
            Route("/", _welcome),
            *_api_routes(gateway.sandbox.dialect),
            Route(CONTROL + "state", _state),
            Route(CONTROL + "purchases", _purchases),
            *(Route(CONTROL + name, _changing(act), methods=["POST"]) for name, act in _CHANGES),
        ],
        middleware=[Middleware(_AccessGuard, guard=guard or OriginGuard())],
        exception_handlers={ClientDisconnect: _client_left},
    )
    app.state.gateway = gateway
    app.state.closing = asyncio.Event()
    return app


def _api_routes(dialect: Dialect) -> list[Route]:
    """Return where a dialect answers: at its provider's own path, and at the usual one."""
    paths = dict.fromkeys((API_PATH, dialect.path))
    if dialect.rest is not None:
        paths[REST_PATH + "{rest:path}"] = None
    return [Route(path, _api, methods=["GET", "POST"]) for path in paths]


class _AccessGuard:
    """Lets no web page in, and nobody but this machine to the control."""

    def __init__(self, app: ASGIApp, guard: OriginGuard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            is_control = scope["path"].startswith(CONTROL)
            if why := self._guard.why_not(scope, is_local=is_control):
                app = JSONResponse({"error": why}, 403)
            elif scope["method"] == "HEAD":
                # A purchase whose answer nobody can read helps nobody.
                app = PlainTextResponse("", 405)
        await app(scope, receive, send)


class _CutShortResponse(Response):
    """Announces more than it sends, then closes the connection."""

    def __init__(self, reply: HttpReply) -> None:
        headers = {**reply.headers, "content-length": str(reply.announced)}
        super().__init__(reply.sent, reply.status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await _hang_up(scope, receive)


class _DroppedResponse(Response):
    """Closes the connection without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        await _hang_up(scope, receive)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    close = scope.get("extensions", {}).get(HANG_UP)
    if close is None:
        raise RuntimeError("this server cannot drop a connection; use sms_notebook.sandbox.serve")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _welcome(request: Request) -> Response:
    dialect = _gateway(request).sandbox.dialect
    methods = "GET and POST" if dialect.takes_post else "GET"
    return PlainTextResponse(_WELCOME.format(path=dialect.path, methods=methods))


async def _api(request: Request) -> Response:
    form = await _short_body(request) if request.method == "POST" else b""
    if form is None:
        return PlainTextResponse("", 413)
    content_type = request.headers.get("content-type", "")
    query = request.scope["query_string"].decode("latin-1")
    outcome = _gateway(request).handle(
        merge_params(query, content_type, form), request.method, request.url.path, request.headers
    )
    if outcome.delay:
        with suppress(TimeoutError):
            await asyncio.wait_for(request.app.state.closing.wait(), outcome.delay)
    match outcome.what:
        case Drop():
            return _DroppedResponse()
        case HttpReply(cut=True) as reply:
            return _CutShortResponse(reply)
        case reply:
            return Response(reply.body, reply.status, reply.headers)


async def _short_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            return None
    return bytes(body)


async def _state(request: Request) -> Response:
    return JSONResponse(_snapshot(_gateway(request)))


async def _purchases(request: Request) -> Response:
    rows = [
        {
            **asdict(payment),
            "cost": str(payment.cost),
            "at": payment.at.isoformat(),
            "refunded": str(payment.refunded),
        }
        for payment in _gateway(request).sandbox.purchases()
    ]
    return JSONResponse(rows)


def _changing(act: "_ControlChange") -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that changes something, and answers with the state that came of it."""

    async def endpoint(request: Request) -> Response:
        gateway, body = _gateway(request), await _short_body(request)
        if body is None:
            return JSONResponse({"error": f"at most {_LONGEST_FORM} bytes"}, 400)
        try:
            more = await run_in_threadpool(
                act, gateway, request.query_params, body.decode("utf-8", "replace")
            )
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400)
        gateway.webhooks.notice({})
        return JSONResponse(_snapshot(gateway) | more)

    return endpoint


def _step(gateway: Gateway, query: Mapping[str, str], _body: str) -> dict[str, object]:
    gateway.sandbox.step(_amount(query, "seconds", _LONGEST_STEP))
    return {"tries": gateway.webhooks.deliver_due()}


def _speed(gateway: Gateway, query: Mapping[str, str], _body: str) -> dict[str, object]:
    gateway.sandbox.clock.speed = _amount(query, "value", FASTEST)
    return {}


def _faults(gateway: Gateway, _query: Mapping[str, str], body: str) -> dict[str, object]:
    gateway.faults.set([line for line in body.splitlines() if line.strip()])
    return {}


def _sms(gateway: Gateway, query: Mapping[str, str], _body: str) -> dict[str, object]:
    if not query.get("id") or "text" not in query:
        raise ValueError("id and text are needed")
    try:
        gateway.sandbox.send_sms(query["id"], query["text"], query.get("code"))
    except (LookupError, ValueError) as problem:
        raise ValueError(f"no SMS can be sent to activation {query['id']}") from problem
    return {}


_ControlChange = Callable[[Gateway, Mapping[str, str], str], dict[str, object]]
_CHANGES: Final[tuple[tuple[str, _ControlChange], ...]] = (
    ("step", _step),
    ("speed", _speed),
    ("faults", _faults),
    ("sms", _sms),
)


def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


def _snapshot(gateway: Gateway) -> dict[str, object]:
    sandbox = gateway.sandbox
    sandbox.advance()
    return {
        "now": sandbox.clock.now().isoformat(),
        "speed": sandbox.clock.speed,
        "account": sandbox.account.state,
        "balance": str(sandbox.account.balance),
        "cashback": str(sandbox.account.cashback),
        "requests": gateway.faults.requests(),
        "purchases": len(sandbox.purchases()),
        "webhook_tries": len(gateway.webhooks.attempts()),
        "faults": [str(fault) for fault in gateway.faults.current()],
        "fired": gateway.faults.fired(),
    }


def _amount(query: Mapping[str, str], name: str, most: int) -> float:
    problem = ValueError(f"{name} is a number from 0 to {most}")
    try:
        amount = float(query.get(name, ""))
    except ValueError:
        raise problem from None
    if not 0 <= amount <= most:
        raise problem
    return amount


async def _client_left(_request: Request, _problem: Exception) -> Response:
    return Response()


_START_SECONDS: Final = 10.0
_PATIENCE: Final = 1.0  # seconds for a client to finish its request when the server ends


@contextmanager
def serve(
    sandbox: Sandbox,
    faults: Faults | Iterable[Fault | str] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allow_hosts: Sequence[str] = (),
) -> Iterator[str]:
    """Serve a sandbox over HTTP from a thread while the ``with`` block runs.

    Parameters
    ----------
    sandbox : Sandbox
        The provider.
    faults : Faults or iterable of Fault or str
        What goes wrong: a :class:`Faults`, or a list of faults or of their texts.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    allow_hosts : sequence of str
        Further names by which it may be asked, as behind a proxy; pages of theirs may ask it too.

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
    gateway = Gateway(sandbox, faults if isinstance(faults, Faults) else Faults(faults))
    listener = listen(host, port)
    server = _server(gateway, listener, host, allow_hosts)
    thread = threading.Thread(
        target=server.run_on, args=(listener,), name="sandbox-server", daemon=True
    )
    thread.start()
    try:
        server.ready.wait(_START_SECONDS)
        if not server.started:
            raise RuntimeError("the sandbox's server did not start")
        yield api_url(host, listener, sandbox.dialect.path)
    finally:
        server.should_exit = True
        gateway.close()
        thread.join()
        listener.close()


def run(
    gateway: Gateway,
    listener: socket.socket,
    announce: Callable[[], None],
    host: str,
    allow_hosts: Sequence[str] = (),
) -> None:
    """Serve on the main thread until the process is asked to end.

    ``announce`` is called once a signal to end would be obeyed; the rest as for `serve`.
    """
    server = _server(gateway, listener, host, allow_hosts)

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
        gateway.close()
        listener.close()


def api_url(host: str, listener: socket.socket, path: str = API_PATH) -> str:
    """Return the full address of the API behind a listening socket."""
    return origin(host, listener) + path


def _server(
    gateway: Gateway, listener: socket.socket, host: str, allow_hosts: Sequence[str]
) -> HttpServer:
    """Return a server that does not wait for replies late on purpose, nor for slow clients."""
    is_open = not is_loopback(listener.getsockname()[0])
    app = make_app(gateway, OriginGuard(allow_hosts, bound=host, is_open=is_open))
    return HttpServer(app, app.state.closing.set, _PATIENCE)
