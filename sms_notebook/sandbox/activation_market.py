"""What a number for a service costs in a country, how many there are, and the price lists."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from sms_notebook.protocol.catalogue import POPULAR, services
from sms_notebook.sandbox.country_markets import BIG, CountryMarket, draw_country_markets
from sms_notebook.sandbox.simulation import INTEGERS, between, happens, seeded_integers
from sms_notebook.sandbox.wire import as_json, dollars

FULL_RENT = "full"
"""A service that exists for rent only: all messages of a number."""

ALWAYS_SOLD = 20
"""So many of the popular services can be bought in every big country."""

CALLED = 30
"""So many of the popular services also verify by a call, in most countries."""

RANK_DISCOUNT = 5
"""Percent off the list price that the account's rank gives. Every price but the plain top lists'
has it taken off already."""

_CHEAPEST, _DEAREST = 5, 500


@dataclass(frozen=True, slots=True, eq=False)
class ActivationOffer:
    """What one service costs in one country; money in cents, the cheapest price first.

    It says what is left at the moment it is asked for; the market says what is left later.

    Attributes
    ----------
    prices, counts
        The FreePrice tiers. The first price is the regular one.
    physical
        How many can really be bought; may be 0 beside a large count.
    retail
        The price without the API.
    success
        How many of 100 numbers get their code.
    weight
        Its part in all purchases, for the rankings.
    is_for_calls
        Whether the code comes by a call, not by SMS.
    """

    service: str
    country: int
    prices: tuple[int, ...]
    counts: tuple[int, ...]
    physical: int
    retail: int
    success: int
    weight: int
    is_for_calls: bool = False

    @property
    def count(self) -> int:
        """All numbers on offer, at whatever price."""
        return sum(self.counts)

    def cheapest(self) -> int | None:
        """Return the lowest price that numbers are left at."""
        if not self.physical:
            return None
        pairs = zip(self.prices, self.counts, strict=True)
        return next((price for price, count in pairs if count), None)


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """Which of an offer's prices a customer takes; all limits belong to it.

    Attributes
    ----------
    most, least
        Dollars.
    exactly
        Only `most` itself, not below.
    partners
        Only numbers of these; partner 0 has the cheapest price, partner 1 the next, …
    """

    most: Decimal | None = None
    least: Decimal | None = None
    exactly: bool = False
    partners: frozenset[int] | None = None

    def choose(self, offer: ActivationOffer) -> int | None:
        """Return the cheapest tier that will do, None when there is none."""
        if not offer.physical:
            return None
        for tier, (price, count) in enumerate(zip(offer.prices, offer.counts, strict=True)):
            if self._takes(dollars(price), tier):
                if count:
                    return tier
                if self == PriceFilter():  # without a limit only the regular price will do
                    return None
        return None

    def _takes(self, price: Decimal, tier: int) -> bool:
        if self.partners is not None and tier not in self.partners:
            return False
        if self.least is not None and price < self.least:
            return False
        if self.most is None:
            return True
        return price == self.most if self.exactly else price <= self.most


def list_price(cents: int) -> int:
    """Return the price before the rank's discount, rounded up."""
    return -(-cents * 100 // (100 - RANK_DISCOUNT))


class DrawnOffers:
    """What a seed offers at first, in all sandboxes; each offer is drawn when first asked for."""

    def __init__(self, seed: int, *, is_real: bool) -> None:
        self.services = tuple(each.code for each in services() if each.code != FULL_RENT)
        self.known = frozenset(self.services)
        self._country_markets = draw_country_markets(seed, is_real=is_real)
        self._integers = seeded_integers(seed)
        self._is_real = is_real
        self._service = cache(self._draw_service)
        self.offer = cache(self._draw)
        """The offer of a country for messages of a service, None when the pair is not sold."""
        self.call_offer = cache(self._draw_calls)
        """The same for calls, by number or by voice."""
        self.offers_in = cache(self._draw_country)
        """All that is sold in a country, in the order of the service codes."""

    def _draw_country(self, country: int) -> tuple[ActivationOffer, ...]:
        offers = (self.offer(country, service) for service in self.services)
        return tuple(offer for offer in offers if offer is not None)

    def _draw_service(self, service: str) -> tuple[int, int]:
        """Draw how much a service is asked for (1..100) and its price in cents."""
        demand, price, *_ = self._integers(f"service:{service}")
        if service in POPULAR:
            return 100 - POPULAR.index(service), between(12, 110, price)
        return between(5, 40, demand), between(5, 90, price)

    def _draw(self, country: int, service: str) -> ActivationOffer | None:
        sold, price, count, real, tiers, step, success, retail = self._integers(
            f"offer:{country}:{service}"
        )
        size, level = self._country_markets[country].size, self._country_markets[country].level
        demand, cents = self._service(service)
        always = demand > 100 - ALWAYS_SOLD and country in BIG
        is_sold = always or (service in POPULAR and not self._is_real)
        if not is_sold and not happens((demand + size) * 55 // 100 + 5, sold):
            return None
        cents = cents * level * between(70, 160, price) // 10_000
        cents = min(max(cents, _CHEAPEST), _DEAREST)
        weight = demand * (size * size * between(50, 150, retail) // 100)
        # The cube of an integer: few offers are large, most are small.
        total = demand * size * 12
        for _ in range(3):
            total = total * count // INTEGERS
        total += 6_000 + between(0, 50_000, count) if always else between(1, 30, real)
        physical = max(total * between(40, 100, real) // 100, 1)
        if self._is_real and not always and step % 25 == 0:
            physical = 0
        prices, counts = _tiers(cents, total, tiers % 4, between(10, 45, step))
        return ActivationOffer(
            service,
            country,
            tuple(prices),
            tuple(counts),
            physical,
            list_price(cents) * between(150, 220, retail) // 100,
            between(45, 97, success),
            weight,
        )

    def _draw_calls(self, country: int, service: str) -> ActivationOffer | None:
        plain = self.offer(country, service)
        if plain is None:
            return None
        sold, price, count, success, *_ = self._integers(f"calls:{country}:{service}")
        popular = self._service(service)[0] > 100 - CALLED
        always = popular and country in BIG
        if not always and not happens(70 if popular else 6, sold):
            return None
        cents = min(plain.prices[0] * between(110, 190, price) // 100, _DEAREST)
        total = between(3_000, 9_000, count) if always else between(3, 400, count)
        return ActivationOffer(
            service,
            country,
            (cents,),
            (total,),
            total,
            list_price(cents) * 2,
            between(45, 95, success),
            plain.weight,
            is_for_calls=True,
        )


_drawn_offers = lru_cache(maxsize=4)(DrawnOffers)


class ActivationMarket:
    """All offers, with what is left of each."""

    def __init__(
        self, seed: int, country_markets: dict[int, CountryMarket], *, is_real: bool = True
    ) -> None:
        self.country_markets = country_markets
        self.revisions = dict.fromkeys(country_markets, 0)
        """Goes up for a country whenever its stock changes."""
        self._drawn = _drawn_offers(seed, is_real=is_real)
        self._changed: dict[tuple[int, str, bool], ActivationOffer] = {}

    @property
    def services_sold(self) -> tuple[str, ...]:
        """The codes of all services."""
        return self._drawn.services

    def offer(self, country: int, service: str) -> ActivationOffer | None:
        """Return the offer of a country for messages of a service; None: it is not sold."""
        return self._now(self._drawn.offer, country, service)

    def call_offer(self, country: int, service: str) -> ActivationOffer | None:
        """Return the same for calls, by number or by voice."""
        return self._now(self._drawn.call_offer, country, service)

    def offers_in(self, country: int) -> tuple[ActivationOffer, ...]:
        """Return all that is sold in a country, in the order of the service codes."""
        if country not in self.country_markets:
            return ()
        offers = self._drawn.offers_in(country)
        if not self.revisions[country]:
            return offers
        return tuple(self._changed.get(_key(offer), offer) for offer in offers)

    def sells(self, service: str) -> bool:
        """Whether there is such a service at all."""
        return service in self._drawn.known

    def ranking(self, service: str) -> list[ActivationOffer]:
        """Return the offers of a service, first the country with the most purchases."""
        offers = (self.offer(country, service) for country in self.country_markets)
        return sorted(
            (offer for offer in offers if offer is not None),
            key=lambda offer: (-offer.weight, offer.country),
        )

    def take(self, offer: ActivationOffer, tier: int) -> None:
        """Take one number from the stock."""
        self._change(offer, tier, -1)

    def put_back(self, offer: ActivationOffer, tier: int) -> None:
        """Put a number back."""
        self._change(offer, tier, 1)

    def _change(self, offer: ActivationOffer, tier: int, by: int) -> None:
        offer = self._changed.get(_key(offer), offer)
        counts = tuple(count + by * (each == tier) for each, count in enumerate(offer.counts))
        self._changed[_key(offer)] = replace(offer, counts=counts, physical=offer.physical + by)
        self.revisions[offer.country] += 1

    def _now(
        self, draw: Callable[[int, str], ActivationOffer | None], country: int, service: str
    ) -> ActivationOffer | None:
        # What nobody sells is not drawn: that would be kept, and anybody may ask for anything.
        if country not in self.country_markets or not self.sells(service):
            return None
        drawn = draw(country, service)
        return None if drawn is None else self._changed.get(_key(drawn), drawn)


def _key(offer: ActivationOffer) -> tuple[int, str, bool]:
    return offer.country, offer.service, offer.is_for_calls


def _tiers(cents: int, total: int, extra: int, step: int) -> tuple[list[int], list[int]]:
    """Split a stock among FreePrice tiers: few numbers cost more."""
    prices, counts, left = [cents], [], total
    for _ in range(extra):
        if left < 2:  # noqa: PLR2004 - one number cannot be split
            break
        part = left * 4 // 5
        counts.append(max(part, 1))
        left -= counts[-1]
        prices.append(prices[-1] * (100 + step) // 100 + 1)
    counts.append(left)
    return prices, counts


def price_row(offer: ActivationOffer) -> dict[str, Any]:
    """Write an offer as getPrices does: everything is text there."""
    return {
        "cost": str(dollars(offer.prices[0])),
        "count": str(offer.count),
        "physicalCount": str(offer.physical),
    }


def extended_row(offer: ActivationOffer) -> dict[str, Any]:
    """Write an offer as getPricesExtended does."""
    return {"cost": float(dollars(offer.prices[0])), "count": offer.count}


def free_price_row(offer: ActivationOffer) -> dict[str, Any]:
    """Write an offer as getPricesExtended does with ``freePrice=true``."""
    return {**extended_row(offer), "freePriceMap": free_price_map(offer)}


def free_price_map(offer: ActivationOffer, price_of: Callable[[int], int] = int) -> dict[str, int]:
    """Write the tiers that have numbers: price and count."""
    tiers = zip(offer.prices, offer.counts, strict=True)
    return {str(dollars(price_of(price))): count for price, count in tiers if count}


class PriceList:
    """One kind of price list."""

    def __init__(
        self, market: ActivationMarket, row: Callable[[ActivationOffer], dict[str, Any]]
    ) -> None:
        self._market = market
        self._row = row
        self._written: dict[int, tuple[int, str]] = {}
        self._whole: tuple[int, str] = (-1, "")

    def text(self, countries: tuple[int, ...] | None, service: str | None) -> str:
        """Write the list for these countries and this service; None stands for all."""
        if service is not None:
            return as_json(
                self._of_service(countries or tuple(self._market.country_markets), service)
            )
        if countries is None:
            return self._all()
        return self._joined(countries)

    def _of_service(self, countries: tuple[int, ...], service: str) -> dict[str, Any]:
        offers = (self._market.offer(country, service) for country in countries)
        return {str(offer.country): {service: self._row(offer)} for offer in offers if offer}

    def _all(self) -> str:
        revision = sum(self._market.revisions.values())
        if self._whole[0] != revision:
            self._whole = (revision, self._joined(tuple(self._market.country_markets)))
        return self._whole[1]

    def _joined(self, countries: tuple[int, ...]) -> str:
        written = ((country, self._country(country)) for country in countries)
        return "{" + ",".join(f'"{country}":{text}' for country, text in written if text) + "}"

    def _country(self, country: int) -> str:
        revision = self._market.revisions.get(country)
        if revision is None:
            return ""
        known = self._written.get(country)
        if known is None or known[0] != revision:
            offers_in = self._market.offers_in(country)
            text = as_json({o.service: self._row(o) for o in offers_in}) if offers_in else ""
            known = self._written[country] = (revision, text)
        return known[1]
