"""Calls that are under way, and when a person is told what they wait for.

Nothing is drawn here: a face shows it where somebody looks, in a notebook or a terminal. Elsewhere
it goes to the log. Whatever lasts is seen from the loop thread, so no call waits for that.
"""

import contextvars
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.sms_error import PYTHON, Advised, Speaker, sentences
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.replies import Access
from sms_notebook.protocol.steps import Activity, Offload, Pause, Send, Step, Wait
from sms_notebook.watching.display import Display, LogLines, View, clock, one_line

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

LOG = logging.getLogger("sms_notebook")

SOON = 1.0
"""Seconds until a wait that is one by its nature is shown where somebody looks."""
LATE = 5.0
"""Seconds until anything else is shown, and until the first line in a log."""
_LOOK, _IDLE = 0.25, 30.0  # seconds between two looks, and until nobody looks any more

SPEAKER: contextvars.ContextVar[Speaker] = contextvars.ContextVar("SPEAKER", default=PYTHON)
"""In whose words a call says what to do next."""
IS_SILENT: contextvars.ContextVar[bool] = contextvars.ContextVar("IS_SILENT", default=False)
"""Whether whoever calls says by itself what is waited for: a panel."""


@dataclass(slots=True, eq=False)
class Progress:
    """A call that is under way.

    Attributes
    ----------
    provider : str
        Who is asked, as people write it.
    is_masked : callable
        Whether numbers and codes are masked now.
    is_main : bool
        Whether the main thread waits: what others do goes to the log.
    since, step_since : float
        When the call and its last step began, by the narrator's clock.
    step : Step or None
        What it waits for; None for the ledger.
    result : object
        What came of it.
    failure : BaseException or None
        Why nothing came.
    display : Display or None
        Where it is shown, as soon as it is.
    title : str
        What was shown last.
    last_activity : Activity or None
        What was waited for, as far as it was shown.
    longest : float
        The most seconds that were ever left.
    context : Context
        That of the caller: a notebook puts what is shown beneath the cell that waits.
    lock : RLock
        Held while it is shown; collecting garbage can end a call anywhere, also in there.
    """

    provider: str
    is_masked: Callable[[], bool]
    is_main: bool
    since: float = 0.0
    step: Step | None = None
    step_since: float = 0.0
    result: object = None
    failure: BaseException | None = None
    display: Display | None = None
    title: str = ""
    last_activity: Activity | None = None
    longest: float = 0.0
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def activity(self) -> Activity | None:
        """What is waited for, where the step says it."""
        step = self.step
        activity = step.activity if isinstance(step, Wait | Pause) else None
        return activity() if callable(activity) else activity

    @property
    def is_long(self) -> bool:
        """Whether the step takes long by its nature."""
        step = self.step  # whoever waits goes on meanwhile, in another thread
        return step.seconds >= LATE if isinstance(step, Pause) else isinstance(step, Wait)

    def view(self, now: float, more: int = 0) -> View:
        """Return what can be seen of it."""
        step, activity, passed = self.step, self.activity, now - self.since
        if isinstance(step, Send):
            request, stop = step.request, "stops it"
            if request.on_fresh_connection:
                stop = "leaves open what came of it"
            title = f"{self.provider} to answer {request.of or request.action}"
            return View(one_line(title), passed, None, None, stop, more)
        if activity is None:
            title = "the ledger" if step is None or isinstance(step, Offload) else self.provider
            return View(one_line(title), passed, None, None, "stops it", more)
        left, whole = None, activity.whole
        if isinstance(step, Pause):
            left, whole = max(self.step_since + step.seconds - now, 0.0), step.seconds
        elif activity.left is not None and (left := activity.left()) is not None:
            self.longest = max(self.longest, left)
            whole = whole or self.longest
        title = activity.what.replace("{number}", self._number(activity))
        return View(one_line(title), passed, left, whole, activity.stop, more)

    def _number(self, activity: Activity) -> str:
        """Name a number as it may be seen."""
        if not activity.number:
            return f"activation {activity.ref}"
        number = activity.number
        if self.is_masked():
            from sms_notebook.protocol.masking import masked_value  # noqa: PLC0415 - when first used

            number = masked_value(number, Secret.PHONE)
        return f"{number} ({activity.service})" if activity.service else number

    @property
    def is_reported_by_caller(self) -> bool:
        """Whether its failure is shown in one line by whoever called: ``%sms`` does that."""
        failure: object = self.failure
        return isinstance(failure, Advised) and self.context.get(SPEAKER, PYTHON) is not PYTHON

    def last_line(self, now: float) -> str:
        """Say in one line what came of it."""
        failure, speaker = self.failure, self.context.get(SPEAKER, PYTHON)
        if isinstance(failure, SmsError) and self.is_masked():
            from sms_notebook.protocol.masking import mask_error  # noqa: PLC0415 - likewise

            mask_error(failure)
        advice: object = failure
        if isinstance(advice, Advised):
            name = f"{type(failure).__name__}: " if isinstance(failure, SmsError) else ""
            return one_line(f"{name}{advice.written(speaker)}")
        from asyncio import CancelledError  # noqa: PLC0415 - loads slowly, and in a notebook is there

        if isinstance(failure, KeyboardInterrupt | CancelledError | GeneratorExit):
            return self._interrupted(speaker)
        if failure is not None:
            return one_line(f"Failed after {clock(now - self.since)}: {type(failure).__name__}.")
        return self._arrival_line() or one_line(
            f"The wait for {self.title} is over after {clock(now - self.since)}."
        )

    def _interrupted(self, speaker: Speaker) -> str:
        """Say what stays as it is, and how to go on."""
        still, hints = f"no longer waiting for {self.title}", ""
        if (activity := self.last_activity) is not None:
            hints = sentences(activity.hints, speaker)
            still = f"{self._number(activity)} is still yours" if activity.ref else still
        return one_line(f"Interrupted; {still}{f': {hints}' if hints else '.'}")

    def _arrival_line(self) -> str:
        """Say what came for a number; empty where that is not what was waited for."""
        frame, activity = self.result, self.last_activity
        if (
            activity is None
            or activity.ref is None
            or not isinstance(frame, pd.DataFrame)
            or len(frame) != 1
        ):
            return ""
        row, number = frame.iloc[0], self._number(activity)
        code, text = (row.get(name) for name in ("code", "text"))
        if isinstance(code, str) and not self.is_masked():
            return one_line(f"The code {code} came for {number}.")
        if isinstance(code, str) or isinstance(text, str):
            what = "A code" if isinstance(code, str) else "A message"
            return one_line(f"{what} came for {number}.")
        if row.get("status") == Access.CANCEL:
            return one_line(f"{number} is cancelled: the money comes back.")
        return ""


class Narrator:
    """Tells people what calls wait for.

    Parameters
    ----------
    now : callable
        The clock, in seconds.

    Attributes
    ----------
    waits : dict
        The calls that are under way, in the order in which they began.
    is_awake : bool
        Whether it looks at them, to the end of the process; else `wake` has it do so.
    face : callable
        Returns the kind of display for whoever looks, None where nobody does.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.face: Callable[[], type[Display] | None] = lambda: None
        self.forked()

    def forked(self) -> None:
        """Begin anew in a process that was forked: what was under way is the parent's."""
        self.waits: dict[Progress, None] = {}
        self.is_awake = False
        self._looks_on: AbstractEventLoop | None = None
        self._waking = threading.Lock()

    def wake(self) -> None:
        """Begin to look."""
        from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

        with self._waking:
            is_at_it = self._looks_on is not None and not self._looks_on.is_closed()
            if self.is_awake or is_at_it or LOOP.is_over:
                return
            try:
                loop = LOOP.loop
                loop.call_soon_threadsafe(self._look_on, loop, 0.0)
            except RuntimeError:  # the interpreter ends
                return
            self._looks(loop)

    def _looks(self, loop: "AbstractEventLoop | None") -> None:
        """Note on which loop it looks; one of whoever calls may end without a word."""
        from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

        self._looks_on = loop
        self.is_awake = loop is not None and not LOOP.is_threadless

    def _look_on(self, loop: "AbstractEventLoop", idle: float) -> None:
        """Look at all calls, and again a little later, until nobody has called for a while."""
        idle = 0.0 if self.waits else idle + _LOOK
        try:
            self.tick()
        except Exception:  # without the next look no wait would be shown any more
            LOG.debug("What is waited for could not be looked at.", exc_info=True)
        if idle >= _IDLE:
            self._looks(None)
            if not self.waits:  # whoever begins from here on wakes it
                return
            self._looks(loop)
        loop.call_later(_LOOK, self._look_on, loop, idle)

    def tick(self) -> None:
        """Look at all calls that are under way, once."""
        now, hidden = self.now(), 0
        waits = list(self.waits)  # in one step: tuple() may let others in between
        counts = Counter(type(progress.display) for progress in waits)
        for progress in waits:
            with progress.lock:
                if progress.display is None and progress in self.waits:
                    hidden += not self._open(progress, now, counts)
        for progress in waits:
            with progress.lock:
                if progress.display is not None and progress in self.waits:
                    self._show(progress, now, hidden)
                    hidden = 0

    def _open(self, progress: Progress, now: float, counts: Counter[type]) -> bool:
        """Open a display where it is time; False where as many of its kind are shown already."""
        is_late = now >= progress.since + LATE
        if not is_late and not (progress.is_long and now >= progress.step_since + SOON):
            return True
        if progress.context.get(IS_SILENT, False):
            return True
        kind = self._kind(progress)
        if kind is LogLines and not is_late:
            return True
        if counts[kind] >= kind.most:
            return False
        try:
            progress.display = progress.context.run(kind)
        except Exception:
            LOG.debug("What is waited for cannot be shown.", exc_info=True)
            progress.display = LogLines()
        counts[type(progress.display)] += 1
        return True

    def _kind(self, progress: Progress) -> type[Display]:
        """Return where a call is shown: where somebody looks, or else in the log."""
        try:
            return (self.face() if progress.is_main else None) or LogLines
        except Exception:  # such as a terminal that was closed
            LOG.debug("Where a wait can be shown is not known.", exc_info=True)
            return LogLines

    def _show(self, progress: Progress, now: float, more: int) -> None:
        try:
            view = progress.view(now, more)
            progress.title = view.title
            if (activity := progress.activity) is not None and (
                activity.ref or not progress.last_activity
            ):
                progress.last_activity = activity
            assert progress.display is not None  # noqa: S101 - it was just looked at
            progress.context.run(progress.display.show, view)
        except Exception:
            LOG.debug("What is waited for cannot be shown.", exc_info=True)

    def begin(self, progress: Progress, step: Step) -> None:
        """Note that a call begins, or goes on after a rest."""
        now = self.now()
        progress.since = progress.since or now
        progress.step, progress.step_since = step, now
        self.waits[progress] = None
        if not self.is_awake:
            self.wake()

    @contextmanager
    def telling(self, progress: Progress | None, step: Step) -> Iterator[None]:
        """Tell of something that is one step; with None of nothing."""
        if progress is None:
            yield
            return
        self.begin(progress, step)
        try:
            yield
        except BaseException as failure:
            progress.failure = failure
            raise
        finally:
            self.conclude(progress)

    def rest(self, progress: Progress) -> None:
        """Note that nothing is waited for just now, though it is not over: an event came."""
        self.waits.pop(progress, None)
        with progress.lock:
            if progress.display is None:
                return
            try:
                progress.context.run(progress.display.rest)
            except Exception:
                LOG.debug("What is waited for cannot be shown.", exc_info=True)

    def conclude(self, progress: Progress, line: str = "") -> None:
        """Leave the last line of a call that was shown: how it failed, or what is said here."""
        self.waits.pop(progress, None)
        with progress.lock:
            display, progress.display = progress.display, None
            if display is None:
                return
            try:
                if progress.is_reported_by_caller:
                    progress.context.run(display.vanish)
                    return
                failure: object = progress.failure
                if not line or failure is not None:
                    line = progress.last_line(self.now())
                if isinstance(failure, Advised) and isinstance(failure, BaseException):
                    progress.context.run(display.fail, line, failure)
                else:
                    progress.context.run(display.close, line)
            except Exception:
                LOG.debug("What came of a wait cannot be shown.", exc_info=True)


NARRATOR = Narrator()
"""The one of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=NARRATOR.forked)
