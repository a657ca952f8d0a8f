"""No public call that takes five seconds is silent, in a notebook, a terminal or a script."""

import asyncio
import contextlib
import inspect
import io
import logging
import time
from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from sms_notebook import AsyncClient, Client, ServerError, SmsError
from sms_notebook.client import activation_steps
from sms_notebook.ledger.database import Database
from sms_notebook.magics import progress_bars as faces
from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.watching.display import Display, LogLines, View
from sms_notebook.watching.progress import NARRATOR

SLOW = 6.0  # seconds that the provider takes for each answer, and the database for each question

ASKS_NOBODY = {
    # properties, and what only looks at what is here
    "about",
    "has",
    "is_closed",
    "is_masked",
    "mask",
    "names",
    "provider",
    "sandbox",
    "shown",
    "with_options",
    # asks once it is iterated
    "iter_history",
    "iter_rent_messages",
    # serves or ends something in this process
    "aclose",
    "close",
    "webhooks",
}
METHODS = sorted(
    name
    for name in {*dir(Client), *dir(AsyncClient)}
    if not name.startswith("_") and name not in ASKS_NOBODY
)
VALUES = {
    "service": "tg",
    "services": "tg,wa",
    "country": 2,
    "countries": [2],
    "status": 3,
    "new_lang": "en",
    "hours": 4,
    "rent_time": 24,
    "product_id": 1,
    "action": "getBalance",
    "amount": "5",
    "frame": pd.DataFrame({"service": ["tg"], "country": [2]}),
}


class SteppedClock:
    """A clock that goes on only when something is slow; whoever tells of waiting looks then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.steps = 0

    def __call__(self) -> float:
        return self.now

    def step(self, seconds: float = SLOW) -> None:
        self.steps += 1
        for _ in range(4):
            self.now += seconds / 4
            NARRATOR.tick()


class SlowShop(Sandbox):
    """A sandbox that takes its time for each answer."""

    def __init__(self, clock: SteppedClock, **options: Any) -> None:
        super().__init__(**{"speed": 0, "success": 0.0, "balance": "1000", **options})
        self._stepped = clock
        self.waits_to_be_awaited = False

    def answer(self, params: Any) -> Any:
        end = time.monotonic() + 10.0
        while self.waits_to_be_awaited and not NARRATOR.waits and time.monotonic() < end:
            time.sleep(0.001)
        self._stepped.step()
        return super().answer(params)


class Screen(io.StringIO):
    """A terminal, as a program sees it."""

    def isatty(self) -> bool:
        return True


class Place:
    """Where a person looks."""

    def __init__(self, said: Callable[[], str]) -> None:
        self.said = said


def script(_monkeypatch, caplog) -> Place:
    caplog.set_level(logging.INFO, "sms_notebook")
    return Place(lambda: "\n".join(record.getMessage() for record in caplog.records))


def terminal(monkeypatch, _caplog) -> Place:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    screen = Screen()
    monkeypatch.setattr(faces, "sys", SimpleNamespace(stderr=screen, modules={}))
    return Place(screen.getvalue)


def notebook(monkeypatch, _caplog) -> Place:
    shown: list[str] = []

    def publish(*, data: dict[str, str], **_: Any) -> None:
        assert "text/html" in data
        shown.append(data["text/plain"])

    shell = SimpleNamespace(kernel=object(), display_pub=SimpleNamespace(publish=publish))
    monkeypatch.setattr(faces, "_shell", lambda: shell)
    return Place(lambda: "\n".join(shown))


PLACES = {"script": script, "terminal": terminal, "notebook": notebook}


@pytest.fixture(params=PLACES)
def place(request, monkeypatch, caplog) -> Place:
    """Somewhere to look: what it says is what a person has seen."""
    monkeypatch.setattr(faces, "_is_tested", lambda: request.param == "script")
    return PLACES[request.param](monkeypatch, caplog)


class Everywhere(Display):
    """All displays at once."""

    most = 1

    def __init__(self) -> None:
        self.all = [faces.NotebookBar(), faces.TerminalLine(), LogLines()]

    def show(self, view: View) -> None:
        for display in self.all:
            display.show(view)

    def rest(self) -> None:
        for display in self.all:
            display.rest()

    def close(self, line: str) -> None:
        for display in self.all:
            display.close(line)


@pytest.fixture
def places(monkeypatch, caplog) -> list[Place]:
    """Every place to look, so that each call is made once for all of them."""
    monkeypatch.setattr(NARRATOR, "face", lambda: Everywhere)
    return [make(monkeypatch, caplog) for make in PLACES.values()]


@pytest.fixture
def clock(monkeypatch) -> SteppedClock:
    clock = SteppedClock()
    monkeypatch.setattr(NARRATOR, "now", clock)
    for name in ("read", "write"):
        _slow_down(monkeypatch, name, clock)
    return clock


def _slow_down(monkeypatch, name: str, clock: SteppedClock) -> None:
    asked = getattr(Database, name)

    def slow(self: Database, *args: Any, **options: Any) -> Any:
        clock.step()
        return asked(self, *args, **options)

    monkeypatch.setattr(Database, name, slow)


@pytest.fixture
def shop(clock) -> SlowShop:
    return SlowShop(clock)


def lines(place: Place) -> list[str]:
    return [line.strip() for line in place.said().replace("\r", "\n").split("\n") if line.strip()]


def arguments(client: Any, name: str, numbers: dict[str, str]) -> dict[str, Any]:
    """Return arguments for those parameters that must be there, and those that narrow a list."""
    known = {**VALUES, **numbers}
    parameters = inspect.signature(getattr(client, name)).parameters.values()
    narrowing = ("service", "country")
    needed = [one.name for one in parameters if one.default is one.empty or one.name in narrowing]
    return {name: known[name] for name in needed if name != "wire_params"}


def called(client: Any, name: str, numbers: dict[str, str], shop: Sandbox) -> Any:
    """Return what calling a method gives; that may have to be awaited."""
    if name == "call":
        return client.call("getBalance")
    if name == "activation":
        return _block(client, shop)
    if name in ("events", "watch"):
        shop.waits_to_be_awaited = True  # it asks on a thread of its own, perhaps before that
    if name == "events":
        return _first(client.events())
    if name == "watch":
        watch = client.watch(numbers["activation_id"])
        if isinstance(client, AsyncClient):
            return _first(watch)
        with watch:
            return next(watch)
    return getattr(client, name)(**arguments(client, name, numbers))


async def _first(events: Any) -> Any:
    """Take one event, and end what brings them."""
    event = await anext(events)
    await (events.__aexit__(None, None, None) if hasattr(events, "frame") else events.aclose())
    return event


def _block(client: Any, shop: Sandbox) -> Any:
    """Use a number for the length of a block."""
    if isinstance(client, Client):
        with client.activation("tg", 2) as number:
            shop.send_sms(number.activation_id, "Your code is 01234")
        return None

    async def use() -> None:
        async with client.activation("tg", 2) as number:
            shop.send_sms(number.activation_id, "Your code is 01234")

    return use()


async def awaited(result: Any) -> Any:
    return await result


@pytest.mark.filterwarnings("ignore:.* is deprecated by the API")
@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("method", METHODS)
def test_whatever_takes_long_says_what_it_waits_for(method, kind, places, clock):
    if not hasattr(kind, method) or (method, kind) == ("events", Client):
        pytest.skip("the other client has it")
    shop = SlowShop(clock, dialect="herosms" if method == "get_all_sms" else "reference")
    client = kind(sandbox=shop)
    numbers = bought(shop, inspect.signature(getattr(client, method)).parameters.keys())
    assert [lines(place) for place in places] == [[], [], []]
    clock.steps = 0
    with asyncio.Runner() as runner, contextlib.suppress(SmsError):
        result = called(client, method, numbers, shop)
        if inspect.isawaitable(result):
            runner.run(awaited(result))
    assert clock.steps, "nobody was asked: it belongs to what asks nobody"
    for place in places:
        said = lines(place)
        assert any("Waiting for " in line for line in said), said
        assert "Waiting for " not in said[-1], "the last line says what came of it"


def bought(shop: Sandbox, needed: Collection[str]) -> dict[str, str]:
    """Buy what a call is about, as far as it is about something."""
    numbers = {}
    with Client(sandbox=shop, quiet=True) as sms:
        if not {"activation_id", "ids"}.isdisjoint(needed):
            numbers["activation_id"] = sms.order("wa", 2).loc[0, "activation_id"]
            shop.send_sms(numbers["activation_id"], "Your code is 01234")
        if "rent_id" in needed:
            numbers["rent_id"] = sms.rent("full", 2, 4).loc[0, "rent_id"]
    return numbers


def test_a_client_that_waits_for_its_ledger_says_so_while_it_opens(place, clock, tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Client(sandbox=SlowShop(clock), ledger=path, quiet=True) as before:
        before.order("tg", 2)
    assert lines(place) == []
    Client(sandbox=SlowShop(clock), ledger=path).close()
    assert any("Waiting for the ledger" in line for line in lines(place))


def test_a_number_that_cannot_be_cancelled_yet_is_waited_for_aloud(place, clock, shop, monkeypatch):
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 0.05)
    with Client(sandbox=shop) as sms:
        order = sms.order("tg", 2)
        polls = iter(range(3))

        def answer(params: Any) -> Any:
            if params.get("action") == "getActiveActivations" and next(polls, None) is None:
                shop.step(120)
            return SlowShop.answer(shop, params)

        monkeypatch.setattr(shop, "answer", answer)
        monkeypatch.setattr(activation_steps, "EVERY", 0.05)
        ended = sms.cancel(order, when_allowed=True)
    assert ended.loc[0, "status"] == "ACCESS_CANCEL"
    number = order.loc[0, "phone_number"]
    moment = f"Waiting for the moment when {number} (Telegram) can be cancelled"
    assert any(moment in line for line in lines(place)), lines(place)
    assert lines(place)[-1] == f"{number} (Telegram) is cancelled: the money comes back."


def paused(sms: Client, clock: SteppedClock) -> None:
    """Let pauses pass on the stepped clock."""
    sms._pause = clock.step


def test_pauses_before_another_try_say_why(place, clock, monkeypatch):
    shop = Sandbox(speed=0)
    with Client(sandbox=Gateway(shop, Faults(["503-before:1"]))) as sms:
        paused(sms, clock)
        monkeypatch.setattr("sms_notebook.transport.options.random.uniform", lambda *_: 20.0)
        with contextlib.suppress(ServerError):
            sms.get_balance()
    assert any("another try at Sandbox after ServerError" in line for line in lines(place)), lines(
        place
    )


def test_a_provider_that_takes_few_requests_is_said_to_have_a_limit(place, clock):
    with Client(sandbox=Sandbox(speed=0)) as sms:
        paused(sms, clock)
        object.__setattr__(sms._session.rate_limiter, "reserve", lambda: SLOW)
        sms.get_balance()
    assert any("a turn to ask Sandbox, whose rate is limited" in line for line in lines(place))
