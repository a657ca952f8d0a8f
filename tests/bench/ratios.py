"""What is measured: reading a price list, a call, many calls at once, an order, importing."""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pandas as pd
from measure import Ratio, at_most, faster, import_seconds, interleaved, times

from sms_notebook import AsyncClient, Client
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.replies import Context, Reply

COUNTRIES, SERVICES = 200, 800
CALLS, CONCURRENT, BURSTS = 300, 100, 15
ORDERS = 200
OFFERS = 20_849  # of HeroSMS
KEY = "0123456789abcdef" * 2
PATIENCE = 60.0  # seconds: a busy machine is no failure
COMPUTES: dict[str, Any] = {"warm": 1, "clock": time.process_time}


class Offer(msgspec.Struct):
    """A price as a typed struct: what decoding alone costs."""

    cost: float
    count: int
    physicalCount: int | None = None  # noqa: N815 - as on the wire


def price_list() -> bytes:
    """Make a price list of 200 countries x 800 services, some 10 MB."""
    draw = random.Random(7)
    services = [f"s{number:03d}" for number in range(SERVICES)]
    prices: dict[str, Any] = {
        str(country): {
            service: {
                "cost": round(draw.uniform(0.05, 5), 4),
                "count": draw.randrange(10**6),
                "physicalCount": draw.randrange(10**6),
            }
            for service in services
        }
        for country in range(COUNTRIES)
    }
    return json.dumps(prices, separators=(",", ":")).encode()


def live_list(**changes: object) -> bytes:
    """Make a price list as long as HeroSMS' is, with offers as documented but for the changes."""
    offer = {"cost": 0.05, "count": 900, "physicalCount": 7, **changes}
    prices: dict[str, dict[str, object]] = {}
    for number in range(OFFERS):
        prices.setdefault(str(number % COUNTRIES), {})[f"s{number // COUNTRIES:03d}"] = offer
    return json.dumps(prices, separators=(",", ":")).encode()


def reading(effort: float = 1) -> Iterator[Ratio]:
    """Read the price list against decoding it, and against a list of dicts."""
    raw = price_list()
    reply, call, context = Reply(200, raw), Calls().get_prices(), Context("getPrices")
    typed = msgspec.json.Decoder(dict[str, dict[str, Offer]])

    def ours() -> pd.DataFrame:
        return call.read(reply, context)

    def dicts() -> pd.DataFrame:
        return pd.DataFrame(
            [
                {"country": country, "service": service, **offer}
                for country, offers in json.loads(raw).items()
                for service, offer in offers.items()
            ]
        )

    assert len(ours()) == len(dicts()) == COUNTRIES * SERVICES
    size = f"{len(raw) / 1e6:.0f} MB price list"
    mine, theirs = interleaved(ours, lambda: typed.decode(raw), times(9, effort), **COMPUTES)
    yield at_most(f"{size} to a frame / msgspec to structs", mine, theirs, 2.6)
    mine, theirs = interleaved(ours, dicts, times(5, effort), **COMPUTES)
    yield faster(f"{size} to a frame / json + list of dicts", mine, theirs, 2.0)
    reference = Reply(200, live_list())
    for what, changes, most in (
        ("as HeroSMS has it", {"physicalCount": 0}, 1.25),
        ("with counts as text", {"cost": "0.05", "count": "900"}, 1.5),
        ("with retail_price", {"retail_price": 0.06}, 2.0),
    ):
        live = Reply(200, live_list(**changes))
        mine, theirs = interleaved(
            lambda live=live: call.read(live, context),
            lambda: call.read(reference, context),
            times(15, effort),
            **COMPUTES,
        )
        yield at_most(f"{OFFERS} offers {what} / as documented", mine, theirs, most)


@contextmanager
def server(*options: str) -> Iterator[str]:
    """Serve a sandbox from a process of its own, so that it does not share our interpreter."""
    command = [sys.executable, "-m", "sms_notebook", "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def calling(effort: float = 1) -> Iterator[Ratio]:
    """Ask for the balance, one by one and a hundred at once."""
    with server() as url:
        with Client(KEY, base_url=url) as sms, httpx.Client(timeout=PATIENCE) as bare:
            asked = {"api_key": KEY, "action": "getBalance"}
            mine, theirs = interleaved(
                sms.get_balance,
                lambda: bare.get(url, params=asked).text,
                times(CALLS, effort),
                warm=20,
            )
        yield at_most("get_balance / httpx get().text", mine, theirs, 1.25)
        mine, theirs = asyncio.run(_bursts(url, times(BURSTS, effort)))
        yield at_most(f"{CONCURRENT} concurrent get_balance / httpx", mine, theirs, 1.5)


def ordering(effort: float = 1) -> Iterator[Ratio]:
    """Order numbers with a ledger on a disk, against the bare request."""
    look = {"action": "getActiveActivations"}
    params = {"action": "getNumberV2", "service": "tg", "country": "2"}
    with (
        server("--balance", "10000") as url,
        tempfile.TemporaryDirectory() as folder,
        Client(KEY, base_url=url, ledger=f"{folder}/ledger.sqlite") as sms,
        httpx.Client(timeout=PATIENCE) as bare,
    ):
        mine, theirs = interleaved(
            lambda: sms.order("tg", 2),
            lambda: [bare.get(url, params=asked).json() for asked in (look, params)],
            times(ORDERS, effort),
        )
    yield at_most("order() with its look and ledger / httpx, twice", mine, theirs, 12)


FIRST = """
import sys, time
from sms_notebook import Client
began = time.process_time()
with Client(sys.argv[1], base_url=sys.argv[2], ledger=sys.argv[3]) as sms:
    sms.order("tg", 2)
    print(time.process_time() - began)
"""


def first_order(effort: float = 1) -> Iterator[Ratio]:
    """Order a number in a fresh process, whose ledger is new: what it takes beyond importing.

    It is measured by what importing pandas and httpx takes on the same machine.
    """
    mine, theirs = [], []
    with server("--balance", "10000") as url:
        for _ in range(times(7, effort)):
            theirs.append(import_seconds("import pandas, httpx"))
            with tempfile.TemporaryDirectory() as folder:
                arguments = (KEY, url, f"{folder}/ledger.sqlite")
                printed = subprocess.run(
                    [sys.executable, "-c", FIRST, *arguments],
                    check=True,
                    capture_output=True,
                    text=True,
                )
            mine.append(float(printed.stdout))
    yield at_most("first order() of a process / import pandas, httpx", min(mine), min(theirs), 0.6)


async def _bursts(url: str, bursts: int) -> tuple[float, float]:
    """Time bursts of concurrent calls, in turns."""
    loop = asyncio.get_running_loop()
    mine: list[float] = []
    theirs: list[float] = []
    asked = {"api_key": KEY, "action": "getBalance"}
    async with AsyncClient(KEY, base_url=url) as sms, httpx.AsyncClient(timeout=PATIENCE) as bare:
        for burst in range(bursts + 2):
            started = loop.time()
            await asyncio.gather(*(sms.get_balance() for _ in range(CONCURRENT)))
            between = loop.time()
            await asyncio.gather(*(bare.get(url, params=asked) for _ in range(CONCURRENT)))
            if burst > 1:
                mine.append(between - started)
                theirs.append(loop.time() - between)
    return statistics.median(mine), statistics.median(theirs)


def importing(effort: float = 1, most: float = 1.2) -> Iterator[Ratio]:
    """Import the package against importing pandas and httpx."""
    mine, theirs = [], []
    for _ in range(times(7, effort)):
        theirs.append(import_seconds("import pandas, httpx"))
        mine.append(import_seconds("from sms_notebook import Client"))
    # The least is what it takes: all else is what other processes did to the caches meanwhile.
    what = "from sms_notebook import Client / import pandas, httpx"
    yield at_most(what, min(mine), min(theirs), most)
