"""A part of a panel: what the browser draws of it, and what a person can do with it."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Protocol, TypeVar

from sms_notebook.client import Client
from sms_notebook.panels.text import DisplayNames, Record, plain, records
from sms_notebook.panels.widget import PanelWidget
from sms_notebook.protocol.errors import SmsError
from sms_notebook.watching.events import Event
from sms_notebook.watching.watch import Watch

T = TypeVar("T")
_TICK = 1.0  # seconds between two looks at the clock


class SectionHost(Protocol):
    """What a part needs of its panel; `Panel` says what each does."""

    sms: Client
    names: DisplayNames
    is_busy: bool

    @property
    def tabs(self) -> Sequence[tuple[str, tuple[str, ...]]]: ...  # noqa: D102 - see Panel

    @property
    def is_open(self) -> bool: ...  # noqa: D102 - see Panel

    @property
    def widget(self) -> PanelWidget: ...  # noqa: D102 - see Panel

    def section(self, name: str) -> Any: ...  # noqa: D102 - see Panel

    def publish(self, section: "PanelSection") -> None: ...  # noqa: D102 - see Panel

    def guard(self, callback: Callable[..., object], *args: Any) -> None: ...  # noqa: D102 - see Panel

    def say(self, words: str, kind: str = "info") -> None: ...  # noqa: D102 - see Panel

    def fail(self, problem: BaseException) -> None: ...  # noqa: D102 - see Panel

    def run(self, begin: Callable[[], Coroutine[Any, Any, None]]) -> Future[None]: ...  # noqa: D102 - see Panel

    def work(  # noqa: D102 - see Panel
        self,
        ask: Callable[[], T],
        then: Callable[[T], None],
        finally_: Callable[[], object] = ...,
    ) -> Future[None]: ...

    def money_moved(self) -> None: ...  # noqa: D102 - see Panel

    def buy(self, words: str, ask: Callable[[], T], then: Callable[[T], None]) -> None: ...  # noqa: D102 - see Panel


class PanelSection:
    """A part of a panel, drawn from one trait of the widget.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    """

    name: ClassVar[str]
    """Of the trait, and of the module that draws it."""

    actions: ClassVar[tuple[str, ...]] = ()
    """What the browser may ask for: methods whose names begin with ``do_``."""

    def __init__(self, panel: SectionHost) -> None:
        self.panel = panel
        self.sms: Client = panel.sms
        self.choice: dict[str, Any] = {}
        """What the person set, as the browser last told; any of it may be missing or odd."""

    def begin(self) -> None:
        """Begin to load and to watch; the widget is there."""

    def end(self) -> None:
        """Forget what was loaded."""

    def state(self) -> dict[str, Any]:
        """Return all that is drawn, as plain data: no NaN, no time, no HTML."""
        raise NotImplementedError

    def publish(self) -> None:
        """Have the browser draw how it stands; nothing is sent where nothing changed."""
        self.panel.publish(self)

    def chosen(self, before: dict[str, Any]) -> None:
        """Take that the person set something: `choice` has it; `before` is how it was."""

    def without_secrets(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return a choice without what may name a number: that is forgotten with the mask."""
        return choice

    def act(self, action: str, given: dict[str, Any]) -> None:
        """Do what the browser asks for, if it is one of `actions`, with arguments that fit."""
        if action not in self.actions:
            return
        method = getattr(self, f"do_{action}")
        try:
            inspect.signature(method).bind(**given)
        except TypeError:
            return  # not from our page
        method(**given)

    def mask_changed(self) -> None:
        """Show what is there masked, or as it is."""
        self.publish()

    def failed(self, problem: BaseException) -> None:
        """Hear of what went wrong in this panel; it is said already."""

    def snapshot(self) -> list[list[str]]:
        """Tell what can be told without a browser: number, service, state and codes of each row."""
        return []


class LiveSection(PanelSection):
    """A part whose rows follow a watch on the loop thread.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    every : float
        Seconds between two polls.
    """

    def __init__(self, panel: SectionHost, every: float) -> None:
        super().__init__(panel)
        self.every = every
        self.rows: dict[str, Record] = {}
        """The rows of the watches by their ids, as they may be seen."""
        self.trouble = ""
        """Why there are no news just now."""
        self.has_looked = False
        """Whether the first poll had its time."""
        self._standing: list[str] = []
        self._watches: list[Watch] = []

    def key_of(self, record: Record) -> str:
        """Return the id of a row."""
        raise NotImplementedError

    def hear(self, event: Event) -> None:
        """Take an event; most is in the rows as well."""

    def follow(self, watch: Watch) -> None:
        """Follow a watch from now on."""
        self._watches.append(watch)
        self.panel.run(lambda: self._follow(watch))

    def hurry(self, watch: Watch) -> None:
        """Have the provider asked at once: a watch that begins does not wait for the next poll."""
        self.panel.run(lambda: self._poll_once(watch))

    def end(self) -> None:
        """Forget the rows."""
        self.rows.clear()
        self._watches.clear()
        self._standing, self.trouble, self.has_looked = [], "", False

    def mask_changed(self) -> None:
        """Take all rows anew, masked or as they are."""
        for watch in self._watches:
            self.take(watch)
        super().mask_changed()

    def take(self, watch: Watch) -> None:
        """Take how the numbers of a watch stand."""
        problem = watch.trouble
        self.trouble = "" if problem is None else plain(problem)
        self.has_looked = self.has_looked or watch.has_looked
        rows = {self.key_of(record): record for record in records(watch.frame)}
        self.rows |= rows
        standing = [str(record["status"]) for record in self.rows.values()]
        if standing != self._standing:  # bought, paid for or given back, wherever that was asked
            self._standing = standing
            self.panel.money_moved()

    @staticmethod
    async def _poll_once(watch: Watch) -> None:
        async with _ending(watch):
            await asyncio.sleep(_TICK)

    async def _follow(self, watch: Watch) -> None:
        bell, ended = asyncio.Event(), asyncio.Event()

        def deliver(event: Event | None) -> None:
            if event is None:
                ended.set()
            else:
                self.hear(event)
            bell.set()

        watch.listen(deliver)
        async with _ending(watch):
            while self.panel.is_open:
                bell.clear()
                self.panel.guard(self._take_and_publish, watch)
                if ended.is_set():
                    return
                try:
                    await asyncio.wait_for(bell.wait(), _TICK)
                except TimeoutError:
                    self.has_looked = True

    def _take_and_publish(self, watch: Watch) -> None:
        self.take(watch)
        self.publish()


def attempt(ask: Callable[[], T]) -> T | SmsError:
    """Return what is told, or why it is not."""
    try:
        return ask()
    except SmsError as problem:
        return problem


@asynccontextmanager
async def _ending(watch: Watch) -> AsyncIterator[None]:
    """Begin a watch and end it again, also where the panel closes before it has begun."""
    beginning = asyncio.ensure_future(watch.__aenter__())
    try:
        await asyncio.shield(beginning)
        yield
    finally:
        beginning.add_done_callback(lambda _: watch.close())
