"""The API key: held in one place, shown nowhere."""

from typing import NoReturn
from urllib.parse import quote, quote_plus

_HIDDEN = "***"
_DISTINCT = 6  # a shorter "key" is part of ordinary words; hiding it would change the data


class ApiKey:
    """An API key that does not show itself.

    Its ``repr`` and ``str`` are stars, and it cannot be pickled.

    Parameters
    ----------
    value : str
        The key.

    Examples
    --------
    >>> ApiKey("3f9c0000000000000000000000000000")
    ApiKey(***)
    """

    __slots__ = ("_spellings", "_value")

    def __init__(self, value: str) -> None:
        value = str(value).strip()
        self._value = value
        spellings = {value, quote(value, safe=""), quote(value), quote_plus(value)}
        self._spellings = tuple(sorted(spellings, key=len, reverse=True))

    def reveal(self) -> str:
        """Return the key itself. Only the transport has a reason to."""
        return self._value

    def problem(self) -> str | None:
        """Return why this cannot be a key, without showing it; None where it can.

        It raises nothing: a traceback with locals would show the key.
        """
        value = self._value
        fine = value and value.isascii() and value.isprintable() and " " not in value
        return None if fine else "the API key is empty or has characters no key has. Copy it again."

    def hide_in(self, text: str) -> str:
        """Return a text with the key taken out."""
        for spelling in filter(None, self._spellings):
            text = text.replace(spelling, _HIDDEN)
        return text

    def hide_in_body(self, body: bytes) -> bytes:
        """Return a body with the key taken out, where a provider sent it back."""
        if len(self._value) < _DISTINCT:
            return body
        for spelling in self._spellings:
            body = body.replace(spelling.encode(), _HIDDEN.encode())
        return body

    def __repr__(self) -> str:
        return f"ApiKey({_HIDDEN})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled; make a new client there")
