"""Currencies: the wire says 840, people say USD."""

from functools import cache

_USUAL = {"840": "USD", "643": "RUB", "978": "EUR", "156": "CNY"}


@cache
def currency_text(code: str) -> str | None:
    """Return the ISO 4217 alphabetic code for a numeric or alphabetic one.

    Examples
    --------
    >>> currency_text("840"), currency_text("usd"), currency_text("0")
    ('USD', 'USD', None)
    """
    code = code.strip().upper()
    if code in _USUAL:
        return _USUAL[code]
    import pycountry  # noqa: PLC0415 - its tables load only for a currency that is not usual

    if code.isascii() and code.isdigit():
        found = pycountry.currencies.get(numeric=code.zfill(3))
    else:
        found = pycountry.currencies.get(alpha_3=code)
    return str(found.alpha_3) if found else None
