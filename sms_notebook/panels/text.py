"""Words of the panels: numbers, money, names and errors as people read them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.sms_error import MethodCall, Speaker
from sms_notebook.protocol.frames.kinds import Secret
from sms_notebook.protocol.masking import masked_value

Record = Mapping[str, Any]
"""A row of a frame."""

_LONGEST = 4_000  # characters of one message that are shown


def missing(value: Any) -> bool:
    """Tell whether a cell of a frame is empty."""
    return value is None or bool(pd.isna(value))


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a frame."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def clean(value: Any) -> str:
    r"""Return what strangers wrote as it can be drawn: no control characters, and not endless.

    Examples
    --------
    >>> clean("a\x1bb"), clean(None)
    ('a�b', '')
    """
    if missing(value):
        return ""
    written = str(value)
    written = written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
    return "".join(
        character if character.isprintable() or character in "\n\t" else "�"
        for character in written
    )


def epoch(moment: Any) -> float | None:
    """Return a time as seconds since 1970, where it is known."""
    return None if missing(moment) else float(moment.timestamp())


def link(url: Any) -> str | None:
    """Return an address that is http or https; nothing of any other.

    Examples
    --------
    >>> link("https://example.org/a.mp3"), link("javascript:alert(1)")
    ('https://example.org/a.mp3', None)
    """
    if missing(url):
        return None
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return None
    return str(url) if parts.scheme in ("http", "https") and parts.netloc else None


@lru_cache(maxsize=4096)  # the same ones are written again and again
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


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str) -> str:
    """Make a table of HTML for where there is no widget; every cell is escaped."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = ("".join(f"<td>{escape(clean(cell))}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
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
        return _BUTTONS.get((call.method, *fixed, *map(str, call.options)))

    def parameter(self, name: str) -> str:
        """Write a parameter as the field of a panel."""
        return {"max_price": "the max price", "rent_time": "hours"}.get(name, name)


_SPEAKER = PanelSpeaker()


def plain(problem: SmsError) -> str:
    """Write an error in the words of panels."""
    words = problem.written(_SPEAKER)
    return words[:1].upper() + words[1:]


def money(amount: float | Decimal) -> str:
    """Write an amount, in cents at least, and as exactly as a provider takes it.

    Examples
    --------
    >>> money(0.5), money(0.86 + 1), money(12.3456789), money(Decimal("1E+3"))
    ('0.50', '1.86', '12.3456789', '1000.00')
    """
    whole, _, rest = f"{Decimal(str(amount)):.9f}".partition(".")
    return f"{whole}.{rest.rstrip('0'):0<2}"


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


def purchase_words(verb: str, row: Record, *, is_masked: bool) -> str:
    """Say what was bought; the mask may have been switched on since it was asked for."""
    phone = row["phone_number"]
    return f"{verb} {number(masked_value(phone, Secret.PHONE) if is_masked else phone)}{cost(row)}."
