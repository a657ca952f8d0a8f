"""One number in a panel, an activation or a rent: what is known of it, and what can be done."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from sms_notebook.panels import markup
from sms_notebook.panels.markup import DisplayNames, Record, missing
from sms_notebook.panels.picker import Choice, Picker
from sms_notebook.protocol.replies import Status
from sms_notebook.providers.row import Provider
from sms_notebook.watching.events import Event

LONGEST = 1344
"""Hours of a rent or of an extension."""

_KEPT = 100  # messages of a rent that are shown

LANGUAGES = {
    "en": "English",
    "ru": "Russian",
    "es": "Spanish",
    "pt": "Portuguese",
    "de": "German",
    "fr": "French",
    "it": "Italian",
    "tr": "Turkish",
    "zh": "Chinese",
    "ja": "Japanese",
    "ar": "Arabic",
    "hi": "Hindi",
}
"""Offered for hearing a call again; the provider says which it takes."""

_WORDS: dict[str, str] = {
    Status.WAIT_CODE: "Waiting for a code",
    Status.WAIT_RETRY: "Waiting for another code",
    Status.WAIT_RESEND: "Waiting for another code",
    Status.OK: "Code received",
    Status.CANCEL: "Cancelled",
    Status.FINISH: "Finished",
    Status.REVOKE: "Revoked",
}


def hours_field(provider: Provider, **look: Any) -> Any:
    """Return the field for the hours of a rent: those that can be had, or any."""
    if provider.rent_hours:
        hours = provider.rent_hours
        return ipywidgets.Dropdown(value=hours[0], options=hours, **look)
    return ipywidgets.BoundedIntText(value=24, min=provider.shortest_rent, max=LONGEST, **look)


def state_of(record: Record) -> str:
    """Say how a number stands."""
    status = str(record["status"])
    if record["is_over"] and status in (Status.OK, Status.WAIT_CODE, Status.WAIT_RETRY):
        return "Over"
    return _WORDS.get(status, status)


def time_left(record: Record) -> str:
    """Draw how long a number lives on, where that is known."""
    left, since, ends_at = record["seconds_left"], record["since"], record["ends_at"]
    if record["is_over"] or missing(left) or missing(since) or missing(ends_at):
        return ""
    duration = markup.clock(left)
    whole = (ends_at - since).total_seconds()
    return f"{markup.bar(left, whole, f'{duration} left')}<span>{duration} left</span>"


def age(record: Record) -> float | None:
    """Return the seconds since buying by the provider's clock, where they are known."""
    left, since, ends_at = record["seconds_left"], record["since"], record["ends_at"]
    if missing(left) or missing(since) or missing(ends_at):
        return None
    return float((ends_at - since).total_seconds() - left)


@dataclass(eq=False)
class Shared:
    """What all rows of a panel use together: fewer widgets for the page."""

    provider: Provider
    names: DisplayNames
    layout: Any = field(default_factory=lambda: ipywidgets.Layout(width="auto"))
    style: Any = field(default_factory=ipywidgets.ButtonStyle)

    def close(self) -> None:
        """Free them."""
        self.layout.close()
        self.style.close()


@dataclass(frozen=True, slots=True)
class ExtensionPrice:
    """What an extension costs, the most hours that can be had, and what was paid before."""

    hours: int
    words: str
    maximum: int
    history: list[tuple[str, ...]]


class _NumberRow(ABC):
    """What the rows of activations and rents are: facts, a state, and one action at a time.

    A trait is set only where something changed.
    """

    def __init__(
        self, ref: str, record: Record, act: Callable[[Any, str], None], shared: Shared
    ) -> None:
        self.ref = ref
        self.record = record
        self._act = act
        self._shared = shared
        self.is_busy = False
        self._is_dimmed = False
        self._facts, self._state = self._html(), self._html()
        self.root: Any = None

    def set_busy(self, busy: bool) -> None:
        """Allow nothing else while something is being done."""
        self.is_busy = busy
        self._allow()

    @abstractmethod
    def _allow(self) -> None:
        """Let those buttons be clicked that make sense now."""

    def _html(self) -> Any:
        return ipywidgets.HTML(layout=self._shared.layout)

    def _button(self, words: str, name: str, tooltip: str) -> Any:
        shared = self._shared
        button = ipywidgets.Button(
            description=words, tooltip=tooltip, layout=shared.layout, style=shared.style
        )
        button.on_click(lambda _: self._act(self, name))
        return button

    def _line_of(self, *widgets: Any) -> Any:
        line = ipywidgets.HBox(widgets, layout=self._shared.layout)
        return line.add_class("smsn-buttons")

    def _place(self, *widgets: Any) -> None:
        """Put widgets into the row."""
        row = ipywidgets.VBox(widgets, layout=self._shared.layout)
        self.root = row.add_class("smsn-row")

    def _show_state(self, badge: str, after: str = "", kind: str = "") -> None:
        """Show a badge and the time that is left, and dim what is over."""
        words = f'<span class="smsn-badge{kind}">{markup.text(badge)}</span>'
        self._state.value = f'<div class="smsn-line">{words}{time_left(self.record)}{after}</div>'
        if self.record["is_over"] and not self._is_dimmed:
            self._is_dimmed = True
            self.root.add_class("smsn-over")

    def _number_line(self, reference: str) -> str:
        """Write the number to copy from, what it is for, and its id."""
        bare = self.record["phone_number"]
        number = markup.number(bare)
        copyable = "" if missing(bare) else markup.copyable(bare, f"Number {number}")
        return (
            f'<div class="smsn-line"><span class="smsn-number">{markup.text(number)}</span>'
            f"{copyable}<span>{markup.text(self._shared.names.place(self.record))}</span>"
            f'<span class="smsn-muted">{markup.text(reference)}</span></div>'
        )


class ActivationRow(_NumberRow):
    """The widgets of one activation.

    Parameters
    ----------
    record : mapping
        A row of ``watch.frame``.
    act : callable
        Does something with the row: ``again``, ``finish``, ``cancel`` or ``hear``.
    shared : Shared
        What all rows of the panel use.
    """

    def __init__(
        self, record: Record, act: Callable[["ActivationRow", str], None], shared: Shared
    ) -> None:
        super().__init__(str(record["activation_id"]), record, act, shared)
        self._buttons = {
            "again": self._button("Another code", "again", "One more code, for free"),
            "finish": self._button("Finish", "finish", "Confirm the code: the number is paid for"),
            "cancel": self._button("Cancel", "cancel", "The money comes back"),
        }
        self._actions = self._line_of(*self._buttons.values())
        self.language: Any = None
        self._place(self._facts, self._state, self._actions)
        self.update(record)

    def update(self, record: Record) -> None:
        """Show how it stands now."""
        self.record = record
        self._facts.value = self._number_line(f"id {self.ref}") + _codes_and_text(record)
        has_news = record["codes"] and not record["is_over"]
        self._show_state(state_of(record), kind=" smsn-ok" if has_news else "")
        if not missing(record["url"]) and self.language is None:
            self._add_hearing()
        self._allow()

    def _add_hearing(self) -> None:
        """Offer to have the recording of a call heard again."""
        self._buttons["hear"] = self._button("Hear again", "hear", "Have the recording read anew")
        self.language = Picker("Language", "Name or code", lambda _: self._allow())
        self.language.fill(
            Choice(code, f"{name} ({code})", (code,)) for code, name in LANGUAGES.items()
        )
        self.language.value = "en"
        self._actions.children = (*self._actions.children, self.language, self._buttons["hear"])

    def _allow(self) -> None:
        record = self.record
        alive = not self.is_busy and not record["is_over"]
        has_code = bool(record["codes"]) or record["messages"] > 0
        self._buttons["again"].disabled = not (alive and record["status"] == Status.OK)
        self._buttons["finish"].disabled = not (alive and has_code)
        self._buttons["cancel"].disabled = not alive or has_code
        if "hear" in self._buttons:
            self._buttons["hear"].disabled = self.is_busy or self.language.value is None
        old = age(record)
        is_early = old is not None and not record["is_over"] and not has_code
        wait = self._shared.provider.first_cancel - (old or 0.0) if is_early else 0.0
        words = f"Cancel (in {markup.clock(wait)})" if wait > 0 else "Cancel"
        self._buttons["cancel"].description = words


def _codes_and_text(record: Record) -> str:
    """Write the codes, the latest first, a recording and the text."""
    lines, parts = [], []
    codes, latest = list(record["codes"]), record["code"]
    earlier = codes[:-1] if codes and not missing(latest) else codes
    if not missing(latest):
        number = markup.number(record["phone_number"])
        parts.append(markup.copyable(latest, f"Code for {number}", "smsn-code"))
    if earlier:
        parts.append('<span class="smsn-muted">earlier:</span>')
        parts += [markup.copyable(code, "Earlier code") for code in reversed(earlier)]
    if not missing(record["url"]):
        parts.append(f"<span>{markup.link(record['url'], 'Recording of the call')}</span>")
    if parts:
        lines.append(f'<div class="smsn-line">{"".join(parts)}</div>')
    if not missing(record["text"]):
        lines.append(f'<div class="smsn-text">{markup.text(record["text"])}</div>')
    return "".join(lines)


class RentRow(_NumberRow):
    """The widgets of one rent.

    Parameters
    ----------
    record : mapping
        A row of ``watch.frame``.
    act : callable
        Does something with the row: ``price``, ``extend``, ``finish`` or ``cancel``.
    shared : Shared
        What all rows of the panel use.
    seen : callable
        Returns an event as it may be seen now.
    """

    def __init__(
        self,
        record: Record,
        act: Callable[["RentRow", str], None],
        shared: Shared,
        seen: Callable[[Event], Event],
    ) -> None:
        super().__init__(str(record["rent_id"]), record, act, shared)
        self.priced: int | None = None
        self._seen = seen
        self._messages: list[Event] = []
        self._texts, self._quote = self._html(), self._html()
        self.hours = hours_field(shared.provider, description="Hours more", layout=shared.layout)
        self.hours.style.description_width = "initial"
        self.hours.observe(lambda _: self.forget_price(), "value")
        tooltip = "What it costs and the most that can be had"
        self._price = self._button("See price", "price", tooltip)
        self._extend = self._button("Extend", "extend", "Pays for more hours")
        self._finish = self._button("Finish", "finish", "Ends the rent")
        self._cancel = self._button("Cancel", "cancel", "The money comes back")
        buttons = (self._price, self._extend, self._finish, self._cancel)
        actions = self._line_of(self.hours, *buttons)
        self._place(self._facts, self._state, self._texts, actions, self._quote)
        self.update(record)

    def update(self, record: Record) -> None:
        """Show how it stands now."""
        self.record = record
        self._facts.value = self._number_line(f"rent {self.ref}")
        ends, until = record["ends_at"], ""
        if not missing(ends):
            until = f"{'ended' if record['is_over'] else 'until'} {ends:%d %b %H:%M} UTC"
        muted = f'<span class="smsn-muted">{markup.text(until)}</span>'
        self._show_state(_rent_state(record), muted)
        self._allow()

    def hear(self, event: Event) -> None:
        """Show a message, the newest first."""
        self._messages = [event, *self._messages][:_KEPT]
        self._messages.sort(key=lambda event: event.at, reverse=True)
        self.show_messages()

    def show_messages(self) -> None:
        """Show all messages, masked where that is wished now."""
        self._texts.value = "".join(_message(self._seen(event)) for event in self._messages)

    def show_price(self, quote: ExtensionPrice) -> None:
        """Show what an extension costs, also on the button that pays it, and what was paid."""
        self.priced = quote.hours
        self._extend.description = f"Extend for {quote.words}"
        words = f"{quote.hours} hours more cost {quote.words}; {quote.maximum} hours at most."
        paid = markup.table(("paid on", "hours", "price"), quote.history, "Extensions so far")
        history = paid if quote.history else markup.muted("Not extended so far.")
        self._quote.value = f"<div>{markup.text(words)}</div>{history}"
        self._allow()

    def forget_price(self) -> None:
        """Let nothing be paid whose price was not shown."""
        self.priced = None
        self._extend.description = "Extend"
        self._allow()

    def _allow(self) -> None:
        alive = not self.is_busy and not self.record["is_over"]
        old = age(self.record)
        left = None if old is None else self._shared.provider.rent_refund - old
        self._price.disabled = not alive
        self._extend.disabled = not alive or self.priced is None
        self._finish.disabled = not alive
        self._cancel.disabled = not alive or (left is not None and left <= 0)
        is_counting = left is not None and left > 0 and not self.record["is_over"]
        self._cancel.description = (
            f"Cancel (for {markup.clock(left or 0)})" if is_counting else "Cancel"
        )


def _rent_state(record: Record) -> str:
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
