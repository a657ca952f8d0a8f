"""One activation in a watch panel: what is known of it, and what can be done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from sms_notebook.panels import markup
from sms_notebook.panels.markup import Record, missing
from sms_notebook.panels.naming import Naming
from sms_notebook.panels.picker import Choice, Picker

CANCEL_AFTER = 120.0
"""Seconds after buying that a number can be cancelled."""

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

_WORDS = {
    "STATUS_WAIT_CODE": "Waiting for a code",
    "STATUS_WAIT_RETRY": "Waiting for another code",
    "STATUS_WAIT_RESEND": "Waiting for another code",
    "STATUS_OK": "Code received",
    "STATUS_CANCEL": "Cancelled",
    "STATUS_FINISH": "Finished",
    "STATUS_REVOKE": "Revoked",
}


def state_of(record: Record) -> str:
    """Say how a number stands."""
    status = str(record["status"])
    if record["is_over"] and status in ("STATUS_OK", "STATUS_WAIT_CODE", "STATUS_WAIT_RETRY"):
        return "Over"
    return _WORDS.get(status, status)


def time_left(record: Record) -> str:
    """Draw how long a number lives on, where that is known."""
    left, since, ends_at = record["seconds_left"], record["since"], record["ends_at"]
    if record["is_over"] or missing(left) or missing(since) or missing(ends_at):
        return ""
    told = markup.clock(left)
    whole = (ends_at - since).total_seconds()
    return f"{markup.bar(left, whole, f'{told} left')}<span>{told} left</span>"


def age(record: Record) -> float | None:
    """Return the seconds since buying by the provider's clock, where they are known."""
    left, since, ends_at = record["seconds_left"], record["since"], record["ends_at"]
    if missing(left) or missing(since) or missing(ends_at):
        return None
    return float((ends_at - since).total_seconds() - left)


@dataclass(eq=False)
class Shared:
    """What all rows of a panel use together: fewer widgets for the page."""

    layout: Any = field(default_factory=lambda: ipywidgets.Layout(width="auto"))
    style: Any = field(default_factory=ipywidgets.ButtonStyle)

    def close(self) -> None:
        """Free them."""
        self.layout.close()
        self.style.close()

    def button(self, words: str, tooltip: str, clicked: Callable[[], None]) -> Any:
        """Make a button of a row."""
        button = ipywidgets.Button(
            description=words, tooltip=tooltip, layout=self.layout, style=self.style
        )
        button.on_click(lambda _: clicked())
        return button


class ActivationRow:
    """The widgets of one activation. A trait is set only where something changed.

    Parameters
    ----------
    record : mapping
        A row of ``watch.frame``.
    act : callable
        Does something with the row: ``again``, ``finish``, ``cancel`` or ``hear``.
    shared : Shared
        Layout and style of all rows.
    named : Naming
        Names of services and countries.
    """

    def __init__(
        self,
        record: Record,
        act: Callable[["ActivationRow", str], None],
        shared: Shared,
        named: Naming,
    ) -> None:
        self.ref = str(record["activation_id"])
        self.record = record
        self._shared = shared
        self._act = act
        self._named = named
        self._busy = False
        plain = {"layout": shared.layout}
        self._facts = ipywidgets.HTML(**plain)
        self._state = ipywidgets.HTML(**plain)
        self._buttons = {
            "again": self._button("Another code", "again", "One more code, for free"),
            "finish": self._button("Finish", "finish", "Confirm the code: the number is paid for"),
            "cancel": self._button("Cancel", "cancel", "The money comes back"),
        }
        self._actions = ipywidgets.HBox(list(self._buttons.values()), layout=shared.layout)
        self._actions.add_class("smsn-buttons")
        self.language: Any = None
        self.root = ipywidgets.VBox([self._facts, self._state, self._actions], layout=shared.layout)
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
        self._facts.value = _facts(record, self._named.place(record))
        good = "" if record["is_over"] or not record["codes"] else " smsn-ok"
        badge = f'<span class="smsn-badge{good}">{markup.text(state_of(record))}</span>'
        self._state.value = f'<div class="smsn-line">{badge}{time_left(record)}</div>'
        if not missing(record["url"]) and self.language is None:
            self._add_hearing()
        if record["is_over"] and "smsn-over" not in self.root._dom_classes:  # noqa: SLF001 - the only list of them
            self.root.add_class("smsn-over")
        self._allow()

    def _button(self, words: str, name: str, tooltip: str) -> Any:
        return self._shared.button(words, tooltip, lambda: self._act(self, name))

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
        alive = not self._busy and not record["is_over"]
        has_code = bool(record["codes"]) or record["messages"] > 0
        self._buttons["again"].disabled = not (alive and record["status"] == "STATUS_OK")
        self._buttons["finish"].disabled = not (alive and has_code)
        self._buttons["cancel"].disabled = not alive or has_code
        if "hear" in self._buttons:
            self._buttons["hear"].disabled = self._busy or self.language.value is None
        old = age(record)
        wait = 0.0 if old is None or record["is_over"] or has_code else CANCEL_AFTER - old
        words = f"Cancel (in {markup.clock(wait)})" if wait > 0 else "Cancel"
        self._buttons["cancel"].description = words


def _facts(record: Record, where: str) -> str:
    """Write number, service, codes and text."""
    shown = markup.number(record["phone_number"])
    first = [
        f'<span class="smsn-number">{markup.text(shown)}</span>',
        markup.copyable(record["phone_number"], f"Number {shown}")
        if not missing(record["phone_number"])
        else "",
        f"<span>{markup.text(where)}</span>",
        f'<span class="smsn-muted">id {markup.text(record["activation_id"])}</span>',
    ]
    lines = [f'<div class="smsn-line">{"".join(first)}</div>']
    codes, latest = list(record["codes"]), record["code"]
    earlier = codes[:-1] if codes and not missing(latest) else codes
    second = []
    if not missing(latest):
        second.append(markup.copyable(latest, f"Code for {shown}", "smsn-code"))
    if earlier:
        second.append('<span class="smsn-muted">earlier:</span>')
        second += [markup.copyable(code, "Earlier code") for code in reversed(earlier)]
    if not missing(record["url"]):
        second.append(f"<span>{markup.link(record['url'], 'Recording of the call')}</span>")
    if second:
        lines.append(f'<div class="smsn-line">{"".join(second)}</div>')
    if not missing(record["text"]):
        lines.append(f'<div class="smsn-text">{markup.text(record["text"])}</div>')
    return "".join(lines)
