"""Times of the wire, in all their spellings."""

import re
from datetime import UTC, datetime, tzinfo

_HYPHENATED = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2})[-:](\d{1,2})(?:[-:](\d{1,2}))?)?$", re.ASCII
)
_MILLISECONDS_FROM = 10**11  # as seconds this would be the year 5138
_NONE = ("", "0", "null", "None")
_BEFORE_ALL = range(-62_200_000_000, -62_000_000_000)  # seconds: -62169993017 is 0000-00-00
_LESS = re.compile(r"-\d{9,}")


def read_time(value: object, zone: tzinfo) -> datetime | None:
    """Read a time of the wire.

    Parameters
    ----------
    value : object
        ``2022-06-01 16:59:16``, ``2020-01-31T12:01:52``, ``2026-2-13 12-00-00``, a time with a
        zone, or a Unix timestamp in seconds or milliseconds.
    zone : tzinfo
        The zone of a time that names none.

    Returns
    -------
    datetime or None
        In UTC. None where the wire says "no time", as with ``0000-00-00 00:00:00``.

    Raises
    ------
    ValueError
        If it is no time at all.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> read_time("2022-06-01 16:59:16", timezone(timedelta(hours=3))).isoformat()
    '2022-06-01T13:59:16+00:00'
    """
    if value is None or value is False:
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_timestamp(value)
        if isinstance(value, str):
            return _from_text(value.strip().strip("'\""), zone)
    except (OverflowError, OSError) as error:
        raise ValueError(f"a time out of range: {str(value)[:40]}") from error
    raise ValueError(f"not a time: {type(value).__name__}")


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    """Read the spellings of a time as text."""
    if text in _NONE or text.startswith("0000-00-00"):
        return None
    if _LESS.fullmatch(text):
        return _from_timestamp(int(text))
    if text.isascii() and text.isdigit() and len(text) != len("20200131"):
        return _from_timestamp(int(text))
    if match := _HYPHENATED.match(text):
        moment = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 - the zone follows
    else:
        moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)


def _from_timestamp(value: float) -> datetime | None:
    """Read a Unix timestamp; zero means none, and so does the year 0 of others' clocks."""
    if not value or int(value) in _BEFORE_ALL:
        return None
    seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
    return datetime.fromtimestamp(seconds, UTC)
