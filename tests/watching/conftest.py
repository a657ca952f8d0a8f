import _thread
import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.watching.display import Display, View
from sms_notebook.watching.loop import LOOP

QUICK = 0.05
"""Seconds between two polls."""


def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def crossed(rows: Mapping[str, Any], columns: Mapping[str, Any]) -> list[Any]:
    """Return parameters: each row and each column is tried, the last ones with all of the others.

    All other pairs are tried by ``make test-deep``.
    """
    last_row, last_column = list(rows)[-1], list(columns)[-1]
    return [
        pytest.param(
            rows[row],
            columns[column],
            id=f"{row}-{column}",
            marks=() if row == last_row or column == last_column else pytest.mark.deep,
        )
        for row in rows
        for column in columns
    ]


class Board(Display):
    """Where a test looks: everything that is shown, and the last lines."""

    most = 2
    views: list[View]
    last: list[str]

    def show(self, view: View) -> None:
        self.views.append(view)

    def close(self, line: str) -> None:
        self.last.append(line)


def begin(function: Callable[..., Any], *args: Any, **kwargs: Any) -> "Future[Any]":
    """Call a function in a thread of its own, which keeps nobody from ending."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as failure:  # noqa: BLE001 - whoever waits gets it
            future.set_exception(failure)

    threading.Thread(target=run, daemon=True).start()
    return future


def interrupt_when(condition: Callable[[], Any]) -> None:
    """Interrupt the main thread, as a person would, when something has become true."""
    until(condition)
    _thread.interrupt_main()


class Shop(Sandbox):
    """A sandbox with a standing clock that remembers what it was asked.

    Codes come only when `say` sends them. What `tool` does, another program does: the client under
    test hears nothing of it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"speed": 0, "success": 0.0, "balance": "1000", **options})
        self.asked: list[str] = []

    def answer(self, params: Any) -> Any:
        self.asked.append(params.get("action", ""))
        return super().answer(params)

    def tool(self, action: str, **params: Any) -> str:
        texts = {name: str(value) for name, value in params.items()}
        return super().answer({"action": action, **texts}).text

    def foreign(self, **params: Any) -> str:
        """Buy a number that no ledger knows."""
        return self.tool("getNumber", service="tg", country=2, **params).split(":")[1]

    def say(self, ref: str, code: str, text: str = "Your code is {}") -> None:
        self.send_sms(ref, text.format(code), code)

    @property
    def polls(self) -> int:
        """How often somebody asked for all that is active."""
        return self.asked.count("getActiveActivations")

    def at_once(self) -> Any:
        """Let nobody see what is between the steps of a ``with`` block."""
        return self._lock


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open one kind of client where a module says so: what it tests does not differ for both."""
    items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    clients = getattr(getattr(item, "module", None), "CLIENTS", None)
    callspec = getattr(item, "callspec", None)
    return clients is None or callspec is None or callspec.params.get("opened") in (None, *clients)


def gateway(shop: Shop, *faults: str) -> Gateway:
    return Gateway(shop, Faults(faults))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def nothing_left_running() -> Iterator[None]:
    """Whatever a test began on the loop thread has ended with it."""
    yield
    try:
        until(lambda: not tasks())
    except AssertionError:
        pytest.fail(f"still running: {tasks()}")


def tasks() -> list[Any]:
    """Return what runs on the loop thread."""
    if LOOP.thread is None:
        return []
    return LOOP.run(_tasks())


async def _tasks() -> list[Any]:
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]


def kinds(events):
    return [event.kind for event in events]


def take(watch, count):
    """Take events; fail where they do not come."""
    return begin(lambda: [next(watch) for _ in range(count)]).result(60)


def rest(watch):
    return begin(list, watch).result(60)
