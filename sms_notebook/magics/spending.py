"""Before money is spent: what it will cost, and whether the person wants it."""

from sms_notebook.magics.saying import printable
from sms_notebook.magics.session import Session
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.calls import Buys, Call
from sms_notebook.protocol.errors import BadAction

_LEAST_HOURS = 2  # what the API takes where no hours are given


def ask_first(session: Session, call: Call, *, yes: bool, key: str | None = None) -> None:
    """Ask whether to buy, with the price; the sandbox is never asked about.

    Parameters
    ----------
    session : Session
        Whose money it is.
    call : Call
        The purchase.
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
    if yes or not session.spends_real_money or not session.asking.confirms():
        return
    call = session.resolved(call)
    if key is None or not _stands(session, call, key):
        session.asking.may_buy(f"{_what(session, call)} {_price(session, call)}")


def _stands(session: Session, call: Call, key: str) -> bool:
    """Tell whether a key stands for something that was bought."""
    from sms_notebook.orders.states import OrderState  # noqa: PLC0415 - loads SQLAlchemy
    from sms_notebook.orders.wishes import Wish  # noqa: PLC0415 - likewise

    books = session.client._session.keeper.books  # noqa: SLF001 - a face of the client
    found = books.ledger.by_key(books.account, Wish(call, arg.one("key", key)))
    return found is not None and found.state == OrderState.BOUGHT


def _what(session: Session, call: Call) -> str:
    """Say what is bought, in words; names are the provider's."""
    from sms_notebook.orders.wishes import Wish  # noqa: PLC0415 - loads SQLAlchemy

    wish = Wish(call)
    about = " and ".join(session.services.get(code) or code for code in wish.services)
    land = session.countries.get(wish.country) if wish.country is not None else None
    number = f"a number for {about or 'any service'}" + (f" in {land}" if land else "")
    hours = wish.hours or _LEAST_HOURS
    return printable(
        {
            Buys.RENT: f"{hours} hours of {number}",
            Buys.EXTENSION: f"{hours} more hours of rent {wish.target}",
            Buys.AGAIN: f"another activation on the number of {wish.target}",
            Buys.PRODUCT: f"partner software {wish.target}",
        }.get(wish.buys, number)
    )


def _price(session: Session, call: Call) -> str:
    """Say what it costs, as far as anybody knows."""
    if call.params.get("maxPrice"):
        return f"for {call.params['maxPrice']} at most"
    if call.action.buys is Buys.PRODUCT:
        return "(its price is not known)"
    sms = session.client
    try:
        quote = sms._take(sms._priced(call))  # noqa: SLF001 - a face of the client
    except BadAction:
        return f"({sms.provider} does not tell its price)"
    return f"for {quote.total:f} {quote.currency or ''}".rstrip()
