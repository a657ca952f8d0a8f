"""A purchase is sent once, and what came of it is never guessed."""

import asyncio
import itertools
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from sms_notebook import (
    AsyncClient,
    ConnectionFailed,
    MalformedReply,
    NoBalance,
    NoNumbers,
    PurchaseUncertain,
    RateLimited,
    ServerError,
)
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Effect
from sms_notebook.sandbox import Faults, Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CALLS = 250  # of each client with each method, with ``make test-deep``

UNCERTAIN_UNBOUGHT = ("drop-before", "500-before", "502-before", "html-before", "cut-before")
UNCERTAIN_BOUGHT = ("drop-after", "500-after", "504-after", "html-after", "cut-after")
REFUSED = {"429": RateLimited, "NO_NUMBERS": NoNumbers, "NO_BALANCE": NoBalance}
LATE, SQL_BEFORE, SQL_AFTER, NOTHING = "latency", "ERROR_SQL", "ERROR_SQL-after", ""
FAULTS = (
    *(UNCERTAIN_UNBOUGHT + UNCERTAIN_BOUGHT + tuple(REFUSED) + (SQL_BEFORE, SQL_AFTER)) * 2,
    *(NOTHING,) * 8,
    LATE,
)


class Shop(Sandbox):
    """A sandbox that can also lose its database after a purchase was written down."""

    loses_database = False

    def answer(self, params):
        honest = super().answer(params)
        spends = ACTIONS[params["action"]].effect is Effect.PURCHASE
        return type(honest)("ERROR_SQL") if self.loses_database and spends else honest

    def ask(self, action: str, **params: str) -> str:
        return super().answer({"api_key": KEY, "action": action, **params}).text

    def finished(self) -> str:
        """Return an activation whose number can be had again."""
        while True:
            number = self.ask("getNumber", service="ig", country="2").split(":")[1]
            self.send_sms(number, "Your code is 12345")
            self.ask("setStatus", id=number, status="6")
            if "SIM_OFFLINE" not in self.ask("checkExtraActivation", activationId=number):
                return number

    def rented(self) -> str:
        self.ask("getRentNumber", service="full", country="2", rent_time="4")
        return self.purchases()[-1].id


@dataclass(frozen=True)
class Way:
    """One way to spend money."""

    action: str
    ask: object
    units: int = 1
    quotes: int = 0
    """How often a price is asked for before."""


WAYS = (
    Way("getNumber", lambda sms, _shop: sms.get_number("tg", 2)),
    Way("getNumber", lambda sms, _shop: sms.get_number("Telegram", "Kazakhstan", max_price=5)),
    Way("getNumber", lambda sms, _shop: sms.call("getNumber", service="tg", country=2)),
    Way("getNumberV2", lambda sms, _shop: sms.get_number_v2("wa", "KZ")),
    Way("getMultiServiceNumber", lambda sms, _shop: sms.get_multi_service_number("tg,wa", 2), 2, 2),
    Way("getExtraActivation", lambda sms, shop: sms.get_extra_activation(shop.finished()), 1, 1),
    Way("getRentNumber", lambda sms, _shop: sms.get_rent_number("full", 4, country=2)),
    Way("continueRentNumber", lambda sms, shop: sms.continue_rent_number(shop.rented(), 4)),
    Way("buyPartnerProduct", lambda sms, _shop: sms.buy_partner_product(1)),
)


def test_every_way_to_spend_money_is_tried():
    spending = {name for name, action in ACTIONS.items() if action.effect is Effect.PURCHASE}
    assert {way.action for way in WAYS} == spending


@pytest.mark.parametrize("all_pairs", [False, pytest.param(True, marks=pytest.mark.deep)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_purchase_is_sent_once_whatever_happens(method, all_pairs, opened, request):
    draw = random.Random(f"purchases by {method}")
    shop = Shop(api_key=KEY, balance="100000", speed=0, start=START)
    # Each kind of trouble meets each way to spend, once with each client and with each method.
    pairs = list(itertools.product(WAYS, sorted(set(FAULTS))))
    if all_pairs:  # and the rest is left to chance
        pairs += [(draw.choice(WAYS), draw.choice(FAULTS)) for _ in range(CALLS - len(pairs))]
    else:
        is_first = (method == "GET") == (request.node.callspec.params["opened"] == "sync")
        pairs = pairs[is_first::2]
    draw.shuffle(pairs)
    faults, outcomes = Faults(), Counter()
    with serve(shop, faults) as url:
        patient = opened(KEY, base_url=url, method=method, retries=5)
        hasty = opened(KEY, base_url=url, method=method, retries=5, timeout=0.3)
        for sms in (patient, hasty):  # so that names are known, and every request is a purchase
            sms.run(lambda client: client.get_countries())
            sms.run(lambda client: client.get_services_list())
        for way, fault in pairs:
            sms = hasty if fault == LATE else patient
            outcomes[spend(sms, shop, way, fault, faults)] += 1
    assert sum(outcomes.values()) == len(pairs)
    assert outcomes.keys() == {"bought", "refused", "uncertain, bought", "uncertain, not bought"}


def spend(sms, shop, way, fault, faults) -> str:
    """Spend money once, under a fault; check that what is said is what happened."""
    error = before = None

    def ask(client):
        nonlocal before
        prepared = way.ask(Prepared(client), shop)
        before = (len(shop.purchases()), faults.requests())
        shop.loses_database = fault == SQL_AFTER
        if fault not in (NOTHING, SQL_AFTER):
            chance = "1:0.7" if fault == LATE else "1"
            faults.set([f"{fault}@{way.action}:{chance}"])
        return prepared()

    earliest = datetime.now(UTC)
    try:
        sms.run(ask)
    except Exception as caught:  # noqa: BLE001 - looked at below
        error = caught
    end = time.monotonic() + 30  # a request that nobody waits for any more may still be on its way
    while faults.requests() - before[1] < 1 + way.quotes and time.monotonic() < end:
        time.sleep(0.01)
    faults.clear()
    shop.loses_database = False
    bought = len(shop.purchases()) - before[0]
    assert faults.requests() - before[1] == 1 + way.quotes, (way, fault)
    if fault == NOTHING:
        assert error is None, (way, error)
        assert bought == way.units
        return "bought"
    if fault in REFUSED:
        assert type(error) is REFUSED[fault], (way, fault, error)
        assert bought == 0
        return "refused"
    assert type(error) is PurchaseUncertain, (way, fault, error)
    assert error.order.action == error.action == way.action
    assert earliest <= error.order.sent_at <= datetime.now(UTC)
    assert error.order.params
    assert KEY not in repr(error.order)
    # A reply that broke off after the id told what was bought.
    assert error.found or "get_active_activations()" in str(error)
    assert isinstance(error.__cause__, ConnectionFailed | ServerError | MalformedReply)
    took_effect = fault in (*UNCERTAIN_BOUGHT, LATE, SQL_AFTER)
    assert bought == (way.units if took_effect else 0), (way, fault)
    return "uncertain, bought" if took_effect else "uncertain, not bought"


class Prepared:
    """Binds a call's arguments, so that what leads to them is done before the call is."""

    def __init__(self, client) -> None:
        self._client = client

    def __getattr__(self, name):
        method = getattr(self._client, name)
        return lambda *args, **kwargs: lambda: method(*args, **kwargs)


@pytest.mark.alike
def test_what_was_asked_for_is_in_the_order(wire, opened):
    wire.answer = lambda _asked: b""
    with pytest.raises(PurchaseUncertain) as failed:
        opened(KEY, base_url=wire.url).get_number_v2("tg", 2, max_price="0.50", order_id="mine-1")
    assert failed.value.order.params == {
        "service": "tg",
        "country": "2",
        "maxPrice": "0.50",
        "orderId": "mine-1",
    }
    assert datetime.now(UTC) - failed.value.order.sent_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda sms: sms.get_number("tg", 2),
        lambda sms: sms.get_rent_number("full"),
        lambda sms: sms.call("getNumber", service="tg", country=2),
    ],
)
def test_where_nobody_listens_nothing_was_sent_and_nothing_is_uncertain(ask, opened, closed_port):
    sms = opened(KEY, base_url=closed_port)
    with pytest.raises(ConnectionFailed) as failed:
        sms.run(ask)
    assert failed.value.sent is False


@pytest.mark.alike
@pytest.mark.parametrize(
    "reply",
    [
        lambda wire: wire.http("", 301, location="/elsewhere"),
        lambda wire: wire.http(""),
        lambda wire: wire.http("ACCESS_NUMBER"),
        lambda wire: wire.http("ACCESS_NUMBER:"),
        lambda wire: wire.http("ACCESS_NUMBER::"),
        lambda wire: wire.http("{}"),
        lambda wire: wire.http("[]"),
        lambda wire: wire.http('{"activationId": 5'),
        lambda wire: wire.http("Whoops, something went wrong"),
        lambda wire: wire.http("SERVER_ERROR"),
        lambda wire: wire.http("NO_CONNECTION"),
        lambda wire: wire.http("NO_NUMBERS", 500),
        lambda wire: wire.http("error code: 1020", 520),
        lambda wire: wire.http("ACCESS_NUMBER:1:79", content_length="100"),
        lambda _wire: b"HTTP/1.1 200 OK\r\nContent-Le",
        lambda _wire: b"ACCESS_NUMBER:1:79000000000",
    ],
)
@pytest.mark.parametrize("method", ["get_number", "get_number_v2"])
def test_a_reply_that_leaves_the_outcome_open_is_uncertain(reply, method, wire, opened):
    wire.answer = lambda _asked: reply(wire)
    with pytest.raises(PurchaseUncertain) as failed:
        getattr(opened(KEY, base_url=wire.url), method)("tg", 2)
    assert len(wire.asked) == 1
    assert "\n" not in str(failed.value)


def test_a_purchase_is_not_sent_again_on_a_connection_that_died_meanwhile(opened):
    """A kept connection is closed by the server between two calls."""
    shop = Shop(api_key=KEY, balance="100", speed=0, start=START)
    faults = Faults()
    with serve(shop, faults) as url:
        sms = opened(KEY, base_url=url)
        for _ in range(5):
            sms.get_balance()
            faults.set(["drop-after@getNumber:1"])
            with pytest.raises(PurchaseUncertain):
                sms.get_number("tg", 2)
            faults.clear()
    assert len(shop.purchases()) == 5


def test_a_name_that_cannot_be_looked_up_buys_nothing(wire, opened):
    wire.answer = lambda _asked: b""
    with pytest.raises(ConnectionFailed):
        opened(KEY, base_url=wire.url, retries=0).get_number("tg", "Kazakhstan")
    assert wire.actions() == ["getCountries"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one thread there")
@pytest.mark.parametrize(
    "ask",
    [
        lambda sms: sms.get_number("tg", 2),
        lambda sms: sms.call("getNumber", service="tg", country=2),
    ],
)
def test_an_interrupted_purchase_says_how_to_find_out(ask, wire, opened):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def answer(_asked):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return wire.silence()

    wire.answer = answer
    with pytest.raises(KeyboardInterrupt) as interrupted:
        opened(KEY, base_url=wire.url).run(ask)
    signal.signal(signal.SIGINT, before)
    told = [interrupted.value, interrupted.value.__context__]  # asyncio makes one of a cancellation
    notes = [note for link in told for note in getattr(link, "__notes__", ())]
    assert any("Before buying again call sms.reconcile(): it looks at" in note for note in notes)
    assert len(wire.asked) == 1


@pytest.mark.parametrize(("method", "noted"), [("get_number", True), ("get_prices", False)])
def test_a_cancelled_purchase_says_how_to_find_out(method, noted, wire):
    async def cancelled() -> list[str]:
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()

        def answer(_asked):
            loop.call_soon_threadsafe(arrived.set)
            return wire.silence()

        wire.answer = answer
        async with AsyncClient(KEY, base_url=wire.url) as sms:
            task = asyncio.create_task(getattr(sms, method)("tg", 2))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as failed:
                await task
            return getattr(failed.value, "__notes__", [])

    assert any("may have gone through" in note for note in asyncio.run(cancelled())) is noted
