"""What is measured: reading a price list, a call, many calls at once, importing."""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pandas as pd
from measure import Ratio, at_most, faster, import_seconds, interleaved

from sms_notebook import AsyncClient, Client
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.context import Context
from sms_notebook.protocol.replies import Reply

COUNTRIES, SERVICES = 200, 800
CALLS, CONCURRENT, BURSTS = 500, 100, 30
ORDERS = 200


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


def reading() -> Iterator[Ratio]:
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
    mine, theirs = interleaved(ours, lambda: typed.decode(raw), 9)
    yield at_most(f"{size} to a frame / msgspec to structs", mine, theirs, 3.5)
    mine, theirs = interleaved(ours, dicts, 5)
    yield faster(f"{size} to a frame / json + list of dicts", mine, theirs, 2.0)


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


def calling() -> Iterator[Ratio]:
    """Ask for the balance, one by one and a hundred at once."""
    with server() as url:
        with Client(base_url=url) as sms, httpx.Client() as bare:
            mine, theirs = interleaved(
                sms.get_balance,
                lambda: bare.get(url, params={"action": "getBalance"}).text,
                CALLS,
                warm=20,
            )
        yield at_most("get_balance / httpx get().text", mine, theirs, 1.5)
        mine, theirs = asyncio.run(_bursts(url))
        yield at_most(f"{CONCURRENT} concurrent get_balance / httpx", mine, theirs, 1.5)


def ordering() -> Iterator[Ratio]:
    """Order numbers with a ledger on a disk, against the bare request."""
    params = {"action": "getNumberV2", "service": "tg", "country": "2"}
    with (
        server("--balance", "10000") as url,
        tempfile.TemporaryDirectory() as folder,
        Client(base_url=url, ledger=f"{folder}/ledger.sqlite") as sms,
        httpx.Client() as bare,
    ):
        mine, theirs = interleaved(
            lambda: sms.order("tg", 2), lambda: bare.get(url, params=params).json(), ORDERS
        )
    yield at_most("order() with its ledger / httpx get().json()", mine, theirs, 12)


async def _bursts(url: str) -> tuple[float, float]:
    """Time bursts of concurrent calls, in turns."""
    loop = asyncio.get_running_loop()
    mine: list[float] = []
    theirs: list[float] = []
    async with AsyncClient(base_url=url) as sms, httpx.AsyncClient() as bare:
        for burst in range(BURSTS + 2):
            started = loop.time()
            await asyncio.gather(*(sms.get_balance() for _ in range(CONCURRENT)))
            between = loop.time()
            await asyncio.gather(
                *(bare.get(url, params={"action": "getBalance"}) for _ in range(CONCURRENT))
            )
            if burst > 1:
                mine.append(between - started)
                theirs.append(loop.time() - between)
    return statistics.median(mine), statistics.median(theirs)


def importing() -> Iterator[Ratio]:
    """Import the package against importing pandas and httpx."""
    mine, theirs = [], []
    for _ in range(7):
        theirs.append(import_seconds("import pandas, httpx"))
        mine.append(import_seconds("import sms_notebook"))
    yield at_most(
        "import sms_notebook / import pandas, httpx",
        statistics.median(mine),
        statistics.median(theirs),
        1.25,
    )
