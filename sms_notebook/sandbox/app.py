"""The sandbox as an ASGI app: the provider's one address, and a small control for people."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sms_notebook.sandbox.clock import FASTEST
from sms_notebook.sandbox.desk import Desk, Drop, Reply, merge_params
from sms_notebook.sandbox.doorkeeper import CONTROL, Doorkeeper

API_PATH: Final = "/stubs/handler_api.php"
HANG_UP: Final = "sms_notebook.hang_up"
"""The ASGI extension by which a server lets the app close the connection."""

_LONGEST_FORM: Final = 1 << 16
_LONGEST_STEP: Final = 366 * 24 * 60 * 60
_WELCOME: Final = f"""\
This is the sandbox of sms_notebook: a provider of virtual numbers where no real money is spent.
The API answers at {API_PATH}, with GET and POST, as the protocol describes it.
The control, for this machine only: {CONTROL}state, purchases, step, speed, faults, sms.
"""


def make_app(desk: Desk) -> Starlette:
    """Build the app around a desk.

    ``app.state.closing`` is an event; once set, replies that are still late go out at once.
    """
    app = Starlette(
        routes=[
            Route("/", _welcome),
            Route(API_PATH, _api, methods=["GET", "POST"]),
            Route(CONTROL + "state", _state),
            Route(CONTROL + "purchases", _purchases),
            Route(CONTROL + "step", _step, methods=["POST"]),
            Route(CONTROL + "speed", _speed, methods=["POST"]),
            Route(CONTROL + "faults", _faults, methods=["POST"]),
            Route(CONTROL + "sms", _sms, methods=["POST"]),
        ],
        middleware=[Middleware(Doorkeeper)],
        exception_handlers={_BadControlError: _say_what_is_wrong, ClientDisconnect: _nobody_there},
    )
    app.state.desk = desk
    app.state.closing = asyncio.Event()
    return app


class _BadControlError(Exception):
    """A control request that makes no sense."""


class _CutShort(Response):
    """Announces more than it sends, then closes the connection."""

    def __init__(self, reply: Reply) -> None:
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


class _Dropped(Response):
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


async def _welcome(_request: Request) -> Response:
    return PlainTextResponse(_WELCOME)


async def _api(request: Request) -> Response:
    form = await _short_body(request) if request.method == "POST" else b""
    if form is None:
        return PlainTextResponse("", 413)
    content_type = request.headers.get("content-type", "")
    query = request.scope["query_string"].decode("latin-1")
    outcome = _desk(request).handle(merge_params(query, content_type, form))
    if outcome.delay:
        with suppress(TimeoutError):
            await asyncio.wait_for(request.app.state.closing.wait(), outcome.delay)
    match outcome.what:
        case Drop():
            return _Dropped()
        case Reply(cut=True) as reply:
            return _CutShort(reply)
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
    return JSONResponse(_snapshot(_desk(request)))


async def _purchases(request: Request) -> Response:
    rows = [
        {
            **asdict(bought),
            "cost": str(bought.cost),
            "at": bought.at.isoformat(),
            "refunded": str(bought.refunded),
        }
        for bought in _desk(request).sandbox.purchases()
    ]
    return JSONResponse(rows)


async def _step(request: Request) -> Response:
    desk = _desk(request)
    seconds = _amount(request, "seconds", _LONGEST_STEP)
    try:
        desk.sandbox.step(seconds)
    except ValueError as problem:
        raise _BadControlError(str(problem)) from problem
    tries = await run_in_threadpool(desk.webhooks.deliver_due)
    return JSONResponse({**_snapshot(desk), "tries": tries})


async def _speed(request: Request) -> Response:
    desk = _desk(request)
    desk.sandbox.clock.speed = _amount(request, "value", FASTEST)
    desk.webhooks.notice({})
    return JSONResponse(_snapshot(desk))


async def _faults(request: Request) -> Response:
    body = await _short_body(request)
    if body is None:
        raise _BadControlError("too many faults")
    lines = body.decode("utf-8", "replace").splitlines()
    try:
        _desk(request).faults.set([line for line in lines if line.strip()])
    except ValueError as problem:
        raise _BadControlError(str(problem)) from problem
    return JSONResponse(_snapshot(_desk(request)))


async def _sms(request: Request) -> Response:
    desk, query = _desk(request), request.query_params
    if not query.get("id") or "text" not in query:
        raise _BadControlError("id and text are needed")
    try:
        desk.sandbox.send_sms(query["id"], query["text"], query.get("code"))
    except (LookupError, ValueError) as problem:
        raise _BadControlError(f"no SMS can be sent to activation {query['id']}") from problem
    desk.webhooks.notice({})
    return JSONResponse(_snapshot(desk))


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _snapshot(desk: Desk) -> dict[str, object]:
    sandbox = desk.sandbox
    sandbox.advance()
    return {
        "now": sandbox.clock.now().isoformat(),
        "speed": sandbox.clock.speed,
        "account": sandbox.account.state,
        "balance": str(sandbox.account.balance),
        "cashback": str(sandbox.account.cashback),
        "requests": desk.faults.requests(),
        "purchases": len(sandbox.purchases()),
        "webhook_tries": len(desk.webhooks.attempts()),
        "faults": [str(fault) for fault in desk.faults.current()],
        "fired": desk.faults.fired(),
    }


def _amount(request: Request, name: str, most: int) -> float:
    problem = _BadControlError(f"{name} is a number from 0 to {most}")
    try:
        amount = float(request.query_params.get(name, ""))
    except ValueError:
        raise problem from None
    if not 0 <= amount <= most:
        raise problem
    return amount


async def _say_what_is_wrong(_request: Request, problem: Exception) -> Response:
    return JSONResponse({"error": str(problem)}, 400)


async def _nobody_there(_request: Request, _problem: Exception) -> Response:
    return Response()
