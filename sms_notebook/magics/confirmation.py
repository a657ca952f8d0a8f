"""Before money is spent: what it will cost, and whether the person wants it."""

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING

from IPython.core.error import StdinNotImplementedError

from sms_notebook.client.catalogue import Names
from sms_notebook.magics.session import MagicSession
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import BadAction, NoNumbers, UsageProblem
from sms_notebook.typesetting import printable

if TYPE_CHECKING:
    from sms_notebook.ledger.purchases import PurchaseRequest

_NOBODY = (EOFError, StdinNotImplementedError, OSError)


def _ask(question: str) -> bool:
    """Ask through whatever the shell has: a terminal, or the input field of a notebook."""
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def is_agreed(question: str) -> bool:
    """Ask a question; no is the answer of nobody."""
    try:
        return _ask(question)
    except _NOBODY:
        return False


def ask_for_key(title: str) -> str:
    """Ask for a provider's key; it is not shown, and nothing keeps it.

    Raises
    ------
    UsageProblem
        If nobody can answer.
    """
    try:
        return getpass.getpass(f"API key of {title}: ")
    except _NOBODY:
        raise UsageProblem(
            "%sms login: nobody can be asked for a key here. Set SMS_API_KEY."
        ) from None


def confirm(session: MagicSession, *calls: Call, yes: bool, key: str | None = None) -> None:
    """Ask whether to buy, with the price; the sandbox is never asked about.

    Parameters
    ----------
    session : MagicSession
        Whose money it is.
    *calls : Call
        The purchase; several where the first that can be had is bought.
    yes : bool
        Whether the person said so already.
    key : str, optional
        Where it stands for this purchase already, nothing is bought.

    Raises
    ------
    UsageProblem
        If the answer is no, or nobody can answer. Nothing was bought.
    SmsError
        If it is not on sale, or the provider does not answer. Nothing was bought.
    """
    about = session.client.about
    if yes or not about.spends_real_money or not session.confirms():
        return
    resolved = [about.resolve(call) for call in calls]
    if key is not None and about.is_bought(resolved[0], key):
        return
    what = f"{_purchase(session, resolved)} {_price(session, resolved)}"
    try:
        agreed = _ask(f"Buy {what}?")
    except _NOBODY:
        raise UsageProblem(
            f"%sms: nobody can be asked here whether to buy {what}. Nothing was bought; --yes "
            "buys without asking."
        ) from None
    except KeyboardInterrupt:
        agreed = False
    if not agreed:
        raise UsageProblem(f"%sms: not bought, as you said: {what}.")


def _purchase(session: MagicSession, calls: Sequence[Call]) -> str:
    """Describe what is bought; names are the provider's."""
    from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - loads SQLAlchemy

    request = PurchaseRequest(calls[0])
    names = session.names
    services = " and ".join(names.services.get(code) or code for code in request.services)
    countries = [_country(names, PurchaseRequest(call)) for call in calls]
    place = ", else ".join(dict.fromkeys(filter(None, countries)))
    number = f"a number for {services or 'any service'}" + (f" in {place}" if place else "")
    hours = request.hours or session.client.about.provider.shortest_rent
    return printable(
        {
            PurchaseKind.RENT: f"{hours} hours of {number}",
            PurchaseKind.EXTENSION: f"{hours} more hours of rent {request.target}",
            PurchaseKind.AGAIN: f"another activation on the number of {request.target}",
            PurchaseKind.PRODUCT: f"partner software {request.target}",
        }.get(request.buys, number)
    )


def _country(names: Names, request: "PurchaseRequest") -> str | None:
    return names.countries.get(request.country) if request.country is not None else None


def _price(session: MagicSession, calls: Sequence[Call]) -> str:
    """Describe what it costs, as far as anybody knows; what is on sale nowhere is refused."""
    first = calls[0]
    if first.params.get("maxPrice"):
        return f"for {first.params['maxPrice']} at most"
    if first.action.buys is PurchaseKind.PRODUCT:
        return "(its price is not known)"
    about = session.client.about
    quotes = []
    missing: NoNumbers | None = None
    for call in calls:
        try:
            quotes.append(about.quote(call))
        except BadAction:
            return f"({about.provider.name} does not tell its price)"
        except NoNumbers as refusal:
            missing = missing or refusal
    if missing is not None and not quotes:
        raise missing
    least, most = min(quote.total for quote in quotes), max(quote.total for quote in quotes)
    price = f"{most:f}" if least == most else f"{least:f} to {most:f}"
    return f"for {price} {quotes[0].currency or ''}".rstrip()
