"""Prices of several durations, of which one was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.refusals import refusal
from sms_notebook.protocol.replies import Context, Text, word


class Option(NamedTuple):
    """A duration that can be had, and its price."""

    minutes: int
    price: object


_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_AN_HOUR = 60
_DIGITS = 6


def options_in(record: Mapping[str, Any]) -> list[Option] | None:
    """Return the durations that a reply offers, the shortest first; None where it names none."""
    listed = record.get("options")
    if not isinstance(listed, list):
        return None
    found = [_option(item) for item in listed if isinstance(item, dict)]
    return sorted((option for option in found if option is not None), key=lambda o: o.minutes)


def _option(item: Mapping[str, Any]) -> Option | None:
    duration = item.get("duration")
    named = duration if isinstance(duration, dict) else {"unit": "hour", "value": duration}
    unit = _MINUTES.get(word(named.get("unit")).lower().removesuffix("s"))
    value = word(named.get("value"))
    if unit is None or not value.isdecimal() or len(value) > _DIGITS:
        return None
    return Option(int(value) * unit, item.get("price", item.get("cost")))


def chosen(options: Sequence[Option], context: Context, name: str) -> object:
    """Return the price of the hours that were asked for; of the shortest where none were.

    Parameters
    ----------
    options : sequence of Option
        What can be had, the shortest first.
    context : Context
        Who was asked what.
    name : str
        The parameter that holds the hours.

    Raises
    ------
    BadRentTime
        If those hours are not offered; it names what can be had.
    """
    asked = context.params.get(name)
    fit = (o for o in options if asked is None or word(o.minutes) == word(int(asked) * _AN_HOUR))
    if (option := next(fit, None)) is None:
        raise not_offered(options, context)
    return option.price


def not_offered(options: Sequence[Option], context: Context) -> SmsError:
    """Make the error for hours that are not offered."""
    hours = [o.minutes // _AN_HOUR for o in options if not o.minutes % _AN_HOUR]
    return refusal(Text("BAD_DURATION", info={"available_durations": hours}), context)
