"""One rent in a rent panel: its messages, and what can be done."""

from collections.abc import Callable

import ipywidgets

from sms_notebook.panels import markup
from sms_notebook.panels.markup import Record, missing
from sms_notebook.panels.naming import Naming
from sms_notebook.panels.row import Shared, age, state_of, time_left
from sms_notebook.watching.events import Event

CANCEL_WITHIN = 20 * 60.0
"""Seconds after renting in which a rent can be cancelled."""

SHORTEST, LONGEST = 2, 1344
"""Hours of an extension."""

_KEPT = 100  # messages that are shown


class RentRow:
    """The widgets of one rent. A trait is set only where something changed.

    Parameters
    ----------
    record : mapping
        A row of ``watch.frame``.
    act : callable
        Does something with the row: ``price``, ``extend``, ``finish`` or ``cancel``.
    shared : Shared
        Layout and style of all rows.
    named : Naming
        Names of services and countries.
    seen : callable
        Returns an event as it may be seen now.
    """

    def __init__(
        self,
        record: Record,
        act: Callable[["RentRow", str], None],
        shared: Shared,
        named: Naming,
        seen: Callable[[Event], Event],
    ) -> None:
        self.ref = str(record["rent_id"])
        self.record = record
        self.priced: int | None = None
        self._named = named
        self._seen = seen
        self._busy = False
        self._messages: list[Event] = []
        plain = {"layout": shared.layout}
        self._facts, self._state = ipywidgets.HTML(**plain), ipywidgets.HTML(**plain)
        self._texts, self._quote = ipywidgets.HTML(**plain), ipywidgets.HTML(**plain)
        self.hours = ipywidgets.BoundedIntText(
            value=24, min=SHORTEST, max=LONGEST, description="Hours more", **plain
        )
        self.hours.style.description_width = "initial"
        self.hours.observe(lambda _: self.forget_price(), "value")
        self._price = shared.button(
            "See price", "What it costs and the most that can be had", lambda: act(self, "price")
        )
        self._extend = shared.button("Extend", "Pays for more hours", lambda: act(self, "extend"))
        self._finish = shared.button("Finish", "Ends the rent", lambda: act(self, "finish"))
        self._cancel = shared.button("Cancel", "The money comes back", lambda: act(self, "cancel"))
        buttons = [self.hours, self._price, self._extend, self._finish, self._cancel]
        actions = ipywidgets.HBox(buttons, **plain)
        actions.add_class("smsn-buttons")
        self.root = ipywidgets.VBox(
            [self._facts, self._state, self._texts, actions, self._quote], **plain
        )
        self.root.add_class("smsn-row")
        self.update(record)

    @property
    def is_busy(self) -> bool:
        """Whether something is being done with it."""
        return self._busy

    def set_busy(self, busy: bool) -> None:
        """Allow nothing else while something is being done."""
        self._busy = busy
        self._allow()

    def update(self, record: Record) -> None:
        """Show how it stands now."""
        self.record = record
        shown = markup.number(record["phone_number"])
        bare = (
            ""
            if missing(record["phone_number"])
            else markup.copyable(record["phone_number"], f"Number {shown}")
        )
        self._facts.value = (
            f'<div class="smsn-line"><span class="smsn-number">{markup.text(shown)}</span>{bare}'
            f"<span>{markup.text(self._named.place(record))}</span>"
            f'<span class="smsn-muted">rent {markup.text(self.ref)}</span></div>'
        )
        ends = record["ends_at"]
        until = (
            ""
            if missing(ends)
            else f"{'ended' if record['is_over'] else 'until'} {ends:%d %b %H:%M} UTC"
        )
        self._state.value = (
            f'<div class="smsn-line"><span class="smsn-badge">{markup.text(_state(record))}</span>'
            f'{time_left(record)}<span class="smsn-muted">{markup.text(until)}</span></div>'
        )
        if record["is_over"] and "smsn-over" not in self.root._dom_classes:  # noqa: SLF001 - the only list of them
            self.root.add_class("smsn-over")
        self._allow()

    def hear(self, event: Event) -> None:
        """Show a message, the newest first."""
        self._messages = [event, *self._messages][:_KEPT]
        self._messages.sort(key=lambda one: one.at, reverse=True)
        self.show_messages()

    def show_messages(self) -> None:
        """Show all messages, masked where that is wished now."""
        self._texts.value = "".join(_message(self._seen(one)) for one in self._messages)

    def show_price(self, hours: int, words: str, history: list[tuple[str, ...]]) -> None:
        """Show what an extension costs, and what was paid before."""
        self.priced = hours
        paid = markup.table(("paid on", "hours", "price"), history, "Extensions so far")
        none = '<p class="smsn-muted">Not extended so far.</p>'
        self._quote.value = f"<div>{markup.text(words)}</div>{paid if history else none}"
        self._allow()

    def forget_price(self) -> None:
        """Let nothing be paid whose price was not shown."""
        self.priced = None
        self._extend.description = "Extend"
        self._allow()

    def name_price(self, words: str) -> None:
        """Write the price on the button that pays it."""
        self._extend.description = words

    def _allow(self) -> None:
        alive = not self._busy and not self.record["is_over"]
        old = age(self.record)
        left = None if old is None else CANCEL_WITHIN - old
        self._price.disabled = not alive
        self._extend.disabled = not alive or self.priced is None
        self._finish.disabled = not alive
        self._cancel.disabled = not alive or (left is not None and left <= 0)
        shown = left is not None and left > 0 and not self.record["is_over"]
        self._cancel.description = f"Cancel (for {markup.clock(left or 0)})" if shown else "Cancel"


def _state(record: Record) -> str:
    if not record["is_over"]:
        count = record["messages"]
        return "No messages yet" if not count else f"{count} message{'s' if count > 1 else ''}"
    return state_of(record)


def _message(event: Event) -> str:
    sender = f"from {markup.text(event.phone_from)}" if event.phone_from else ""
    code = markup.copyable(event.code, "Code", "smsn-code") if event.code else ""
    head = f'<span class="smsn-muted">{event.at:%d %b %H:%M:%S} {sender}</span>'
    return (
        f'<div class="smsn-line">{code}{head}</div>'
        f'<div class="smsn-text">{markup.text(event.text)}</div>'
    )
