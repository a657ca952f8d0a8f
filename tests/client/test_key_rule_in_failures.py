"""The API key is found nowhere: failures below httpx, and interrupts."""

import asyncio
import gc
import signal
import sys
import threading

import httpx
import pytest

from sms_notebook import (
    AsyncClient,
    Client,
    SmsError,
)

BALANCE = "ACCESS_BALANCE:1.00"


def key() -> str:
    return "f3647b8a9f0e1d6c483f2b55e1a7c0d9"[::-1]  # so that no source line shows it


SECRETS = (key,)
pytestmark = pytest.mark.usefixtures("watch")


# Failures below httpx ----------------------------------------------------------------------------


def subclasses(kind: type) -> list[type]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in subclasses(child))]


class OwnBaseError(BaseException):
    """Such as a test runner or a notebook throws into a call; takes what it likes."""

    def __init__(self, *, why: str) -> None:
        super().__init__(why)
        self.why = why


class OwnRequestError(httpx.ReadError):
    def __init__(self, *, where: httpx.URL) -> None:
        super().__init__(f"at {where}")
        self.where = where


BELOW = {
    **{
        kind.__name__: lambda request, kind=kind: kind(f"{request.url}", request=request)
        for kind in subclasses(httpx.RequestError)
        if kind.__module__ == "httpx"
    },
    "OwnRequestError": lambda request: OwnRequestError(where=request.url),
    "StreamError": lambda request: httpx.StreamError(str(request.url)),
    "InvalidURL": lambda request: httpx.InvalidURL(str(request.url)),
    "OSError": lambda request: OSError(5, "bad", str(request.url)),
    "UnicodeError": lambda request: UnicodeDecodeError("ascii", request.url.raw_path, 0, 1, "x"),
    "RuntimeError": lambda request: RuntimeError(request.url, {"url": str(request.url)}),
    "ExceptionGroup": lambda request: ExceptionGroup("x", [ValueError(str(request.url))]),
    "KeyboardInterrupt": lambda request: KeyboardInterrupt(str(request.url)),
    "SystemExit": lambda _request: SystemExit(3),
    "CancelledError": lambda request: asyncio.CancelledError(str(request.url)),
    "OwnBaseError": lambda request: OwnBaseError(why=str(request.url)),
    "BaseExceptionGroup": lambda request: BaseExceptionGroup(
        "x", [KeyboardInterrupt(str(request.url))]
    ),
}


@pytest.mark.parametrize("name", BELOW)
def test_not_in_a_failure_below_httpx(name, opened, wire, watch, failing_network):
    sms = opened(key(), base_url=wire.url, retries=0)
    failing_network(BELOW[name], key())
    ours = issubclass(type(BELOW[name](httpx.Request("GET", wire.url))), Exception)
    for method, *args in (("get_balance",), ("get_number", "tg", 2)):
        failure = watch.failure_of(getattr(sms, method), *args)
        assert isinstance(failure, SmsError) == ours, repr(failure)
        watch.check(failure)


def test_an_interrupt_stays_what_it_was(opened, wire, failing_network):
    sms = opened(key(), base_url=wire.url, retries=0)
    failing_network(lambda _request: OwnBaseError(why="enough"), key())
    with pytest.raises(OwnBaseError, match="enough") as failed:
        sms.get_balance()
    assert failed.value.why == "enough"
    failing_network(lambda _request: SystemExit(3), key())
    with pytest.raises(SystemExit) as exited:
        sms.get_balance()
    assert exited.value.code == 3


def test_what_hangs_on_an_httpx_exception_has_no_key(wire, watch):
    """Between the transport and the error, too: what httpx itself holds is unsigned."""
    seen = []

    def look(response: httpx.Response) -> None:
        seen.append(response)

    with Client(key(), base_url=wire.url, retries=0) as sms:
        inside = sms._sender._client
        inside.event_hooks = {"request": [seen.append], "response": [look]}
        wire.says("NO", 302, location=f"{wire.url}?api_key={key()}")
        watch.check(watch.failure_of(sms.get_balance))
        request, response = seen
        watch.check(
            request, response, response.request.url, response.headers, response.next_request
        )
        wire.answer = lambda _asked: b""
        failure = watch.failure_of(inside.get, wire.url)
        assert isinstance(failure, httpx.RemoteProtocolError)
        watch.check(failure, failure.request.url)


@pytest.mark.parametrize("change", [("127.0.0.1", "localhost"), ("http://", "https://")])
def test_not_to_another_origin(change, wire, watch, failing_network):
    seen = []
    failing_network(lambda request: httpx.ReadError(str(seen.append(request.url.params))), key="")
    with Client(key(), base_url=wire.url) as sms:
        failure = watch.failure_of(sms._sender._client.get, wire.url.replace(*change))
    assert isinstance(failure, httpx.ReadError)
    assert seen == [httpx.QueryParams()]


# Interrupts --------------------------------------------------------------------------------------


@pytest.fixture
def interrupting(wire):
    """Press Ctrl-C as soon as a request has arrived."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def answer(_asked):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return wire.silence()

    wire.answer = answer
    yield wire
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one thread there")
def test_not_in_a_keyboard_interrupt(opened, interrupting, watch):
    sms = opened(key(), base_url=interrupting.url, timeout=20)
    for method, *args in (("get_balance",), ("get_number", "tg", 2)):
        failure = watch.failure_of(getattr(sms, method), *args)
        assert isinstance(failure, KeyboardInterrupt)
        watch.check(failure, sms)


def test_not_in_a_cancelled_task(wire, watch):
    arrived = threading.Event()

    def answer(_asked):
        arrived.set()
        return wire.silence()

    wire.answer = answer
    cancelled, sms = asyncio.run(a_cancelled_call(wire.url, arrived, watch), debug=True)
    assert isinstance(cancelled, asyncio.CancelledError)
    watch.check(cancelled, sms)


async def a_cancelled_call(url, arrived, watch):
    async with AsyncClient(key(), base_url=url, timeout=20) as sms:
        task = asyncio.create_task(sms.get_number("tg", 2))
        await asyncio.to_thread(arrived.wait)
        watch.check_text(f"{sms!r} {task!r} {task.get_coro()!r}")
        task.cancel("enough")
        await asyncio.wait([task])
        try:
            await task
        except asyncio.CancelledError as failure:
            watch.check(sms)
            return failure, sms


def test_not_when_a_time_limit_cancels(wire, watch):
    wire.answer = lambda _asked: wire.silence()
    failure = watch.failure_of(asyncio.run, a_call_within_a_limit(wire.url))
    assert isinstance(failure, TimeoutError)
    watch.check(failure)


async def a_call_within_a_limit(url):
    async with AsyncClient(key(), base_url=url, timeout=20) as sms, asyncio.timeout(0.05):
        await sms.get_balance()


def test_not_in_what_asyncio_says_of_a_forgotten_task(wire, watch):
    wire.says("BAD_KEY:" + key(), 401)

    async def forget() -> None:
        sms = AsyncClient(key(), base_url=wire.url)
        task = asyncio.create_task(sms.get_balance())
        await asyncio.wait([task])
        del task
        gc.collect()
        await sms.aclose()

    asyncio.run(forget(), debug=True)
    assert any("never retrieved" in record.getMessage() for record in watch.log.records)
