"""Waiting in a cell or a terminal: a bar with the time left, and codes as they come."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import pandas as pd

from sms_notebook.client.steps import Wait
from sms_notebook.client.waiting import EVERY
from sms_notebook.magics.session import Session
from sms_notebook.watching.events import Event
from sms_notebook.watching.loop import LOOP

_LOOK = 0.25  # seconds between two changes of the bar
_WIDTH = 24


class Bar(Protocol):
    """Shows how much time is left."""

    def show(self, seconds: float, of: float) -> None:
        """Change what is shown."""

    def close(self) -> None:
        """Show it no more."""


class _Line:
    """A line of text that is written over."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._longest = 0

    def show(self, seconds: float, of: float) -> None:
        full = round(_WIDTH * min(max(seconds / of, 0.0), 1.0)) if of else 0
        text = f"{self._title} [{'#' * full}{'.' * (_WIDTH - full)}] {_clock(seconds)} left"
        self._longest = max(self._longest, len(text))
        sys.stderr.write(f"\r{text:<{self._longest}}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write(f"\r{'':<{self._longest}}\r")
        sys.stderr.flush()


class _Widget:
    """A bar of a notebook."""

    def __init__(self, title: str) -> None:
        import ipywidgets  # noqa: PLC0415 - only where a notebook shows it
        from IPython.display import display  # noqa: PLC0415 - likewise

        self._bar: Any = ipywidgets.FloatProgress(
            min=0.0, max=1.0, description="", layout={"width": "24em"}
        )
        self._label: Any = ipywidgets.Label(title)
        self._box: Any = ipywidgets.HBox([self._label, self._bar, ipywidgets.Label("")])
        display(self._box)  # type: ignore[no-untyped-call]  # IPython does not say

    def show(self, seconds: float, of: float) -> None:
        self._bar.value = min(max(seconds / of, 0.0), 1.0) if of else 0.0
        self._box.children[2].value = f"{_clock(seconds)} left"

    def close(self) -> None:
        for child in self._box.children:
            child.close()
        self._box.close()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(int(seconds), 0), 60)
    return f"{minutes}:{rest:02}"


@contextmanager
def _bar(session: Session, title: str) -> Iterator[Bar]:
    """Show a bar as long as something is waited for."""
    bar: Bar = _Line(title)
    if session.in_notebook():
        try:
            bar = _Widget(title)
        except ImportError:
            pass
    try:
        yield bar
    finally:
        bar.close()


def wait_with_progress(
    session: Session, activation: str, timeout: float | None, every: float | None
) -> pd.DataFrame:
    """Wait for a code; the wait runs on the loop thread, the bar here.

    Raises
    ------
    CodeTimeout, ActivationOver, KeyboardInterrupt
        As of ``sms.wait_code``.
    """
    sms = session.client
    steps = sms._waited(activation, timeout, every or EVERY)  # noqa: SLF001 - a face of the client
    step = next(steps)
    assert isinstance(step, Wait)  # noqa: S101 - all that waiting does
    future = LOOP.submit(step.begin())
    began = time.monotonic()
    try:
        with _bar(session, f"Waiting for the code of {activation}") as bar:
            whole = timeout or session.life_of(activation)
            while not future.done():
                bar.show(whole - (time.monotonic() - began), whole)
                wait([future], _LOOK)
        outcome = future.result()
    except BaseException as failure:
        future.cancel()
        steps.throw(failure)
        raise
    try:
        steps.send(outcome)
    except StopIteration as done:
        frame: pd.DataFrame = done.value
        return frame
    raise AssertionError("unreachable")


def watch_aloud(
    session: Session, activations: list[str], *, rents: bool, seconds: float | None
) -> pd.DataFrame:
    """Print events as they come, until all is over, time is up, or an interrupt."""
    watch = session.client.watch(activations or None, rents=rents and not activations or [])
    events: SimpleQueue[Event | None] = SimpleQueue()
    watch.listen(events.put)
    end = None if seconds is None else time.monotonic() + seconds
    with watch:
        try:
            while end is None or time.monotonic() < end:
                with suppress(Empty):
                    event = events.get(timeout=_LOOK)
                    if event is None:
                        break
                    print(event)  # noqa: T201 - what it is for
        except KeyboardInterrupt:
            print("Stopped watching. The numbers stay as they are.")  # noqa: T201 - likewise
        return watch.frame
