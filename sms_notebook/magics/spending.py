"""Before money is spent: what it will cost, and whether the person wants it."""

from decimal import Decimal

from sms_notebook.magics.session import Session
from sms_notebook.protocol.calls import Buys, Call


def ask_first(
    session: Session, what: str, call: Call, *, yes: bool, key: str | None = None
) -> None:
    """Ask whether to buy, with the price; the sandbox is never asked about.

    Parameters
    ----------
    session : Session
        Whose money it is.
    what : str
        What is bought, in words.
    call : Call
        The purchase.
    yes : bool
        Whether the person said so already.
    key : str, optional
        Where it stands for an order already, nothing is bought.

    Raises
    ------
    UsageProblem
        If the answer is no, or nobody can answer.
    """
    sms = session.client
    if yes or not session.spends_real_money or _stands(session, key):
        return
    price: Decimal | None = None
    currency = ""
    if call.params.get("maxPrice"):
        price = Decimal(call.params["maxPrice"])
        what += ", at most"
    elif call.action.buys is not Buys.PRODUCT:
        quote = sms._take(sms._priced(call))  # noqa: SLF001 - a face of the client
        price, currency = quote.total, quote.currency or ""
    session.asking.may_buy(what, price, currency, real=True, yes=yes)


def _stands(session: Session, key: str | None) -> bool:
    """Tell whether a key stands for something that was bought."""
    if key is None:
        return False
    ledger = session.client.ledger()
    return bool((ledger["key"].eq(key) & ledger["bought_at"].notna()).fillna(value=False).any())
