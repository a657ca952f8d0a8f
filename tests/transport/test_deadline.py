"""One deadline bounds an exchange as a whole, whatever the server sends now and then."""

import asyncio
import gc
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from sms_notebook import (
    AsyncClient,
    Client,
    CodeTimeout,
    ConnectionFailed,
    PurchaseUncertain,
    SmsError,
)

from .dripping import WAYS, Dripping

KEY = "0123456789abcdef0123456789abcdef"
TIMEOUT = 0.25
LIMIT = 4 * TIMEOUT
LATER = 30.0
"""Seconds that a machine under load may take in addition."""

CALLS = {
    "read": (lambda sms: sms.get_balance(), ConnectionFailed),
    "purchase": (lambda sms: sms.get_number("tg", 2), PurchaseUncertain),
    "order": (lambda sms: sms.order("tg", 2, max_price=1), PurchaseUncertain),
    "rent": (lambda sms: sms.get_rent_number("tg", 4), PurchaseUncertain),
    "wait": (lambda sms: sms.wait_code("5", timeout=0.5, every=0.05), CodeTimeout),
}


@pytest.fixture(autouse=True)
def collected():
    """Let what a test left open be seen in that test, and in no later one."""
    yield
    gc.collect()


async def _ask(kind, url, call):
    if kind == "sync":
        with Client(KEY, base_url=url, timeout=TIMEOUT, retries=0) as sms:
            return await asyncio.to_thread(call, sms)
    async with AsyncClient(KEY, base_url=url, timeout=TIMEOUT, retries=0) as sms:
        return await call(sms)


def asked(kind, way, name, pause=0.02):
    """Return how a call fails, how long it takes, and how often the server was asked to sell."""
    for _ in range(5):
        with Dripping(way, pause) as server:
            begun = time.monotonic()
            try:
                asyncio.run(_ask(kind, server.url, CALLS[name][0]))
                failure = None
            except SmsError as problem:
                failure = problem
            seconds = time.monotonic() - begun
            is_slow = "connecting took too long" in str(failure)  # under load, also between two
            if way == "handshake" or (server.asked and not is_slow):
                break
    return failure, seconds, server.times("getNumber")


def resident():
    """Return the bytes that this process holds."""
    return psutil.Process().memory_info().rss


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("name", CALLS)
def test_whatever_drips_ends_in_time(kind, name):
    with ThreadPoolExecutor(len(WAYS)) as threads:
        outcomes = dict(
            zip(WAYS, threads.map(lambda way: asked(kind, way, name), WAYS), strict=True)
        )
    odd = {
        way: (repr(failure), seconds)
        for way, (failure, seconds, times) in outcomes.items()
        if not isinstance(failure, CALLS[name][1]) or seconds > LIMIT + LATER or times > 1
    }
    assert not odd


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("name", ["read", "purchase"])
def test_a_handshake_that_drips_ends_in_time_and_nothing_was_sent(kind, name):
    failure, seconds, _ = asked(kind, "handshake", name)
    assert isinstance(failure, ConnectionFailed)
    assert not failure.sent
    assert seconds < LIMIT + LATER


FLOODS = ["100 Continue", "headers", "a body without a length", "chunks", "trailers"]
ALL_FLOODS = WAYS.keys() - {"nothing", "empty lines before it", "gzip that unpacks to nothing"}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "way",
    [
        *FLOODS,
        *(pytest.param(way, marks=pytest.mark.deep) for way in sorted(ALL_FLOODS - {*FLOODS})),
    ],
)
def test_a_flood_ends_in_time_too_and_fills_no_memory(kind, way):
    begun = resident()
    failure, seconds, times = asked(kind, way, "purchase", pause=0)
    assert isinstance(failure, PurchaseUncertain)
    assert seconds < LIMIT + LATER
    assert times == 1
    assert resident() - begun < 300 * 2**20


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_name_that_is_looked_up_for_ever_ends_in_time(kind, monkeypatch):
    over = threading.Event()

    def look_up(*_args, **_options):
        over.wait(20)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with asyncio.Runner() as runner:
        runner.get_loop()
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        begun = time.monotonic()
        call, _ = CALLS["purchase"]
        with pytest.raises(ConnectionFailed) as failed:
            runner.run(_ask(kind, "https://provider.invalid/", call))
        seconds = time.monotonic() - begun
        over.set()
    assert not failed.value.sent
    assert seconds < LIMIT + LATER


def test_addresses_that_do_not_answer_share_the_time(monkeypatch):
    tried = []

    def connect(address, timeout, **_options):
        tried.append(address[0])
        time.sleep(timeout)
        raise TimeoutError

    many = [(2, 1, 6, "", (f"192.0.2.{number}", 443)) for number in range(100)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: many)
    monkeypatch.setattr(socket, "create_connection", connect)
    begun = time.monotonic()
    with (
        Client(KEY, base_url="https://provider.invalid/", timeout=TIMEOUT, retries=0) as sms,
        pytest.raises(ConnectionFailed, match="connecting took too long") as failed,
    ):
        sms.get_balance()
    assert time.monotonic() - begun < LIMIT + LATER
    assert not failed.value.sent
    assert len(set(tried)) > 1
