"""Words and HTML of the panels: everything from strangers is escaped here, and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.sms_error import MethodCall, Speaker

Record = Mapping[str, Any]
"""A row of a frame."""

_LONGEST = 4_000  # characters of one message that are shown
_BLOCKS = 20  # a bar moves in as many steps, so that a tick changes few rows
_FINE = 120  # seconds; below, time is told in seconds
_STEP = 10  # seconds
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def missing(value: Any) -> bool:
    """Tell whether a cell of a frame is empty."""
    return value is None or bool(pd.isna(value))


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a frame."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def text(value: Any) -> str:
    """Escape anything for HTML; what is missing is empty.

    Examples
    --------
    >>> text("<b>"), text(None)
    ('&lt;b&gt;', '')
    """
    if missing(value):
        return ""
    written = str(value)
    written = written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
    return escape(
        "".join(
            character if character.isprintable() or character in "\n\t" else "�"
            for character in written
        )
    )


def muted(words: str) -> str:
    """Make a paragraph in a quiet colour."""
    return f'<p class="smsn-muted" role="status">{text(words)}</p>'


def link(url: Any, label: str) -> str:
    """Make a link of an address that is http or https; of any other its text.

    Examples
    --------
    >>> link("javascript:alert(1)", "Listen")
    'javascript:alert(1)'
    """
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return text(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return text(url)
    rel = "noopener noreferrer nofollow"
    return f'<a href="{text(url)}" target="_blank" rel="{rel}">{text(label)}</a>'


def copyable(value: Any, label: str, kind: str = "") -> str:
    """Make a field to copy from: a click copies it, or the Enter key."""
    width = max(len(str(value)), 4)
    return (
        f'<input class="smsn-copy {kind}" readonly value="{text(value)}" size="{width}"'
        f' aria-label="{text(label)}" title="Click to copy">'
    )


def number(value: Any) -> str:
    """Write a phone number as people read it; what is none, or masked, stays as it is.

    Examples
    --------
    >>> number("77002753027"), number("12"), number("7700•••3027")
    ('+7 700 275 3027', '+12', '+7700•••3027')
    """
    import phonenumbers  # noqa: PLC0415 - its tables load when a number is shown

    digits = "" if missing(value) else str(value)
    if not digits:
        return "number not known yet"
    if not digits.isdigit():
        return f"+{digits}" if digits[0].isdigit() else digits
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    if not phonenumbers.is_possible_number(parsed):
        return f"+{digits}"
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def clock(seconds: float) -> str:
    """Tell how long something takes, the coarser the longer.

    Examples
    --------
    >>> clock(47), clock(95), clock(1140), clock(90_000)
    ('50 s', '1:40', '19 min', '1 d 1 h')
    """
    whole = max(int(seconds), 0)
    if whole <= _STEP:
        return f"{whole} s"
    if whole < _FINE:
        whole = -(-whole // _STEP) * _STEP
        return f"{whole} s" if whole < _MINUTE else f"{whole // 60}:{whole % 60:02}"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def bar(left: float, whole: float, label: str) -> str:
    """Draw the time that is left."""
    share = min(max(left / whole, 0.0), 1.0) if whole > 0 else 0.0
    percent = round(share * _BLOCKS) * 100 // _BLOCKS
    return (
        f'<span class="smsn-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}" aria-label="{text(label)}">'
        f'<i style="width:{percent}%"></i></span>'
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str) -> str:
    """Make a table; every cell is escaped."""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="smsn-scroll"><table class="smsn-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_BUTTONS = {
    ("again",): "Another code",
    ("cancel",): "Cancel",
    ("finish",): "Finish",
    ("set_rent_status", 1): "Finish",
    ("set_rent_status", 2): "Cancel",
}
"""What can be clicked, by the call that it stands for."""


class PanelSpeaker(Speaker):
    """Writes calls as the buttons of the panels; what has none is left out."""

    shows_wire = False

    def call(self, call: MethodCall) -> str | None:
        """Write a call as the words on its button."""
        fixed = (arg for arg in call.args if isinstance(arg, int))
        return _BUTTONS.get((call.method, *fixed, *call.options))

    def parameter(self, name: str) -> str:
        """Write a parameter as the field of a panel."""
        return {"max_price": "the max price", "rent_time": "hours"}.get(name, name)


_SPEAKER = PanelSpeaker()


def plain(problem: SmsError) -> str:
    """Write an error in the words of panels."""
    text = problem.written(_SPEAKER)
    return text[:1].upper() + text[1:]


def money(amount: float | Decimal) -> str:
    """Write an amount."""
    return f"{amount:.2f}" if round(float(amount), 2) == float(amount) else f"{float(amount):g}"


def price(amount: Any, currency: Any) -> str:
    """Write an amount with its currency, where that is known."""
    return money(float(amount)) + ("" if missing(currency) else f" {currency}")


def cost(row: Record) -> str:
    """Write what was paid, where that is known."""
    return "" if missing(row["cost"]) else f" for {price(row['cost'], row['currency'])}"


class DisplayNames:
    """Knows the names that a client knows, without asking anybody.

    Parameters
    ----------
    sms : Client
        Its catalogue is looked into.
    """

    def __init__(self, sms: Client) -> None:
        self._sms = sms

    def service(self, code: Any) -> str:
        """Return the name of a service, or the code where nobody knows it."""
        if missing(code):
            return ""
        return str(self._sms.names.services.get(str(code), code))

    def country(self, key: Any) -> str:
        """Return the name of a country, or its id."""
        if missing(key):
            return ""
        return str(self._sms.names.countries.get(int(key), key))

    def place(self, record: Record) -> str:
        """Return service and country of a row in a frame."""
        both = (self.service(record["service"]), self.country(record["country"]))
        return " · ".join(name for name in both if name)
