"""Why nothing was bought: a key that stands for something else, or no country that had one."""

from collections.abc import Sequence
from copy import copy

from sms_notebook.ledger.purchases import PurchaseRequest
from sms_notebook.protocol.errors import (
    BudgetExceeded,
    NoNumbers,
    SmsError,
    UsageProblem,
    WrongMaxPrice,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase

About = tuple[str | None, int | None, str | None, int | None]
"""Service, country, target and hours."""


def other_thing(wanted: Sequence[PurchaseRequest], before: About) -> UsageProblem:
    """Make the error for a key that stands for something else."""
    asked = " or ".join(dict.fromkeys(_described(*request.about) for request in wanted))
    return UsageProblem(
        f"the key {wanted[0].key!r} stands for an order of {_described(*before)} already, "
        f"not of {asked}. Take another key.",
        action=wanted[0].action,
    )


def _described(
    service: str | None, country: int | None, target: str | None, hours: int | None
) -> str:
    words = service or f"rent {target}"
    words += "" if country is None else f" in country {country}"
    return words if hours is None else f"{words} for {hours} hours"


def nowhere(request: PurchaseRequest, refusals: Sequence[tuple[str, SmsError]]) -> SmsError:
    """Make one error of why each country refused: of their kind where all are of one.

    Parameters
    ----------
    request : PurchaseRequest
        What was wanted.
    refusals : sequence of tuple
        What each country is called, and why nothing was bought there.
    """
    countries: dict[str, list[str]] = {}
    reasons: dict[str, Phrase] = {}
    for name, refusal in refusals:
        reason = refusal.reason
        if isinstance(refusal, WrongMaxPrice) and refusal.minimum is not None:
            reason = Phrase("{reason}, {least:g}", reason=reason, least=refusal.minimum)
        text = reason.written() or ""
        countries.setdefault(text, []).append(name)
        reasons[text] = reason
    parts: dict[str, object] = {}
    words = []
    for place, (text, names) in enumerate(countries.items()):
        parts |= {f"names{place}": ", ".join(names), f"reason{place}": reasons[text]}
        words.append(f"{{names{place}}}: {{reason{place}}}")
    errors = [refusal for _, refusal in refusals]
    if len(set(map(type, errors))) == 1:
        error = copy(min(errors, key=_lowest))
    else:
        error = NoNumbers(action=request.action, provider=errors[0].provider)
    error.what = Phrase(f"nothing was bought in any of the countries. {'; '.join(words)}", **parts)
    error.wire = ""
    error.hints = (
        Hint("{compare} shows what there is, and where", compare=("compare", request.service)),
    )
    return error


def _lowest(refusal: SmsError) -> float:
    """Return the least that a number would have cost, as far as a refusal says it."""
    if isinstance(refusal, BudgetExceeded):
        return float(refusal.asked)
    return getattr(refusal, "minimum", None) or float("inf")
