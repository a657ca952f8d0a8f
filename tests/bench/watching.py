"""What is measured of watching: requests and CPU time of a tick, for 1 to 100 activations.

Each tick asks for the list; every fourth one each number is asked for by itself too.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from measure import Ratio, at_most, times

from sms_notebook import Client
from sms_notebook.sandbox.server import API_PATH
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.queries import ASK_EVERY

SIZES = (1, 10, 100)
EVERY = 0.02  # seconds
WARM, TICKS = 4, 12
CALLS = 15
SANDBOX = ("--port", "0", "--speed", "0", "--success", "0", "--balance", "100000")


class Cost(NamedTuple):
    """What watching so many activations costs."""

    requests: int
    ticks: int
    tick: float
    """Seconds of CPU time."""
    call: float
    """The same for one get_active_activations()."""


@contextmanager
def shop() -> Iterator[str]:
    """Serve a sandbox where no code comes, from a process of its own."""
    command = [sys.executable, "-m", "sms_notebook", "sandbox", *SANDBOX]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def buy(bare: httpx.Client, url: str, count: int) -> list[str]:
    """Buy numbers without our client: the ledger knows nothing of them."""
    params = {"action": "getNumber", "service": "tg", "country": "2"}
    return [bare.get(url, params=params).text.split(":")[1] for _ in range(count)]


def requests(bare: httpx.Client, url: str) -> int:
    """Ask the sandbox how often it was asked."""
    return int(bare.get(url.replace(API_PATH, "/sandbox/state")).json()["requests"])


async def _cpu() -> float:
    return time.thread_time()


def cost_of(sms: Client, bare: httpx.Client, url: str, refs: list[str], count: int) -> Cost:
    """Watch some activations for a while."""
    before = requests(bare, url)
    poller = sms._poller_handle.poller
    first = poller.ticks
    with sms.watch(refs, every=EVERY):
        _wait_for(lambda: poller.ticks >= first + WARM)
        began, tick = LOOP.run(_cpu()), poller.ticks
        _wait_for(lambda: poller.ticks >= tick + TICKS)
        each = (LOOP.run(_cpu()) - began) / (poller.ticks - tick)
    asked, ticks = requests(bare, url) - before, poller.ticks - first
    calls = []
    for _ in range(count):
        began = time.thread_time()
        sms.get_active_activations()
        calls.append(time.thread_time() - began)
    return Cost(asked, ticks, each, statistics.median(calls))


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def watching(effort: float = 1) -> Iterator[Ratio]:
    """Watch more and more activations over HTTP."""
    costs: dict[int, Cost] = {}
    refs: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        shop() as url,
        httpx.Client(trust_env=False, timeout=60) as bare,
        Client(base_url=url, ledger=Path(folder) / "ledger.sqlite") as sms,
    ):
        for size in SIZES:
            refs += buy(bare, url, size - len(refs))
            costs[size] = cost_of(sms, bare, url, refs, times(CALLS, effort))
    for size, cost in costs.items():
        # The first tick asks for each number, the last may be counted before it has asked.
        most = cost.ticks * (1 + size / ASK_EVERY) + 2 * size
        what = f"watching {size}: requests / (ticks x (1 + {size} / {ASK_EVERY}))"
        is_few = cost.ticks - 1 <= cost.requests <= most
        yield Ratio(what, cost.requests / 1e3, most / 1e3, "<= 1", is_few)
    largest = costs[SIZES[-1]]
    calls = largest.call * largest.requests / largest.ticks
    yield at_most(f"CPU of a tick, {SIZES[-1]} watched / as many calls", largest.tick, calls, 2.5)
    for few, many in ((1, 10), (10, 100)):
        ours, theirs = costs[many].tick, costs[few].tick
        yield at_most(f"CPU of a tick, {many} watched / {few} watched", ours, theirs, many / few)
