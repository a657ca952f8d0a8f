"""What is measured of a long ledger: its frame, and what must not grow with it."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from measure import Ratio, at_most, interleaved, times

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
SHORT, LONG, LONGEST = 200, 20_000, 200_000
ROUNDS = 15
_FRESH = {  # what differs from order to order; all else is as it was in the first
    "orders": {
        "id": "n",
        "order_id": "'order ' || n",
        "key": "'key ' || n",
        "live_key": "'key ' || n",
        "day": "date('2026-01-01', '+' || (n / 500) || ' days')",
        "begun_at": "datetime('2026-01-01', '+' || n || ' minutes') || '.000000'",
    },
    "numbers": {
        "id": "n",
        '"order"': "n",
        "ref": "7000000000 + n",
        "only_ref": "'activation:' || (7000000000 + n)",
        "bought_at": "datetime('2026-01-01', '+' || n || ' minutes') || '.000000'",
        "state": "'finished'",
    },
    "messages": {"id": "n", "ref": "7000000000 + n", "content": "'content ' || n"},
}
_SAME = """
SELECT orders.order_id, orders."key", orders.action, orders.provider, orders.begun_at, orders.error,
    numbers.service, numbers.country, numbers.operator, numbers.ref, numbers.phone_number,
    numbers.cost, numbers.currency, numbers.is_quote, numbers.state, numbers.bought_at,
    numbers.refunded, messages.code, messages.text, messages.received_at, messages.seen_at
FROM orders LEFT JOIN numbers ON numbers."order" = orders.id
LEFT JOIN messages ON messages.ref = numbers.ref AND messages.provider = numbers.provider
ORDER BY orders.id
"""


@contextmanager
def ledger_of(orders: int) -> Iterator[tuple[Client, Path, Callable[[], Client]]]:
    """Make a ledger with so many orders, each with a number and its code; and clients of it."""
    shop = Sandbox(speed=0, success=1, api_key=KEY, balance="1000000")
    with tempfile.TemporaryDirectory() as folder, serve(shop) as url:
        place = Path(folder) / "ledger.sqlite"

        def client() -> Client:
            return Client(KEY, base_url=url, ledger=place, budget="100000")

        with client() as sms:
            number = sms.order("tg", 2, key="first").loc[0, "activation_id"]
            shop.step(60)
            sms.get_status(number)
            sms.finish(number)
            multiply(place, orders)
            yield sms, place, client


def multiply(place: Path, orders: int) -> None:
    """Write the first order of a ledger again and again, as other orders."""
    with closing(sqlite3.connect(place, isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        for table, fresh in _FRESH.items():
            names = [
                '"order"' if name == "order" else name
                for _, name, *_ in ledger.execute(f"PRAGMA table_info({table})")
            ]
            values = ", ".join(fresh.get(name, f"first.{name}") for name in names)
            ledger.execute(
                f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 - our own names
                f"WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series "
                f"WHERE n < {orders}) "
                f"SELECT {values} FROM series, (SELECT * FROM {table} LIMIT 1) AS first"
            )
        ledger.execute("COMMIT")


def reporting(effort: float = 1, orders: int = LONG) -> Iterator[Ratio]:
    """Compare the frame of a ledger with what pandas takes to read the same rows."""
    with ledger_of(orders) as (sms, place, _), closing(sqlite3.connect(place)) as bare:
        assert len(sms.ledger()) == len(pd.read_sql(_SAME, bare)) == orders
        mine, theirs = interleaved(
            sms.ledger,
            lambda: pd.read_sql(_SAME, bare),
            times(5, effort),
            warm=1,
            clock=time.process_time,
        )
        yield at_most(f"ledger() of {orders:,} orders / pandas.read_sql", mine, theirs, 6)


def growing(effort: float = 1, many: int = LONG) -> Iterator[Ratio]:
    """Compare what people do with a long ledger, and with a short one."""
    rounds = times(ROUNDS, effort)
    short, long = _moments(SHORT, rounds), _moments(many, rounds)
    for what, seconds in long.items():
        yield at_most(f"{what}, {many:,} orders / {SHORT:,} orders", seconds, short[what], 4)


def _moments(orders: int, rounds: int) -> dict[str, float]:
    with ledger_of(orders) as (sms, _place, client):

        def opened() -> None:
            client().close()

        things: dict[str, Callable[[], Any]] = {
            "Client()": opened,
            "order()": lambda: sms.order("tg", 2),
            "order() of a known key": lambda: sms.order("tg", 2, key="first"),
            "reconcile()": sms.reconcile,
            "budget()": sms.budget,
            "ledger(limit=10)": lambda: sms.ledger(limit=10),
        }
        return {what: _median(thing, rounds) for what, thing in things.items()}


def _median(thing: Callable[[], Any], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        started = time.process_time()
        thing()
        took.append(time.process_time() - started)
    return statistics.median(took)
