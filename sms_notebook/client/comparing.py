"""Where to buy: countries side by side, and which of them gives a code for the least money."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import pandas as pd

from sms_notebook.client.offers import (
    CountryOffer,
    Deliveries,
    DeliveryPlace,
    OfferSource,
    deliveries,
    estimated,
)
from sms_notebook.client.session import StepTaker
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import Countries, Texts
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.protocol.replies import Context
from sms_notebook.protocol.steps import Steps

_PLACE = (
    Column("service", kinds.TEXT, "code of the service"),
    Column("country", kinds.COUNT, "id of the country"),
    Column("country_name", kinds.NAME, "name of the country"),
)
_PRICE = Column("price", kinds.MONEY, "price of one number, provider's currency")
_STOCK = Column("stock", kinds.COUNT, "numbers that can be bought now; NA where nobody says")

COMPARISON = Schema(
    *_PLACE,
    _PRICE,
    _STOCK,
    Column(
        "success",
        kinds.REAL,
        "numbers to which a code came, percent, as the provider publishes it; NA where it does not",
    ),
    Column(
        "seconds",
        kinds.COUNT,
        "from buying to the first code: the middle one of your own numbers; NA without one",
    ),
)
"""Countries side by side."""

ADVICE = Schema(
    *_PLACE,
    Column("operator", kinds.NAME, "operator; NA for any"),
    Column("cost_per_code", kinds.MONEY, "what a code will cost: price / success"),
    Column("cost_low", kinds.MONEY, "the least, with 90 % certainty"),
    Column("cost_high", kinds.MONEY, "the most, likewise; NA where nothing bounds it"),
    _PRICE,
    Column("success", kinds.REAL, "share of numbers that get a code, percent: the estimate"),
    Column("published", kinds.REAL, "the same as the provider publishes it"),
    Column("codes", kinds.COUNT, "numbers of your own that got a code"),
    Column("numbers", kinds.COUNT, "numbers of your own of which it is known"),
    _STOCK,
    Column("why", kinds.TEXT, "where the estimate comes from, in words"),
)
"""Countries and operators, the least expensive code first."""


class Comparing(StepTaker[Frame]):
    """What a client says of where to buy, whichever way it waits."""

    def compare(self, services: Texts, countries: Countries | None = None) -> Frame:
        """Put price, stock and success of services in countries side by side, the best first.

        API documentation: ``getPrices``, ``getListOfTopCountriesByService``, ``getCountries``.

        One price list and one list of success figures for each service, however many countries.
        What the provider does not tell is missing, and is named in one line.

        The best is what can be bought and has the lowest expected cost of a code, as `advise` says
        it; then come those of which no success is known, the cheapest first; then what no code
        comes to, and what is out of stock.

        Parameters
        ----------
        services : str or list of str
            Codes or names; a text may hold several with commas.
        countries : int, str or list, optional
            Ids, ISO codes or English names, likewise; all that have the service if not given.

        Returns
        -------
        DataFrame
            One row for each service and country: ``service``, ``country``, ``country_name``,
            ``price`` (provider's currency), ``stock`` (numbers that can be bought now),
            ``success`` (percent, as published), ``seconds`` (from buying to the first code, the
            median of your own numbers). A country that was asked for and has nothing has a row
            with a stock of 0; not known where the list has prices that nobody can read or place.

        Raises
        ------
        UsageProblem
            If a service or country is unknown.
        BadKey, ServerError, ConnectionFailed

        Examples
        --------
        >>> sms.compare("tg, wa", ["KZ", "UZ"])[["service", "country_name", "price", "success"]]
          service country_name  price  success
        0      tg   Uzbekistan   0.27     78.0
        1      wa   Uzbekistan   0.27     54.0
        2      wa   Kazakhstan   0.47     55.0
        3      tg   Kazakhstan   0.86     54.0
        """
        return self._take(
            self._compared(
                arg.places("services", services),
                [] if countries is None else arg.places("country", countries),
            )
        )

    def advise(self, service: str, countries: Countries | None = None) -> Frame:
        """Rank countries and operators by what a received code will cost, and say why.

        API documentation: as of `compare`.

        ``cost_per_code`` is the price divided by the share of numbers that get a code. That share
        is estimated of what came to your own numbers, as the ledger of this account has it, and
        of the figure that the provider publishes, which counts as much as 10 numbers of your own.
        Without one, half a code of one number is added to your own (Jeffreys). The range holds the
        true value with 90 % certainty, if numbers go on as they went (Wilson).

        A number of your own counts as delivered where a code is written or it was paid for in the
        end, and as not delivered where it was given back without a code. Those that still wait, or
        ended without anybody looking, count for nothing. An operator has a row where you bought
        from it; its price is that of the country. What a number without a code cost is counted as
        lost: most providers give it back when you cancel in time, and then a code costs less.

        Parameters
        ----------
        service : str
            Code or name.
        countries : int, str or list, optional
            Ids, ISO codes or English names; all that have the service if not given.

        Returns
        -------
        DataFrame
            The best first, ordered as by `compare`: ``service``, ``country``, ``country_name``,
            ``operator`` (missing for any), ``cost_per_code``, ``cost_low``, ``cost_high`` (their 90
            % range; missing where nothing bounds it), ``price``, ``success`` (the estimate,
            percent), ``published`` (the provider's figure, percent), ``codes`` of ``numbers`` of
            your own, ``stock``, ``why``. What is not known is missing, and ``why`` says so.

        Raises
        ------
        UsageProblem
            If the service or a country is unknown.
        BadKey, ServerError, ConnectionFailed

        Examples
        --------
        >>> best = sms.advise("tg", ["KZ", "UZ"])
        >>> best[["country_name", "cost_per_code"]]
          country_name  cost_per_code
        0   Uzbekistan         0.3462
        1   Kazakhstan         1.5926
        >>> best.loc[0, "why"]
        'none of yours; published 78 %; 0.27 USD each'
        """
        name = arg.required("service", arg.text("service", service))
        places = [] if countries is None else arg.places("country", countries)
        return self._take(self._advised(name, places))

    def _compared(self, services: list[str], countries: list[str]) -> Steps[pd.DataFrame]:
        market = OfferSource(self._session)
        offers = yield from offered(market, services, countries)
        market.say_what_is_missing()
        rows = [
            _about(offer)
            | {"price": offer.price, "stock": offer.stock, "success": offer.success}
            | {"seconds": offer.seconds}
            for offer in offers
        ]
        return self._frame(COMPARISON, rows, "compare")

    def _advised(self, service: str, countries: list[str]) -> Steps[pd.DataFrame]:
        market = OfferSource(self._session)
        codes = yield from market.services([service])
        ids = yield from market.countries(countries)
        yield from market.learn_names()
        offers = yield from market.offers(codes[0], ids)
        own = yield from deliveries(self._session, codes)
        market.say_what_is_missing()
        currency = self._session.settings.provider.currency
        ranked: list[tuple[Any, ...]] = []
        for offer in offers:
            here = offer.service, offer.country
            known = (
                place for place, delivery in own.items() if delivery.numbers and place[:2] == here
            )
            operators = [operator for *_, operator in known if operator]
            for operator in (None, *operators):
                cost, row = _advice(offer, operator, _own(offer, own, operator), currency)
                ranked.append((*_order_of(offer, cost), operator or "", len(ranked), row))
        ranked.sort(key=lambda entry: entry[:-1])
        return self._frame(ADVICE, [entry[-1] for entry in ranked], "advise")

    def _frame(self, schema: Schema, rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
        values = {column.name: [row[column.name] for row in rows] for column in schema.columns}
        return schema.frame(values, Context(name, {}, self._session.settings.provider.name))


def offered(
    market: OfferSource,
    services: Sequence[str],
    countries: Sequence[str],
    own: Mapping[DeliveryPlace, Deliveries] | None = None,
) -> Steps[list[CountryOffer]]:
    """Return what services are offered for and how soon their codes came, the best first.

    Parameters
    ----------
    market : OfferSource
        Who is asked; it learns what is not told.
    services : sequence of str
        Codes or names.
    countries : sequence of str
        Ids, ISO codes or names; all if empty.
    own : mapping or None
        What came to one's own numbers, where that is known; else the ledger is read.
    """
    codes = yield from market.services(services)
    offers: list[CountryOffer] = []
    ids = yield from market.countries(countries)
    yield from market.learn_names()
    for code in codes:
        offers += yield from market.offers(code, ids)
    if own is None:
        own = yield from deliveries(market.session, codes)
    offers.sort(key=lambda offer: _order_of(offer, _cost(offer, own)))
    took = [_own(offer, own).seconds for offer in offers]
    return [
        offer if seconds is None else offer._replace(seconds=round(seconds))
        for offer, seconds in zip(offers, took, strict=True)
    ]


def _about(offer: CountryOffer) -> dict[str, Any]:
    return {"service": offer.service, "country": offer.country, "country_name": offer.name}


def _own(
    offer: CountryOffer, own: Mapping[DeliveryPlace, Deliveries], operator: str | None = None
) -> Deliveries:
    return own.get((offer.service, offer.country, operator), Deliveries())


def _cost(offer: CountryOffer, own: Mapping[DeliveryPlace, Deliveries]) -> float | None:
    estimate = estimated(_own(offer, own), offer.success)
    return _cost_of_code(offer.price, estimate and estimate.share)


def _cost_of_code(price: float | None, share: float | None) -> float | None:
    """Return what a code will cost, None where that is not known: the price by the share."""
    if price is None or share is None:
        return None
    return price / share if share else inf


def _order_of(offer: CountryOffer, cost: float | None) -> tuple[bool, int, float, float]:
    """Return what offers are sorted by, the best first.

    What can be bought goes before what is out of stock. Then what is known of, by the expected cost
    of a code; then what is not known of, by price; then where no code ever comes.
    """
    price = inf if offer.price is None else offer.price
    if cost is None:
        return offer.stock == 0, 1, price, price
    return offer.stock == 0, 2 if cost == inf else 0, cost, price


def _advice(
    offer: CountryOffer, operator: str | None, own: Deliveries, currency: str
) -> tuple[float | None, dict[str, Any]]:
    """Return what a code will cost, and the row that says so."""
    estimate = estimated(own, offer.success)
    costs = [
        _cost_of_code(offer.price, share)
        for share in ((None,) * 3 if estimate is None else (estimate.share, *estimate[:0:-1]))
    ]
    names = ("cost_per_code", "cost_low", "cost_high")
    row = _about(offer) | {
        **{
            name: None if cost is None or cost == inf else round(cost, 4)
            for name, cost in zip(names, costs, strict=True)
        },
        "operator": operator,
        "price": offer.price,
        "success": None if estimate is None else round(100 * estimate.share, 1),
        "published": offer.success,
        "codes": own.codes,
        "numbers": own.numbers,
        "stock": None if operator else offer.stock,
        "why": _why(offer, own, currency),
    }
    return costs[0], row


def _why(offer: CountryOffer, own: Deliveries, currency: str) -> str:
    """Say where an estimate comes from."""
    words = [_of_own(own)]
    if offer.success is not None:
        words.append(f"published {offer.success:g} %")
    else:
        words.append("no published figure" if own.numbers else "success is not known")
    if offer.price is None:
        words.append("no price" if offer.stock == 0 else "the price is not known")
    else:
        words.append(f"{_money(offer.price)} {currency}".rstrip() + " each")
    if offer.stock == 0:
        words.append("none in stock")
    return "; ".join(words)


def _money(amount: float) -> str:
    """Write an amount: in cents at least, and with more digits where it has some."""
    digits, _, more = f"{amount:.6f}".rstrip("0").partition(".")
    return f"{digits}.{more:0<2}"


def _of_own(own: Deliveries) -> str:
    """Say what came to one's own numbers."""
    if not own.numbers:
        return f"{own.unknown} of yours not known yet" if own.unknown else "none of yours"
    summary = f"{own.codes or 'none'} of {own.numbers} of your numbers got a code"
    if own.numbers == 1:
        summary = f"your one number got {'a' if own.codes else 'no'} code"
    return f"{summary} ({own.unknown} more not known yet)" if own.unknown else summary
