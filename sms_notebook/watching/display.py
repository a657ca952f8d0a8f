"""What can be seen of a call that waits, and the displays that show it; the log is one of them."""

import logging
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

LOG = logging.getLogger("sms_notebook")
_LATER, _RARELY = 60.0, 300.0  # seconds until a log's second line, and between all others
_TWO_DAYS = 48  # hours


class View(NamedTuple):
    """What can be seen of a call that is under way; safe to print, in one line.

    Attributes
    ----------
    title : str
        What is waited for: words that go after "Waiting for".
    passed : float
        Seconds since the call began.
    left, whole : float or None
        Seconds that are left, and that it takes in all, where that is known.
    stop : str
        What an interrupt does: words that go after "an interrupt".
    more : int
        How many other calls wait that are not shown.
    """

    title: str
    passed: float
    left: float | None
    whole: float | None
    stop: str
    more: int = 0

    @property
    def clock(self) -> str:
        """The time that is left, or that has passed."""
        return f"{clock(self.passed)} so far" if self.left is None else f"{clock(self.left)} left"

    @property
    def share(self) -> float | None:
        """How much of the time is left, from 0 to 1."""
        if self.left is None or not self.whole:
            return None
        return min(max(self.left / self.whole, 0.0), 1.0)

    @property
    def others(self) -> str:
        """The calls that are not shown, in words."""
        return f" (and {self.more} more)" if self.more else ""


class Display(ABC):
    """Where a person sees it."""

    most: ClassVar[int]
    """How many there can be at once."""

    @abstractmethod
    def show(self, view: View) -> None:
        """Show how it stands; it may be the same as before."""

    @abstractmethod
    def close(self, line: str) -> None:
        """Leave one last line."""

    def fail(self, line: str, failure: BaseException) -> None:  # noqa: ARG002 - faces look at it
        """Leave one last line of a failure, where it is not shown by itself."""
        self.close(line)

    def rest(self) -> None:  # noqa: B027 - most have nothing to do
        """Make room for other output: nothing is waited for just now."""

    def vanish(self) -> None:
        """Leave nothing: what is shown next says how it ended."""
        self.rest()


class LogLines(Display):
    """Lines in the log, the more rarely the longer it takes."""

    most = 5

    def __init__(self) -> None:
        self._next = 0.0

    def show(self, view: View) -> None:
        """Write a line when it is time for one."""
        if view.passed >= self._next:
            self._next = _LATER if not self._next else view.passed + _RARELY
            stop = f"An interrupt {view.stop}."
            _log(f"Waiting for {view.title}: {view.clock}{view.others}. {stop}")

    def close(self, line: str) -> None:
        """Write the last line."""
        _log(line)


def _log(line: str) -> None:
    """Write a line at a level that somebody sees: nobody set up a log in a plain script."""
    is_heard = LOG.hasHandlers() and LOG.isEnabledFor(logging.INFO)
    LOG.log(logging.INFO if is_heard else logging.WARNING, "%s", line)


def clock(seconds: float) -> str:
    """Write seconds as on a clock.

    Examples
    --------
    >>> clock(65), clock(3700), clock(200_000)
    ('1:05', '1:01:40', '2 days')
    """
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= _TWO_DAYS:
        return f"{hours // 24} days"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def one_line(text: str) -> str:
    """Return a text that controls no terminal; there may be words of strangers in it."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
