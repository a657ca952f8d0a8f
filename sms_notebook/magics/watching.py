"""Waiting in a cell or a terminal: a bar with the time left, and codes as they come."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from sms_notebook.client.waiting import EVERY
from sms_notebook.magics.progress import Bar, TextBar, WidgetBar
from sms_notebook.magics.saying import printable
from sms_notebook.magics.session import Session
from sms_notebook.watching.loop import LOOP

if TYPE_CHECKING:
    from sms_notebook.watching.watch import Watch

_LOOK = 0.25  # seconds between two changes of the bar
_LIFE = timedelta(minutes=20)


def wait_with_progress(
    session: Session, activation: str, timeout: float | None, every: float | None
) -> pd.DataFrame:
    """Wait for a code.

    Raises
    ------
    CodeTimeout, ActivationOver, KeyboardInterrupt
        As of ``sms.wait_code``.
    """
    title = f"Waiting for the code of {printable(activation)}"
    whole = _LIFE.total_seconds() if timeout is None else timeout
    try:
        left = _left_of(session, activation) if timeout is None else _left_until(timeout)
        with _shown(session, title, left, whole):
            return session.client.wait_code(
                activation, timeout, every=EVERY if every is None else every
            )
    except KeyboardInterrupt:  # also one that came before the wait had begun
        from sms_notebook.watching.waiting import stopped  # noqa: PLC0415 - loads SQLAlchemy

        raise stopped(activation) from None


def _left_until(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def _left_of(session: Session, activation: str) -> Callable[[], float]:
    """Return how to tell the seconds that an activation has left, by the provider's clock."""
    books = session.client._session.keeper.books  # noqa: SLF001 - a face of the client
    number = books.ledger.number(books.account, activation)
    is_known = books.clock_agrees or session.client._desk is not None  # noqa: SLF001 - likewise
    begun = books.now()
    if number is not None:  # its own time counts only where that clock can be read
        begun = number.since if is_known and number.since is not None else number.bought_at
    end = begun + _LIFE

    def left() -> float:
        seconds: float = (end - books.now()).total_seconds()
        return seconds

    return left


@contextmanager
def _shown(session: Session, title: str, left: Callable[[], float], whole: float) -> Iterator[None]:
    """Show a bar as long as something is waited for."""
    bar: Bar = WidgetBar(title) if session.in_notebook() else TextBar(title)
    moving = LOOP.submit(_moved(bar, left, whole))  # the wait itself takes this thread
    try:
        yield
    finally:
        moving.cancel()
        bar.close()


async def _moved(bar: Bar, left: Callable[[], float], whole: float) -> None:
    while True:
        bar.show(left(), whole)
        await asyncio.sleep(_LOOK)


def watch_aloud(
    session: Session, activations: list[str], *, rents: bool, seconds: float | None
) -> pd.DataFrame:
    """Print events as they come, until all is over, time is up, or an interrupt.

    Raises
    ------
    BadKey, Banned, AccountBlocked
        Passing failures do not end it.
    """
    watch = session.client.watch(activations or None, rents=rents)
    with watch:
        timer = None if seconds is None else LOOP.submit(_ended(watch, seconds))
        print(f"Watching {len(watch.frame)} now. An interrupt only stops watching.")  # noqa: T201 - what it is for
        try:
            for event in watch:
                print(printable(str(event)), flush=True)  # noqa: T201 - likewise
        except KeyboardInterrupt:
            print("Stopped watching. The numbers stay as they are.")  # noqa: T201 - likewise
        finally:
            if timer is not None:
                timer.cancel()
        return watch.frame


async def _ended(watch: "Watch", seconds: float) -> None:
    await asyncio.sleep(seconds)
    watch.close()
