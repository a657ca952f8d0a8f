"""What all panels are: a status line, work off the kernel's thread, and an end."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import anywidget
import ipywidgets
from IPython.core.getipython import get_ipython

from sms_notebook.client import Client
from sms_notebook.panels import markup
from sms_notebook.panels.markup import DisplayNames, Record, plain, table, text
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.progress import IS_SILENT

LOG = logging.getLogger("sms_notebook")
P = ParamSpec("P")
T = TypeVar("T")

_PAGE = Path(__file__).parent
_STYLE = f"<style>\n{(_PAGE / 'page.css').read_text(encoding='utf-8')}</style>"
_COLUMNS = ("number", "service", "state", "codes")
_REST = 1.5  # seconds
_TICK = 0.5  # likewise


def guarded(callback: Callable[Concatenate[Any, P], None]) -> Callable[..., None]:
    """Let a callback say in the panel's status line what goes wrong; ipywidgets swallow it."""

    @wraps(callback)
    def call(self: Any, *args: P.args, **kwargs: P.kwargs) -> None:
        with self.changing:
            if not self.is_open:
                return
            try:
                callback(self, *args, **kwargs)
            except Exception as problem:  # noqa: BLE001 - all of it is shown
                self.fail(problem)

    return call


class PageBehaviour(anywidget.AnyWidget):
    """Keeps plain keys for the panel, and copies a number on a click; it is not seen."""

    _esm = (_PAGE / "page.js").read_text(encoding="utf-8")


class _Root(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets have no types
    """The widget of a panel."""

    _view_count: int | None  # of ipywidgets: how many look at it, where somebody asks

    def count_views(self, changed: Callable[[Any], None]) -> None:
        """Tell from now on how many look at it."""
        if self._view_count is None:
            self._view_count = 0
            self.observe(changed, "_view_count")


class Panel:
    """A panel: its widgets are made when it is shown, and freed when nobody sees it any more.

    Parameters
    ----------
    sms : Client
        Who does everything; a panel only shows.
    """

    title = ""

    def __init__(self, sms: Client) -> None:
        if not isinstance(sms, Client):
            raise UsageProblem(f"{type(self).__name__} takes a Client, not {type(sms).__name__}.")
        self._sms = sms
        self._names = DisplayNames(sms)
        self._root: Any = None
        self._status: Any = None
        self._busy = False
        self._running: set[Future[None]] = set()
        self.changing = threading.RLock()
        """Held by whoever makes widgets or frees them: both can happen on any thread."""
        self.money_moved: Callable[[], None] = lambda: None
        """Called after something was bought or paid back."""

    # What each panel says of itself -------------------------------------------------------------

    def _build(self) -> list[Any]:
        """Make the widgets."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Begin to load and to watch, when the widgets are there."""

    def _end(self) -> None:
        """End what was begun."""

    def _allow(self) -> None:
        """Let those buttons be clicked that make sense now."""

    def _mask_changed(self) -> None:
        """Show what is there masked, or as it is; a line that was said may name a number."""
        self.say("")

    def snapshot(self) -> list[list[str]]:
        """Tell what can be told without widgets: number, service, state and codes of each row."""
        raise NotImplementedError

    # Showing and closing ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it has widgets now."""
        return self._root is not None

    @property
    def root(self) -> Any:
        """The widget, to put into others; it is made when first asked for, or again after close."""
        if self._root is None:
            if self._sms.is_closed:  # better now than half made
                raise UsageProblem("this client is closed. Make a new one.")
            self._status = ipywidgets.HTML()
            parts = self._build()
            head = ipywidgets.HTML(f"{_STYLE}<h3>{text(self.title)}</h3>" if self.title else _STYLE)
            self._root = _Root([head, *parts, PageBehaviour().add_class("smsn-page")]).add_class(
                "smsn"
            )
            self._begin()
            self.run(self._mind_the_mask)
        return self._root

    def close(self) -> None:
        """Stop watching and free the widgets. What was ordered stays as it is."""
        _leave(self)
        with self.changing:
            root, self._root = self._root, None
            if root is None:
                return
            for future in tuple(self._running):
                future.cancel()
            self._running.clear()
            self._busy = False
            self._end()
            free(root)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = self.snapshot()
        when = f"{self._sms.about.now():%Y-%m-%d %H:%M} UTC"
        name = self.title or type(self).__name__
        caption = f"{name}, as of {when}" if rows else f"{name}: nothing as of {when}"
        lines = [" | ".join(row) for row in (_COLUMNS, *rows)] if rows else []
        written = table(_COLUMNS, rows, caption) if rows else f"<p>{text(caption)}</p>"
        bundle = {
            "text/plain": "\n".join([caption, *lines]),
            "text/html": f'<div class="tex2jax_ignore mathjax_ignore">{written}</div>',
        }
        if not hasattr(get_ipython(), "kernel"):
            return bundle
        root = self.root
        root.count_views(self._views_changed)
        _enter(self)
        widget = root._repr_mimebundle_() or {}
        return {**widget, **bundle}

    def _views_changed(self, change: Any) -> None:
        if change["old"] and change["new"] == 0:
            self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sms!r}{'' if self.is_open else ', not shown'}>"

    # Saying -------------------------------------------------------------------------------------

    def say(self, words: str, kind: str = "info") -> None:
        """Write into the status line; kind is info, good or bad."""
        if self.is_open:
            role = "alert" if kind == "bad" else "status"
            box = f'<div class="smsn-status smsn-{kind}" role="{role}">{text(words)}</div>'
            self._status.value = box if words else ""

    def fail(self, problem: BaseException) -> None:
        """Say what went wrong, in plain words."""
        if isinstance(problem, SmsError):
            self.say(plain(problem), "bad")
            return
        LOG.error("A panel failed.", exc_info=problem)
        self.say(f"This did not work ({type(problem).__name__}); the log tells more.", "bad")

    def _line(self, record: Record, state: str) -> list[str]:
        """Return number, service, state and codes of a row in a frame, for a snapshot."""
        number, codes = markup.number(record["phone_number"]), ", ".join(record["codes"])
        return [number, self._names.service(record["service"]), state, codes]

    # Working ------------------------------------------------------------------------------------

    def run(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> Future[None]:
        """Run something on the loop thread until it ends or the panel closes."""
        future = LOOP.submit(self._shown(begin))
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def work(
        self,
        ask: Callable[[], T],
        then: Callable[[T], None],
        finally_: Callable[[], object] = lambda: None,
    ) -> Future[None]:
        """Ask on a thread of its own; what comes is shown from the loop thread."""
        return self.run(lambda: self._worked(ask, then, finally_))

    async def _worked(
        self, ask: Callable[[], T], then: Callable[[T], None], finally_: Callable[[], object]
    ) -> None:
        try:
            IS_SILENT.set(True)  # a panel says by itself what it waits for
            answer = await asyncio.to_thread(ask)
            if self.is_open:
                then(answer)
        finally:
            if self.is_open:
                finally_()

    async def _mind_the_mask(self) -> None:
        was = self._sms.is_masked
        while True:
            await asyncio.sleep(_TICK)
            if self._sms.is_masked != was:
                was = not was
                self._mask_changed()

    async def _shown(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Show what goes wrong on the loop thread, where nobody else would hear of it."""
        try:
            await begin()
        except Exception as problem:  # noqa: BLE001 - all of it is shown
            if "cannot schedule new futures" not in str(problem):  # the interpreter ends
                self.fail(problem)

    # Buying -------------------------------------------------------------------------------------

    def _purchase_button(self, words: str, tooltip: str, clicked: Callable[[Any], None]) -> Any:
        button = ipywidgets.Button(
            description=words, button_style="primary", disabled=True, tooltip=tooltip
        )
        button.on_click(clicked)
        return button.add_class("smsn-main")

    def _buy(self, words: str, ask: Callable[[], T], then: Callable[[T], None]) -> None:
        """Buy something, and let the button rest after it: a double click buys once."""
        self._busy = True
        self._allow()
        self.say(words)
        self.work(ask, then, lambda: self.run(self._rested))

    async def _rested(self) -> None:
        self.money_moved()
        await asyncio.sleep(_REST)
        self._busy = False
        self._allow()


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
    for other, shown_by in tuple(here.items()):
        if shown_by != run:
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


def free(widget: Any) -> None:
    """Close a widget with all that belongs to it."""
    for child in getattr(widget, "children", ()):
        free(child)
    for name in ("layout", "style"):
        belonging = getattr(widget, name, None)
        if isinstance(belonging, ipywidgets.Widget):
            belonging.close()
    widget.close()
