"""What all panels are: one widget, its parts, work off the kernel's thread, and an end."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from html import escape
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from IPython.core.getipython import get_ipython

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.section import PanelSection
from sms_notebook.panels.text import DisplayNames, plain, table
from sms_notebook.panels.widget import PanelWidget
from sms_notebook.protocol.errors import PurchaseUncertain, SmsError, UsageProblem
from sms_notebook.protocol.masking import mask_error
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.progress import IS_SILENT

LOG = logging.getLogger("sms_notebook")
T = TypeVar("T")

_COLUMNS = ("number", "service", "state", "codes")
_REST = 1.5  # seconds
_TICK = 0.5  # likewise
_DRIFT = 1.0  # seconds that a clock in the browser may be wrong
_LEAST = 0.01  # seconds between two looks at a clock
_AGREE, _ALIKE = 2, 0.3  # rates of a clock that are compared, and how far apart they may be


class Panel:
    """A panel: its widget is made when it is shown, and freed when nobody sees it any more.

    Parameters
    ----------
    sms : Client
        Who does everything; a panel only shows.
    every : float
        Seconds between two polls.
    """

    title: ClassVar[str]
    """What it is called."""

    tabs: ClassVar[Sequence[tuple[str, tuple[str, ...]]]]
    """Its tabs: the title of each, and the parts in it; with one there is nothing to choose."""

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        if not isinstance(sms, Client):
            raise UsageProblem(f"{type(self).__name__} takes a Client, not {type(sms).__name__}.")
        self.sms = sms
        self.every = every
        self.names = DisplayNames(sms)
        self.is_busy = False
        """Whether something is being bought, or was just now: a double click buys once."""
        self.changing = threading.RLock()
        """Held by whoever changes what is shown: that can happen on any thread."""
        self._widget: PanelWidget | None = None
        self._running: set[Future[None]] = set()
        self._status_count = 0
        self._drawn: dict[str, bool] = {}  # whether each part was drawn masked
        self._looks: list[tuple[float, float]] = []
        self._sections: dict[str, PanelSection] = {
            section.name: section for section in self._make_sections()
        }

    def _make_sections(self) -> Sequence[PanelSection]:
        """Make the parts."""
        raise NotImplementedError

    def snapshot(self) -> list[list[str]]:
        """Tell what can be told without widgets: number, service, state and codes of each row."""
        return [row for section in self._sections.values() for row in section.snapshot()]

    def section(self, name: str) -> Any:
        """Return a part by its name; None where this panel has none such."""
        return self._sections.get(name)

    # Showing and closing ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it has a widget now."""
        return self._widget is not None

    @property
    def widget(self) -> PanelWidget:
        """The widget, to put into others; it is made when first asked for, or again after close."""
        with self.changing:
            if self._widget is None:
                if self.sms.is_closed:  # better now than half made
                    raise UsageProblem("this client is closed. Make a new one.")
                tabs = [{"title": title, "parts": parts} for title, parts in self.tabs]
                masked = self.sms.is_masked
                widget = PanelWidget(title=self.title, tabs=tabs, is_masked=masked)
                self._widget = widget
                for section in self._sections.values():
                    section.choice = {}
                    section.publish()
                    if widget.has_trait(choice := f"{section.name}_choice"):
                        widget.observe(self._choice_changed, choice)
                widget.on_msg(self._receive)
                self._tell_clock()
                for section in self._sections.values():
                    section.begin()
                self.run(self._look_at_client)
            return self._widget

    def close(self) -> None:
        """Stop watching and free the widget. What was ordered stays as it is."""
        _leave(self)
        with self.changing:
            widget, self._widget = self._widget, None
            if widget is None:
                return
            for future in list(self._running):
                future.cancel()
            self._running.clear()
            self.is_busy = False
            for section in self._sections.values():
                section.end()
            widget.close()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = self.snapshot()
        when = f"{self.sms.about.now():%Y-%m-%d %H:%M} UTC"
        caption = f"{self.title}, as of {when}" if rows else f"{self.title}: nothing as of {when}"
        lines = [" | ".join(row) for row in (_COLUMNS, *rows)] if rows else []
        written = table(_COLUMNS, rows, caption) if rows else f"<p>{escape(caption)}</p>"
        bundle = {
            "text/plain": "\n".join([caption, *lines]),
            "text/html": f'<div class="tex2jax_ignore mathjax_ignore">{written}</div>',
        }
        if not hasattr(get_ipython(), "kernel"):
            return bundle
        widget = self.widget
        widget.count_views(self._views_changed)
        _enter(self)
        view: Any = widget._repr_mimebundle_()
        return {**(view[0] if isinstance(view, tuple) else view or {}), **bundle}

    def _display_(self) -> Any:
        """Return what marimo shows; nobody else asks an object for this."""
        import marimo  # noqa: PLC0415 - it is there where it asks

        return marimo.ui.anywidget(self.widget)

    def _views_changed(self, change: Any) -> None:
        if change["old"] and change["new"] == 0:
            self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.sms!r}{'' if self.is_open else ', not shown'}>"

    # To and from the browser --------------------------------------------------------------------

    def publish(self, section: PanelSection) -> None:
        """Have the browser draw how a part stands; nothing is sent where nothing changed."""
        with self.changing:
            if self._widget is not None:
                self._drawn[section.name] = self.sms.is_masked
                self._widget.set_trait(section.name, section.state())

    def guard(self, callback: Callable[..., object], *args: Any) -> None:
        """Call something while nobody else changes the panel; say what goes wrong."""
        with self.changing:
            if not self.is_open:
                return
            try:
                callback(*args)
            except Exception as problem:  # noqa: BLE001 - all of it is shown
                self.fail(problem)

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        match content:
            case {"part": "", "action": "shown"}:
                self.guard(self._tell_clock)
            case {"part": str(part), "action": str(action), "given": dict(given)}:
                if part in self._sections:
                    self.guard(self._sections[part].act, action, given)

    def _choice_changed(self, change: Any) -> None:
        section, widget = self._sections[change["name"].removesuffix("_choice")], change["owner"]
        with self.changing:
            choice, is_masked = change["new"], widget.is_masked
            if bool(choice.get("is_masked")) != is_masked:  # it was on its way to here meanwhile
                choice = {**section.without_secrets(choice), "is_masked": is_masked}
                widget.set_trait(change["name"], choice)
                return
            before, section.choice = section.choice, dict(choice)
            self.guard(section.chosen, before)

    # Saying -------------------------------------------------------------------------------------

    def say(self, words: str, kind: str = "info") -> None:
        """Write into the status line; kind is info, good or bad."""
        with self.changing:
            if self._widget is not None:
                self._status_count += 1  # the same words once more are news
                self._widget.status = {"text": words, "kind": kind, "at": self._status_count}

    def fail(self, problem: BaseException) -> None:
        """Say what went wrong, in plain words."""
        if isinstance(problem, SmsError):
            self._mask(problem)
            words = plain(problem)
            if isinstance(problem, PurchaseUncertain):  # nobody shall order again before that
                words += " It is looked up by itself; what stays open waits below to be settled."
            self.say(words, "bad")
        else:
            LOG.error("A panel failed.", exc_info=problem)
            name = type(problem).__name__
            self.say(f"This did not work ({name}); the log tells more.", "bad")
        for section in self._sections.values():
            section.failed(problem)

    def _mask(self, answer: object) -> None:
        """Mask an error: it may be of the time before."""
        if isinstance(answer, SmsError) and self.sms.is_masked:
            mask_error(answer)

    # Working ------------------------------------------------------------------------------------

    def run(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> Future[None]:
        """Run something on the loop thread until it ends or the panel closes."""
        future = LOOP.submit(self._report_failures(begin))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def work(
        self,
        ask: Callable[[], T],
        then: Callable[[T], None],
        finally_: Callable[[], object] = lambda: None,
    ) -> Future[None]:
        """Ask on a thread of its own; what comes is taken on the loop thread, under `changing`."""
        return self.run(lambda: self._work(ask, then, finally_))

    async def _work(
        self, ask: Callable[[], T], then: Callable[[T], None], finally_: Callable[[], object]
    ) -> None:
        try:
            IS_SILENT.set(True)  # a panel says by itself what it waits for
            answer = await asyncio.to_thread(ask)
            self._mask(answer)
            self.guard(then, answer)
        finally:
            self.guard(finally_)

    async def _report_failures(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Show what goes wrong on the loop thread, where nobody else would hear of it."""
        try:
            await begin()
        except Exception as problem:  # noqa: BLE001 - all of it is shown
            if "cannot schedule new futures" not in str(problem):  # the interpreter ends
                self.fail(problem)

    async def _look_at_client(self) -> None:
        """Look whether the mask was switched, and whether the provider's clock was stepped."""
        while not self.sms.is_closed:
            self.guard(self._check_client)
            await asyncio.sleep(_TICK)
        self.say("This client was closed. Make a new one, and run this cell again.", "bad")

    def _check_client(self) -> None:
        widget = self.widget
        if widget.lost_its_comm:  # marimo closes it with its cell
            self.close()
            return
        masked = self.sms.is_masked
        if {widget.is_masked, *self._drawn.values()} != {masked}:  # it may have been switched twice
            self.say("")  # a line that was said may name a number
            for section in self._sections.values():
                section.mask_changed()
            self._drawn = dict.fromkeys(self._drawn, masked)
            widget.is_masked = masked
        self._looks = [*self._looks[-2:], (self._now(), time.time())]
        known, rate = widget.clock, self._rate()
        now, wall = self._looks[-1]
        expected = known["now"] + known["rate"] * (wall - known["wall"])
        if abs(now - expected) > _DRIFT or rate != known["rate"]:
            widget.clock = {"now": now, "wall": wall, "rate": rate}

    def _rate(self) -> float:
        """Return how fast the provider's clock goes; a sandbox's may stand still, or run.

        It is known from two looks that agree: one alone may have seen how it was stepped.
        """
        rates = [
            (later[0] - earlier[0]) / max(later[1] - earlier[1], _LEAST)
            for earlier, later in pairwise(self._looks)
        ]
        if len(rates) == _AGREE and abs(rates[0] - rates[1]) < _ALIKE:
            return float(round(rates[1], 1))
        return float(self.widget.clock.get("rate", 1.0))

    def _now(self) -> float:
        return self.sms.about.now().timestamp()

    def _tell_clock(self) -> None:
        """Tell the browser the provider's time anew: it takes what comes just now as it is."""
        widget = self.widget
        widget.clock = {"now": self._now(), "wall": time.time(), "rate": self._rate()}

    # Buying -------------------------------------------------------------------------------------

    def money_moved(self) -> None:
        """Have the account looked at: something was bought or paid back."""
        account = self.section("account")
        if account is not None and self.is_open:
            account.refresh()

    def buy(self, words: str, ask: Callable[[], T], then: Callable[[T], None]) -> None:
        """Buy something, and let the buttons rest after it: a double click buys once."""
        if self.is_busy:
            return
        self.is_busy = True
        self._publish_all()
        self.say(words)
        self.work(ask, then, lambda: self.run(self._rested))

    async def _rested(self) -> None:
        self.money_moved()
        await asyncio.sleep(_REST)
        self.is_busy = False
        self._publish_all()

    def _publish_all(self) -> None:
        for section in self._sections.values():
            section.publish()


_standing: dict[str, dict[Panel, str]] = {}
"""By the id of a cell, the panels that it shows and the run that showed each."""


def _enter(panel: Panel) -> None:
    """Note in which cell a panel is shown, and close those that the cell showed before.

    `_view_count` tells that too, but not after the page was loaded anew.
    """
    cell, run = _now()
    if not cell:
        return
    here = _standing.setdefault(cell, {})
    here[panel] = run
    for other, other_run in tuple(here.items()):
        if other_run != run:
            del here[other]
            if not any(other in panels for panels in _standing.values()):
                other.close()


def _leave(panel: Panel) -> None:
    """Forget a panel."""
    for cell, panels in tuple(_standing.items()):
        panels.pop(panel, None)
        if not panels:
            del _standing[cell]


def _now() -> tuple[str, str]:
    """Return the ids of the cell that runs and of this run; empty where nobody tells."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))
