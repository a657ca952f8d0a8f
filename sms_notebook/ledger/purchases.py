"""Purchases: what is asked for, what a reply says it brought, and why nothing was bought."""

import json
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal

import msgspec
import pandas as pd

from sms_notebook.protocol.arguments import price
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import (
    BudgetExceeded,
    NoNumbers,
    SmsError,
    UsageProblem,
    WrongMaxPrice,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.frames.schema import FrameRow, moment, money, rows_of, text, whole

_TARGETS = ("activationId", "id", "productId")
_LONGEST = 9  # digits of a country or of hours
_COSTS = ("cost", "price", "activationCost")  # fields beside what is documented
_CHANNELS = {"1": "call", "2": "voice"}

Prices = dict[str | None, Decimal]


class PurchaseRequest(msgspec.Struct, frozen=True):
    """A purchase that somebody wants to make.

    Attributes
    ----------
    call : Call
        How it is asked for, with ids and codes.
    key : str or None
        The person's own name for it: the same key, the same purchase.
    """

    call: Call
    key: str | None = None

    @property
    def action(self) -> str:
        """The action's name."""
        return self.call.action.name

    @property
    def params(self) -> Mapping[str, str]:
        """Wire parameters."""
        return self.call.params

    @property
    def buys(self) -> PurchaseKind:
        """What it brings."""
        buys = self.call.action.buys
        assert buys is not None  # noqa: S101 - only purchases come here
        return buys

    @property
    def services(self) -> list[str]:
        """The services, one or several."""
        text = self.params.get("multiService") or self.params.get("service") or ""
        return [code for code in text.split(",") if code]

    @property
    def service(self) -> str | None:
        """The services, with commas."""
        return ",".join(self.services) or None

    @property
    def country(self) -> int | None:
        """The country's id."""
        return _whole(self.params.get("country", ""))

    @property
    def operator(self) -> str | None:
        """The preferred operators."""
        return self.params.get("operator")

    @property
    def target(self) -> str | None:
        """The activation, rent or product that it is about."""
        return next((self.params[name] for name in _TARGETS if name in self.params), None)

    @property
    def hours(self) -> int | None:
        """The hours of a rent."""
        return _whole(self.params.get("rent_time", ""))

    @property
    def order_id(self) -> str | None:
        """The order id that the person chose, where the action takes one."""
        name = self.call.action.order_param
        return self.params.get(name) if name else None

    @property
    def max_price(self) -> Decimal | None:
        """The most that each number may cost, where that was said and counts.

        Raises
        ------
        UsageProblem
            If it is no amount above zero.
        """
        if self.buys is not PurchaseKind.NUMBER:
            return None  # other actions take no notice of it
        text = price("maxPrice", self.params.get("maxPrice"))
        return None if text is None else Decimal(text)

    def most(self, quoted: Decimal | None) -> Decimal | None:
        """Return the most that it may cost, with the price that was quoted; None if unknown."""
        if self.max_price is not None:
            return self.max_price * max(len(self.services), 1)
        return quoted

    @property
    def channel(self) -> str:
        """How the code will come."""
        return _CHANNELS.get(self.params.get("activationType", ""), "sms")

    @property
    def about(self) -> tuple[str | None, int | None, str | None, int | None]:
        """Service, country, target and hours: what two orders of the same thing have alike."""
        return self.service, self.country, self.target, self.hours

    @property
    def written(self) -> str:
        """The parameters as the ledger keeps them."""
        return json.dumps(dict(self.params), ensure_ascii=False, sort_keys=True)


def _whole(text: str) -> int | None:
    """Read a whole number of a plausible size."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None


class Quote(msgspec.Struct, frozen=True):
    """A price that the provider named.

    Attributes
    ----------
    amounts : dict
        By service, in the order of asking.
    currency : str or None
        Where the provider says it.
    """

    amounts: Prices
    currency: str | None = None

    @property
    def total(self) -> Decimal:
        """The sum."""
        return sum(self.amounts.values(), Decimal(0))

    def parts(self, request: PurchaseRequest) -> Prices:
        """Return the price of each thing that a request brings, by its service."""
        if request.buys is PurchaseKind.NUMBERS:
            return dict(self.amounts)
        return {request.service: self.total}


class Purchase(msgspec.Struct, frozen=True):
    """One activation, rent, extension or product.

    Attributes
    ----------
    ref : str
        Its id.
    cost : Decimal or None
        What it cost, where that is known.
    since, ends_at : datetime or None
        By the provider's clock.
    channel : str
        How its code comes: ``sms``, ``call`` or ``voice``.
    is_quote : bool
        Whether the cost is a price that was named beforehand.
    secret : str or None
        A licence key: it comes once, so the ledger keeps it.
    """

    ref: str
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    operator: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    channel: str = "sms"
    is_quote: bool = False
    secret: str | None = None


def purchases_in(
    request: PurchaseRequest, frame: pd.DataFrame, quote: Quote | None, currency: str = ""
) -> list[Purchase]:
    """Read what a purchase brought.

    Parameters
    ----------
    request : PurchaseRequest
        What was asked for: it says what the reply does not.
    frame : DataFrame
        The reply.
    quote : Quote or None
        The price named beforehand, where the reply has none.
    currency : str
        The provider's, where nobody names one.
    """
    prices = quote.parts(request) if quote is not None and request.max_price is None else {}
    currency = (quote and quote.currency) or currency
    rows = zip(rows_of(frame), _costs_beside(frame, request.buys), strict=True)
    return [_purchase(request, row, cost, prices, currency) for row, cost in rows]


def _purchase(
    request: PurchaseRequest, row: FrameRow, cost: Decimal | None, prices: Prices, currency: str
) -> Purchase:
    service = text(row, "service") or (
        request.service if request.buys is not PurchaseKind.NUMBERS else None
    )
    country = whole(row, "country")
    # Beside an extension stands what all of it cost.
    column = "cost" if request.buys is PurchaseKind.RENT else "activation_cost"
    cost = cost if (listed := money(row, column)) is None else listed
    is_quote = cost is None and prices.get(service) is not None
    cost = prices.get(service) if is_quote else cost
    ids = (text(row, name) for name in ("activation_id", "rent_id", "product_id"))
    return Purchase(
        # A reply without an id would have been malformed.
        ref=next(filter(None, ids), None) or request.target or "",
        phone_number=text(row, "phone_number"),
        service=service,
        country=request.country if country is None else country,
        operator=text(row, "activation_operator") or request.operator,
        cost=cost,
        currency=text(row, "currency") or (currency if cost is not None else None),
        since=moment(row, "activation_time"),
        ends_at=moment(row, "end_date") or moment(row, "activation_end_time"),
        channel=request.channel,
        is_quote=is_quote,
        secret=text(row, "key"),
    )


def _costs_beside(frame: pd.DataFrame, buys: PurchaseKind) -> list[Decimal | None]:
    """Return what each row of a purchase's reply cost; None where it does not say.

    Beside a rent or its extension may stand what all of it cost, so nothing is read there.
    """
    extra = {} if buys.is_rental else frame.attrs["extra"]
    column = next((extra[name] for name in _COSTS if name in extra), [None] * len(frame))
    return [_amount(value) for value in column]


def _amount(value: object) -> Decimal | None:
    try:
        amount = price("cost", value if isinstance(value, str | int | float) else None)
    except UsageProblem:
        return None
    return None if amount is None else Decimal(amount)


Subject = tuple[str | None, int | None, str | None, int | None]
"""Service, country, target and hours."""


def other_thing(requests: Sequence[PurchaseRequest], before: Subject) -> UsageProblem:
    """Make the error for a key that stands for something else."""
    words = " or ".join(dict.fromkeys(_described(*request.about) for request in requests))
    return UsageProblem(
        f"the key {requests[0].key!r} stands for an order of {_described(*before)} already, "
        f"not of {words}. Take another key.",
        action=requests[0].action,
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
