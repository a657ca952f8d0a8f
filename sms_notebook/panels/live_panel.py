"""A panel whose rows are live: it follows a watch on the loop thread."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ipywidgets

from sms_notebook.client import Client
from sms_notebook.panels import markup
from sms_notebook.panels.markup import plain
from sms_notebook.panels.panel import Panel, guarded
from sms_notebook.watching.events import Event
from sms_notebook.watching.watch import Watch

_TICK = 1.0  # seconds between two looks at the clock


class LivePanel(Panel):
    """A panel whose rows follow a watch.

    Parameters
    ----------
    sms : Client
        Who watches.
    every : float
        Seconds between two polls.
    """

    loading = ""
    """Said before the first poll is over."""

    nothing = ""
    """Said where there are no rows."""

    def __init__(self, sms: Client, every: float) -> None:
        super().__init__(sms)
        self._every = every
        self._rows: dict[str, Any] = {}
        self._standing: list[str] = []

    @abstractmethod
    def _take(self, record: markup.Record) -> None:
        """Show a row of ``watch.frame``."""

    def _heard(self, event: Event) -> None:
        """Take an event; most is in the frame as well."""

    def _build_list(self) -> list[Any]:
        """Make the widgets: what troubles, what there is to say without rows, and the rows."""
        self._trouble = ipywidgets.HTML()
        self._empty = ipywidgets.HTML(markup.muted(self.loading))
        self._list = ipywidgets.VBox()
        return [self._trouble, self._empty, self._list]

    def _done(self, words: str, watch: Watch) -> None:
        """Say what was done, and have a number looked at anew."""
        self.say(words, "good")
        self.money_moved()
        self._hurry(watch)

    def _follow(self, watch: Watch) -> None:
        """Follow a watch from now on."""
        self.run(lambda: self._followed(watch))

    def _hurry(self, watch: Watch) -> None:
        """Have the provider asked at once: a watch that begins does not wait for the next poll."""
        self.run(lambda: self._hurried(watch))

    @staticmethod
    async def _hurried(watch: Watch) -> None:
        async with _ending(watch):
            await asyncio.sleep(_TICK)

    async def _followed(self, watch: Watch) -> None:
        bell, ended = asyncio.Event(), asyncio.Event()

        def heard(event: Event | None) -> None:
            if event is None:
                ended.set()
            else:
                self._heard(event)
            bell.set()

        watch.listen(heard)
        async with _ending(watch):
            while self.is_open:
                bell.clear()
                self._refresh(watch)
                if ended.is_set():
                    return
                try:
                    await asyncio.wait_for(bell.wait(), _TICK)
                except TimeoutError:
                    self._looked()

    @guarded
    def _refresh(self, watch: Watch) -> None:
        trouble = watch.trouble
        words = "" if trouble is None else f"No news just now: {plain(trouble)}"
        box = f'<div class="smsn-status smsn-bad" role="alert">{markup.text(words)}</div>'
        self._trouble.value = box if words else ""
        known = len(self._rows)
        records = markup.records(watch.frame)
        for record in records:
            self._take(record)
        standing = [str(record["status"]) for record in records]
        if standing != self._standing:  # bought, paid for or given back, wherever that was asked
            self._standing = standing
            self.money_moved()
        if len(self._rows) > known:
            self._empty.value = ""
            self._list.children = [row.root for row in reversed(self._rows.values())]

    @guarded
    def _looked(self) -> None:
        """Say that there is nothing, when the first poll had its time."""
        if not self._trouble.value:
            self._empty.value = "" if self._rows else markup.muted(self.nothing)

    def _end(self) -> None:
        self._rows.clear()


@asynccontextmanager
async def _ending(watch: Watch) -> AsyncIterator[None]:
    """Begin a watch and end it again, also where the panel closes before it has begun."""
    beginning = asyncio.ensure_future(watch.__aenter__())
    try:
        await asyncio.shield(beginning)
        yield
    finally:
        beginning.add_done_callback(lambda _: watch.close())
