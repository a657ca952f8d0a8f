"""Words on charts: amounts, counts, and what was left out."""

from collections.abc import Iterable
from decimal import Decimal
from textwrap import wrap

_LINE = 84  # characters of a line below the title
_FINEST = Decimal("0.000001")  # of an amount; what is finer is a float's noise
_CENTS = Decimal("0.01")
_LONGEST = 36  # characters of a name


def amount(value: float | Decimal) -> Decimal:
    """Return an amount as it was written before it became a float.

    Examples
    --------
    >>> amount(0.1 + 0.2)
    Decimal('0.3')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(_FINEST).normalize()


def money(value: float | Decimal) -> str:
    """Write an amount to the cent, or finer where it is.

    Examples
    --------
    >>> money(0.5), money(1234.5), money(0.0375), money(16)
    ('0.50', '1,234.50', '0.0375', '16.00')
    """
    exact = amount(value)
    return f"{exact:,.2f}" if exact == exact.quantize(_CENTS) else f"{exact:,f}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "country", "countries"), counted(1200, "number")
    ('1 country', '1,200 numbers')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def left_out(reasons: Iterable[tuple[int, str]]) -> str:
    """Say what was left out, and why; empty where nothing was.

    Examples
    --------
    >>> left_out([(3, "without a price"), (0, "without a country"), (1, "rent/rents")])
    'left out: 3 without a price, 1 rent'
    """
    said = []
    for number, reason in reasons:
        one, _, many = reason.partition("/")
        said += [counted(number, one, many or one)] if number else []
    return f"left out: {', '.join(said)}" if said else ""


def lines(*parts: str) -> list[str]:
    """Put what is said below a title into lines, each part whole where it fits.

    Examples
    --------
    >>> lines("2 offers", "", "left out: 1 without a price")
    ['2 offers · left out: 1 without a price']
    """
    packed: list[str] = []
    for part in filter(None, parts):
        if packed and len(packed[-1]) + len(part) < _LINE:
            packed[-1] += f" · {part}"
        else:
            packed += wrap(part, _LINE)
    return packed


def name(value: object) -> str:
    r"""Make a name from a stranger fit to be shown: one line of signs that can be seen.

    Examples
    --------
    >>> name("Tele\ngram\u202e"), name("x" * 50)
    ('Tele�gram�', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…')
    """
    shown = "".join(one if one.isprintable() else "�" for one in str(value)[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def plain(value: object) -> str:
    """Make a word from a stranger fit to be part of an axis' title.

    Vega-Lite puts titles into expressions, and its quoting can be left with a backslash.

    Examples
    --------
    >>> plain("USD"), plain('"+alert(1)+"')
    ('USD', '��alert�1���')
    """
    return "".join(one if one.isalnum() or one == " " else "�" for one in name(value))
