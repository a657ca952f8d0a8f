"""What a service costs in each country, how often its code comes, and what a code will cost.

What the provider publishes and what came to a person's own numbers make one estimate.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import Any, NamedTuple

import pandas as pd

from sms_notebook.client.session import Session
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import ApiError, BadAction, LedgerProblem, MalformedReply
from sms_notebook.protocol.frames.schema import FrameRow, rows_of, text, whole
from sms_notebook.protocol.readers.prices import prices_of
from sms_notebook.protocol.steps import Offload, Steps

LOG = logging.getLogger("sms_notebook")
_CALLS = Calls()
_ALL = 1000  # more than there are countries

WEIGHT = 10
"""A published figure counts as much as so many numbers of one's own."""
SPAN = 0.9
"""How sure it is that the true share lies in the range of an `Estimate`."""


class CountryOffer(NamedTuple):
    """What a service is offered for in a country.

    Attributes
    ----------
    service : str
        Its code.
    country : int or None
        Id; None where the provider calls countries by words.
    name : str or None
        What the country is called.
    price : float or None
        The cheapest price at which there are numbers, else the cheapest.
    stock : int or None
        Numbers that can be bought now, at that price where the provider says so.
    success : float or None
        Numbers to which a code came, percent, as the provider publishes it.
    seconds : int or None
        From buying to the first code: the middle one of one's own numbers.
    """

    service: str
    country: int | None
    name: str | None
    price: float | None = None
    stock: int | None = None
    success: float | None = None
    seconds: int | None = None


# What the provider says -------------------------------------------------------------------------


@dataclass(slots=True)
class OfferSource:
    """Asks a provider what it offers: a price list and a list of rates for each service.

    Attributes
    ----------
    session : Session
        Who is asked.
    gaps : list of str
        What it does not tell, each as the rest of a sentence about it.
    """

    session: Session
    gaps: list[str] = field(default_factory=list)

    def services(self, written: Sequence[str]) -> Steps[list[str]]:
        """Return the codes of services, each once."""
        codes: dict[str, None] = {}
        for name in written:
            call = yield from self._resolved(Call(ACTIONS["getPrices"], {"service": name}))
            codes[call.params["service"]] = None
        return [*codes]

    def countries(self, written: Sequence[str]) -> Steps[list[str]]:
        """Return the ids of countries, each once; words where the provider calls them so."""
        ids: dict[str, None] = {}
        for name in written:
            call = yield from self._resolved(Call(ACTIONS["getPrices"], {"country": name}))
            ids[call.params["country"]] = None
        return [*ids]

    def offers(self, service: str, countries: Sequence[str]) -> Steps[list[CountryOffer]]:
        """Return what a service is offered for.

        Parameters
        ----------
        service : str
            Its code.
        countries : sequence of str
            Only these, each with an offer, also where there is nothing; all if empty.
        """
        is_named = self.session.settings.provider.named_places
        if is_named and len(countries) > 1:  # no reply says which of them a row is for
            each = []
            for country in countries:
                each += yield from self.offers(service, [country])
            return each
        prices = yield from self._prices(service, countries[0] if len(countries) == 1 else None)
        rates = yield from self._rates(service)
        ids = {_id(country): country for country in countries}
        cheapest = {} if prices is None else _cheapest(prices, [*ids])
        if prices is not None and not countries and not cheapest:
            self.gaps.append(f"offers {service} nowhere")
        names = self.session.catalogue.names.countries
        is_all = prices is not None and (cheapest.keys() >= ids.keys() or self._is_whole(prices))
        nothing = None, 0 if is_all else None
        return [
            CountryOffer(
                service,
                country,
                ids.get(None) if country is None else names.get(country),
                *cheapest.get(country, nothing),
                None if country is None else rates.get(country),
            )
            for country in ids or cheapest
        ]

    def _is_whole(self, prices: pd.DataFrame) -> bool:
        """Tell whether a country that has no price in a list is not in it."""
        if not (is_whole := not prices.attrs["skipped"] and prices["country"].notna().all()):
            self.gaps.append("has prices that nobody can read or place: more may be among them")
        return bool(is_whole)

    def _resolved(self, call: Call) -> Steps[Call]:
        self.session.check(call)
        return (yield from self.session.catalogue.resolve(call, self.session.read))

    def _prices(self, service: str, country: str | None) -> Steps[pd.DataFrame | None]:
        """Return the list of prices, from whichever action has one; None where none has."""
        provider = self.session.settings.provider
        country_id = None if country is None else _id(country)
        calls = [
            _CALLS.get_prices(service, country),
            _CALLS.get_top_countries_by_service(service),
            _CALLS.get_price_tiers(service, country),
        ]
        calls = [call for call in calls if provider.has(call.action.name)] or calls[:1]
        for call in calls:
            try:
                frame = yield from self.session.read(call)
            except BadAction as refusal:
                if not refusal.is_missing:
                    raise
                continue
            return prices_of(frame.rename(columns={"price": "cost"}), service, country_id)
        self.gaps.append("has no price list, so price and stock are not known")
        return None

    def _rates(self, service: str) -> Steps[dict[int, float]]:
        """Return the published shares of codes that came, in percent, by country."""
        provider = self.session.settings.provider
        call = _CALLS.get_delivery_rates(service)
        if not provider.has(call.action.name):
            call = _CALLS.get_list_of_top_countries_by_service(service, length=_ALL)
        rates: dict[int, float] = {}
        why = "publishes no success by country"
        if provider.has(call.action.name):
            try:
                frame = yield from self.session.read(call)
            except (ApiError, MalformedReply) as failure:
                if not isinstance(failure, BadAction):
                    why = f"tells no success that can be read ({failure.reason.written()})"
            else:
                rates = _by_country(frame)
        if not rates:
            self.gaps.append(f"{why}, so success is not known")
        return rates

    def learn_names(self) -> Steps[None]:
        """Ask once for the names of countries, where the provider has them."""
        catalogue = self.session.catalogue
        if catalogue.countries is None and not catalogue.takes_words:
            yield from catalogue.look_up(_CALLS.get_countries(), self.session.read)

    def say_what_is_missing(self) -> None:
        """Say in one line what the provider does not tell."""
        if self.gaps:
            why = "; ".join(dict.fromkeys(self.gaps))
            LOG.warning("%s %s.", self.session.settings.provider.title, why)


def _id(country: str) -> int | None:
    """Return the id of a country; None for a word of the provider's own."""
    return int(country) if country.isdigit() else None


def _cheapest(
    prices: pd.DataFrame, places: Sequence[int | None]
) -> dict[int | None, tuple[float | None, int | None]]:
    """Return price and stock by country: of several rows that of the cheapest number to be had."""
    cheapest: dict[int | None, tuple[float | None, int | None]] = {}
    for row in rows_of(prices):
        country = whole(row, "country")
        if country is None and len(places) == 1:
            country = places[0]
        physical = whole(row, "physical_count")
        stock = whole(row, "count") if physical is None else physical
        offer = _amount(row, "cost"), None if stock is None or stock < 0 else stock
        if country not in cheapest or _rank(*offer) < _rank(*cheapest[country]):
            cheapest[country] = offer
    return cheapest


def _rank(price: float | None, stock: int | None) -> tuple[bool, float]:
    return stock == 0, inf if price is None else price


def _by_country(frame: pd.DataFrame) -> dict[int, float]:
    """Return rates by country; one of a single supplier is no country's."""
    rates: dict[int, float] = {}
    for row in rows_of(frame):
        country, rate = whole(row, "country"), _real(row, "rate")
        if country is None or rate is None or text(row, "provider_id"):
            continue
        if 0 <= rate <= 100:  # noqa: PLR2004 - percent
            rates.setdefault(country, rate)
    return rates


def _real(row: FrameRow, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or value is pd.NA else float(value)


def _amount(row: FrameRow, name: str) -> float | None:
    """Return a price; None for one below nothing."""
    return None if (value := _real(row, name)) is None or value < 0 else value


# What came to one's own numbers -----------------------------------------------------------------


class Deliveries(NamedTuple):
    """What came to a person's own numbers.

    Attributes
    ----------
    numbers : int
        Numbers of which it is known whether a code came.
    codes : int
        Those to which one came.
    unknown : int
        Numbers that still wait, or ended without anybody looking.
    seconds : float or None
        From buying to the first code: the middle one.
    """

    numbers: int = 0
    codes: int = 0
    unknown: int = 0
    seconds: float | None = None


DeliveryPlace = tuple[str, int | None, str | None]
"""Service, country, operator; None stands for any."""


def deliveries(
    session: Session, services: Sequence[str]
) -> Steps[Mapping[DeliveryPlace, Deliveries]]:
    """Return what came to the numbers of this account, as its ledger has it.

    A number counts where a code is written of it or it was paid for in the end, and where it was
    given back without one. One whose order was only inferred is no evidence. Nor is an operator
    that was only wished for: where wishes are ignored, or the reply to an order names none.
    """
    if not session.ledgers.is_in_use:
        return {}
    yield Offload()
    from sms_notebook.ledger.ledger_frame import LedgerFilter, ledger_frame  # noqa: PLC0415 - loads SQLAlchemy

    by_place: dict[DeliveryPlace, Deliveries] = {}
    try:
        for service in services:
            selection = LedgerFilter(service=service, kinds=("activation",))
            frame = ledger_frame(session.ledgers.account_ledger, selection)
            has_operators = "operator" not in session.settings.provider.ignores
            by_place |= _counted(service, frame, has_operators=has_operators)
    except LedgerProblem as problem:
        LOG.warning("Your own numbers are not counted: %s", problem)
    yield Offload(begins=False)
    return by_place


def _counted(
    service: str, frame: pd.DataFrame, *, has_operators: bool
) -> dict[DeliveryPlace, Deliveries]:
    """Count the numbers of a service by country, and by operator."""
    is_own = frame["bought_at"].notna() & (frame["certainty"] != "inferred")
    is_own &= frame["action"] != "getExtraActivation"  # a number that had proven itself
    frame = frame[is_own.fillna(value=False)]
    state = frame["state"]
    has_code = frame["first_code_at"].notna() | (state == "finished")
    table = pd.DataFrame(
        {
            "country": frame["country"],
            "operator": frame["operator"].where(frame["action"] == "getNumberV2"),
            "codes": has_code,
            "numbers": has_code | (state == "cancelled"),
            "unknown": ~has_code & state.isin(("active", "over")),
            "seconds": frame["seconds_to_code"],
        }
    )
    by_place: dict[DeliveryPlace, list[Any]] = {}
    for row in rows_of(table):
        country, operator = whole(row, "country"), text(row, "operator")
        by_place.setdefault((service, country, None), []).append(row)
        if has_operators and operator is not None and _is_single(operator):
            by_place.setdefault((service, country, operator), []).append(row)
    return {place: _of(rows) for place, rows in by_place.items()}


def _is_single(operator: str) -> bool:
    return "," not in operator and operator != "any"


def _of(rows: Sequence[FrameRow]) -> Deliveries:
    from statistics import median  # noqa: PLC0415 - when something is compared

    seconds = [took for row in rows if (took := _real(row, "seconds")) is not None]
    return Deliveries(
        sum(bool(row["numbers"]) for row in rows),
        sum(bool(row["codes"]) for row in rows),
        sum(bool(row["unknown"]) for row in rows),
        median(seconds) if seconds else None,
    )


# What a code will cost --------------------------------------------------------------------------


class Estimate(NamedTuple):
    """The share of numbers to which a code comes, and between what it lies."""

    share: float
    low: float
    high: float


def estimated(own: Deliveries, published: float | None) -> Estimate | None:
    """Estimate the share of numbers that get a code; None where nothing is known.

    Own numbers count one each, a published figure as `WEIGHT` of them. Without one half a code of
    one number is added (Jeffreys), so that two lucky numbers are no certainty. The range is that of
    Wilson, at `SPAN`.

    Parameters
    ----------
    own : Deliveries
        What came to one's own numbers.
    published : float or None
        Percent, as the provider says it.

    Examples
    --------
    >>> share, low, high = estimated(Deliveries(numbers=4, codes=3), published=78)
    >>> f"{share:.3f}, {low:.3f} to {high:.3f}"
    '0.771, 0.553 to 0.902'
    """
    weight = 0 if published is None else WEIGHT
    numbers, codes = own.numbers + weight, own.codes + weight * (published or 0) / 100
    if not numbers:
        return None
    share = codes / numbers if weight else (codes + 0.5) / (numbers + 1)
    return Estimate(share, *wilson(codes, numbers))


def wilson(codes: float, numbers: float) -> tuple[float, float]:
    """Return the range of a share by Wilson's score, at `SPAN`.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.541, 0.931]
    """
    from statistics import NormalDist  # noqa: PLC0415 - when something is compared

    z = NormalDist().inv_cdf((1 + SPAN) / 2)
    share, square = codes / numbers, z**2 / numbers
    middle = (share + square / 2) / (1 + square)
    half = z * sqrt(max(share * (1 - share), 0) / numbers + square / numbers / 4) / (1 + square)
    low = middle - half if codes > 0 else 0.0
    high = middle + half if codes < numbers else 1.0
    return max(low, 0.0), min(high, 1.0)
