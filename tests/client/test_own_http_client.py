"""An HTTP client of a person's own lies below the key: it sees the key, and nothing above does."""

import asyncio
import logging
import types

import httpx
import httpx2
import pytest

from sms_notebook import AsyncClient, Client, ConnectionFailed, PurchaseUncertain, UsageProblem
from sms_notebook.sandbox import Sandbox, serve

BALANCE = "ACCESS_BALANCE:1.00"


def key() -> str:
    return "f3647b8a9f0e1d6c483f2b55e1a7c0d9"[::-1]  # so that no source line shows it


def odd_key() -> str:
    return "e!~d$:&=b+a/t3rc3s"[::-1]


SECRETS = (key, odd_key)
pytestmark = pytest.mark.usefixtures("watch")


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request):
    """Take httpx, and a library that is used alike and shares no class with it."""
    return request.param


@pytest.fixture
def own(library, opened):
    """Return what makes a client of the right kind; all are closed in the end."""
    made = []

    def make(sms: str, **options):
        kind = library.Client if sms == "sync" else library.AsyncClient
        made.append(kind(**options))
        return made[-1]

    yield make
    for client in made:
        if isinstance(client, library.Client):
            client.close()
        else:
            opened().run(lambda _sms, client=client: client.aclose())


@pytest.fixture
def way(request):
    return request.node.callspec.params["opened"]


@pytest.mark.parametrize("secret", [key, odd_key])
def test_it_sends_the_key_and_nobody_above_sees_it(secret, own, opened, wire, watch):
    way = "sync" if isinstance(opened(key(), base_url=wire.url).client, Client) else "async"
    wire.says(BALANCE, x_echo=secret(), location=f"http://x/?api_key={secret()}")
    inner = own(way, headers={"X-Gateway": "mine", "User-Agent": "other"}, follow_redirects=True)
    sms = opened(secret(), base_url=wire.url, http_client=inner, retries=0)
    assert sms.get_balance().loc[0, "balance"] == 1.0
    asked = wire.asked[0]
    assert asked.params == {"api_key": secret(), "action": "getBalance"}
    assert asked.headers["x-gateway"] == "mine"
    assert asked.headers["user-agent"].startswith("sms-notebook/")
    wire.says(f"odd {secret()} page", 500)
    watch.check(watch.failure_of(sms.get_balance))
    wire.says("", 302, location=f"{wire.url}?again=1&api_key={secret()}")
    watch.check(watch.failure_of(sms.get_number, "tg", 2))
    assert len(wire.asked) == 3  # and follows no redirect
    wire.answer = lambda _asked: b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + key().encode()
    failure = watch.failure_of(sms.get_number, "tg", 2)
    assert isinstance(failure, PurchaseUncertain)
    watch.check(failure, sms)
    assert any(record.name.startswith("http") for record in watch.log.records)


def test_a_post_goes_as_it_is(own, opened, way, wire):
    wire.says('{"2": {"tg": {"cost": 1, "count": 5, "physicalCount": 5}}}')
    opened(key(), base_url=wire.url, method="POST", http_client=own(way)).get_prices("tg", 2)
    assert wire.asked[0].form == {"service": "tg", "country": "2"}
    assert wire.asked[0].params == {"api_key": key(), "action": "getPrices"}


def test_what_was_never_sent_is_known(own, opened, way, closed_port, watch):
    sms = opened(key(), base_url=closed_port, http_client=own(way), retries=0)
    failure = watch.failure_of(sms.get_number, "tg", 2)
    assert isinstance(failure, ConnectionFailed), failure
    assert failure.sent is False
    watch.check(failure)


def test_a_transport_takes_requests_of_its_library(library, opened, way, watch):
    seen = []

    def answer(request):
        assert type(request) is library.Request
        seen.append(request.url.params["api_key"] == key())
        return library.Response(200, text=BALANCE)

    sms = opened(
        key(), base_url="https://provider.example/", http_client=library.MockTransport(answer)
    )
    assert sms.get_balance().loc[0, "balance"] == 1.0
    assert seen == [True]


def test_a_client_that_read_the_reply_before_is_no_trouble(opened, wire, own, way):
    wire.says(BALANCE)
    if way == "sync":
        hooks = {"response": [lambda response: response.read()]}
    else:

        async def read(response):
            await response.aread()

        hooks = {"response": [read]}
    inner = own(way, event_hooks=hooks)
    sms = opened(key(), base_url=wire.url, http_client=inner)
    assert sms.get_balance().loc[0, "balance"] == 1.0


def test_a_watch_sends_with_it_too(own, opened, way):
    market = Sandbox(speed=0, success=0, api_key=key(), balance="10")
    with serve(market) as url:
        sms = opened(key(), base_url=url, http_client=own(way))
        number = sms.order("tg", 2)
        market.send_sms(number.loc[0, "activation_id"], "Your code is 12345")
        assert sms.wait_code(number, every=0.5).loc[0, "code"] == "12345"


def test_the_async_client_takes_one_for_threads(wire, watch):
    wire.says(BALANCE)

    async def balance() -> float:
        async with AsyncClient(key(), base_url=wire.url, http_client=inner) as sms:
            return (await sms.get_balance()).loc[0, "balance"]

    with httpx.Client() as inner:
        assert asyncio.run(balance()) == 1.0
        assert not inner.is_closed


def test_it_is_theirs_to_close(wire):
    wire.says(BALANCE)
    with httpx.Client() as inner:
        with Client(key(), base_url=wire.url, http_client=inner) as sms:
            sms.get_balance()
        assert not inner.is_closed
        assert inner.get(wire.url).status_code == 200


@pytest.mark.parametrize("given", [httpx.AsyncBaseTransport(), "http://x", httpx.Client, types, 5])
def test_what_cannot_send_is_one_line(given):
    with pytest.raises(UsageProblem, match="http_client"):
        Client(key(), base_url="https://x.example/", http_client=given)


@pytest.mark.parametrize("other", [{"proxy": "http://x:1"}, {"verify": __file__}])
def test_it_has_its_own_proxy_and_certificates(other):
    with pytest.raises(UsageProblem), httpx.Client() as inner:
        Client(key(), base_url="https://x.example/", http_client=inner, **other)


def test_the_logs_of_both_libraries_are_filtered(watch):
    """Whoever logs an address under their names hides nothing else."""
    with Client(key(), base_url="http://127.0.0.1:9/"):
        for name in ("httpx", "httpx2", "httpcore2.http11", "httpcore.socks"):
            logging.getLogger(name).warning("GET %s", f"http://x/?a=1&api_key={key()}")
    lines = [record.getMessage() for record in watch.log.records if record.levelname == "WARNING"]
    assert lines[-4:] == ["GET http://x/?a=1&api_key=***"] * 4
