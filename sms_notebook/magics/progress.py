"""Waiting in a cell or a terminal: a bar with the time left, and codes as they come."""

import asyncio
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from sms_notebook.client.activation_steps import EVERY
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.text import printable
from sms_notebook.watching.loop import LOOP

if TYPE_CHECKING:
    from sms_notebook.watching.watch import Watch

_LOOK = 0.25  # seconds between two changes of the bar
_WIDTH = 24


class TextBar:
    """A line of text on the error output; in a terminal it is written over.

    Parameters
    ----------
    title : str
        What is waited for.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = ""
        self._changing = threading.Lock()
        self.is_over = False

    def show(self, left: float, of: float) -> None:
        """Write how much is left, where that has changed; into a file only once."""
        full = round(_WIDTH * _share(left, of))
        text = f"{self._title} [{'#' * full}{'.' * (_WIDTH - full)}] {_clock(left)} left"
        text = text[: shutil.get_terminal_size().columns - 1]
        with self._changing:
            if self.is_over or text == self._shown:
                return
            if not sys.stderr.isatty():
                self.is_over = True
                sys.stderr.write(f"{text}\n")
            else:
                sys.stderr.write(f"\r{text:<{len(self._shown)}}")
            self._shown = text
            sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        with self._changing:
            if self._shown and sys.stderr.isatty():
                sys.stderr.write(f"\r{'':<{len(self._shown)}}\r")
                sys.stderr.flush()
            self.is_over = True


class WidgetBar:
    """A widget in a notebook; a line of text stays in its place.

    Parameters
    ----------
    title : str
        What is waited for.
    """

    def __init__(self, title: str) -> None:
        import ipywidgets  # noqa: PLC0415 - only where a notebook shows it
        from IPython.display import display  # noqa: PLC0415 - likewise

        self._title = title
        self._changing = threading.Lock()
        self._left = ""
        self.is_over = False
        self._bar: Any = ipywidgets.FloatProgress(min=0.0, max=1.0, layout={"width": "16em"})
        self._label: Any = ipywidgets.Label("")
        self._box: Any = ipywidgets.HBox([ipywidgets.Label(title), self._bar, self._label])
        self._display: Any = display(self._box, display_id=True)  # type: ignore[no-untyped-call]  # IPython does not say

    def show(self, left: float, of: float) -> None:
        """Move the bar."""
        with self._changing:
            if not self.is_over:
                self._left = f"{_clock(left)} left"
                self._bar.value = _share(left, of)
                self._label.value = self._left

    def close(self) -> None:
        """Take the widgets away."""
        with self._changing:
            self.is_over = True
            bundle = {"text/plain": f"{self._title}: over with {self._left}."}
            self._display.update(bundle, raw=True)
            for widget in (*self._box.children, self._box):
                for model in (widget, widget.layout, getattr(widget, "style", None)):
                    if model is not None:
                        model.close()


def _share(left: float, of: float) -> float:
    return min(max(left / of, 0.0), 1.0) if of else 0.0


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(int(seconds), 0), 60)
    return f"{minutes}:{rest:02}"


def wait_with_progress(
    session: MagicSession, activation: str, timeout: float | None, every: float | None
) -> pd.DataFrame:
    """Wait for a code.

    Raises
    ------
    CodeTimeout, ActivationOver, KeyboardInterrupt
        As of ``sms.wait_code``.
    """
    title = f"Waiting for the code of {printable(activation)}"
    whole = session.client.about.provider.life if timeout is None else timeout
    try:
        left = _countdown(session, activation, timeout)
        bar = WidgetBar(title) if session.in_notebook() else TextBar(title)
        try:
            LOOP.submit(_move(bar, left, whole))  # the wait itself takes this thread
            return session.client.wait_code(
                activation, timeout, every=EVERY if every is None else every
            )
        finally:
            bar.close()
    except KeyboardInterrupt:  # also one that came before the wait had begun
        from sms_notebook.watching.waiting import WaitStopped  # noqa: PLC0415 - loads SQLAlchemy

        raise WaitStopped(activation) from None


def _countdown(
    session: MagicSession, activation: str, timeout: float | None
) -> Callable[[], float]:
    """Return how to tell the seconds left: of a limit, or of a number by the provider's clock."""
    if timeout is not None:
        end = time.monotonic() + timeout
        return lambda: end - time.monotonic()
    about = session.client.about
    over = about.end_of(activation)

    def left() -> float:
        return (over - about.now()).total_seconds()

    return left


_FIRST_LOOK, _SOON = 2.0, 0.01  # seconds


async def _move(bar: TextBar | WidgetBar, left: Callable[[], float], whole: float) -> None:
    # It ends with the bar: an interrupt may come before anybody could cancel it.
    while not bar.is_over:
        bar.show(left(), whole)
        await asyncio.sleep(_LOOK)


def watch_aloud(
    session: MagicSession, activations: list[str], *, rents: bool, seconds: float | None
) -> pd.DataFrame:
    """Print events as they come, until all is over, time is up, or an interrupt.

    Raises
    ------
    BadKey, Banned, AccountBlocked
        Passing failures do not end it.
    """
    watch = session.client.watch(activations or None, rents=rents)
    with watch:
        end = time.monotonic() + _FIRST_LOOK
        while not watch.has_looked and time.monotonic() < end:
            time.sleep(_SOON)
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
