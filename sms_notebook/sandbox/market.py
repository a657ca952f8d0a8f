"""The market: what a number for a service costs in a country, and how many there are."""

from dataclasses import dataclass

from sms_notebook.protocol.catalogue import services
from sms_notebook.sandbox.dice import FACES, between, dice_for, happens
from sms_notebook.sandbox.lands import BIG, Land

_BY_PURCHASES = (
    "tg wa go fb ig vk ot vi ds am tw lf mt ub oi dr acz wb mm wx ka me uu av ya ew kt ts mb nf "
    "aon aor re fu bw tn tx hb vz xd"
)
POPULAR = tuple(_BY_PURCHASES.split())
"""Services most people ask for, first the one with the most purchases."""

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


@dataclass(slots=True, eq=False)
class Offer:
    """What one service costs in one country; money in cents, the cheapest price first.

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
    """

    service: str
    country: int
    prices: tuple[int, ...]
    counts: list[int]
    physical: int
    retail: int
    success: int
    weight: int

    @property
    def count(self) -> int:
        """All numbers on offer, at whatever price."""
        return sum(self.counts)

    def tier_within(self, limit: int | None) -> int | None:
        """Return the cheapest tier that has numbers within `limit` cents.

        Without a limit only the regular price will do.
        """
        if not self.physical:
            return None
        for tier, (price, count) in enumerate(zip(self.prices, self.counts, strict=True)):
            if limit is None:
                return tier if count else None
            if count and price <= limit:
                return tier
        return None

    def cheapest(self) -> int | None:
        """Return the lowest price that numbers are left at."""
        if not self.physical:
            return None
        pairs = zip(self.prices, self.counts, strict=True)
        return next((price for price, count in pairs if count), None)


def list_price(cents: int) -> int:
    """Return the price before the rank's discount, rounded up."""
    return -(-cents * 100 // (100 - RANK_DISCOUNT))


class Market:
    """All offers, each drawn when first asked for."""

    def __init__(self, seed: int, lands: dict[int, Land]) -> None:
        self.lands = lands
        self.goods = tuple(service.code for service in services() if service.code != FULL_RENT)
        self.revisions = dict.fromkeys(lands, 0)
        """Goes up for a country whenever its stock changes."""
        self._throw = dice_for(seed)
        self._known = frozenset(self.goods)
        self._services: dict[str, tuple[int, int]] = {}
        self._offers: dict[tuple[int, str], Offer | None] = {}
        self._call_offers: dict[tuple[int, str], Offer | None] = {}
        self._shelves: dict[int, tuple[Offer, ...]] = {}

    def sells(self, service: str) -> bool:
        """Whether there is such a service at all."""
        return service in self._known

    def offer(self, country: int, service: str) -> Offer | None:
        """Return the offer for messages, None when the pair is not sold."""
        key = (country, service)
        if key not in self._offers:
            self._offers[key] = self._draw(country, service) if self._exists(key) else None
        return self._offers[key]

    def call_offer(self, country: int, service: str) -> Offer | None:
        """Return the offer for calls, by number or by voice."""
        key = (country, service)
        if key not in self._call_offers:
            self._call_offers[key] = self._draw_calls(country, service)
        return self._call_offers[key]

    def shelf(self, country: int) -> tuple[Offer, ...]:
        """Return all that is sold in a country, in the order of the service codes."""
        if country not in self._shelves:
            offers = (self.offer(country, service) for service in self.goods)
            self._shelves[country] = tuple(offer for offer in offers if offer is not None)
        return self._shelves[country]

    def ranking(self, service: str) -> list[Offer]:
        """Return the offers of a service, first the country with the most purchases."""
        offers = (self.offer(country, service) for country in self.lands)
        return sorted(
            (offer for offer in offers if offer is not None),
            key=lambda offer: (-offer.weight, offer.country),
        )

    def take(self, offer: Offer, tier: int) -> None:
        """Take one number from the stock."""
        offer.counts[tier] -= 1
        offer.physical -= 1
        self.revisions[offer.country] += 1

    def put_back(self, offer: Offer, tier: int) -> None:
        """Put a number back."""
        offer.counts[tier] += 1
        offer.physical += 1
        self.revisions[offer.country] += 1

    def _exists(self, key: tuple[int, str]) -> bool:
        country, service = key
        return country in self.lands and service in self._known

    def _service(self, service: str) -> tuple[int, int]:
        """Return how much a service is asked for (1..100) and its price in cents."""
        known = self._services.get(service)
        if known is None:
            wanted, price, *_ = self._throw(f"service:{service}")
            if service in POPULAR:
                known = 100 - POPULAR.index(service), between(12, 110, price)
            else:
                known = between(5, 40, wanted), between(5, 90, price)
            self._services[service] = known
        return known

    def _draw(self, country: int, service: str) -> Offer | None:
        sold, price, count, real, tiers, step, success, retail = self._throw(
            f"offer:{country}:{service}"
        )
        land = self.lands[country]
        wanted, cents = self._service(service)
        always = wanted > 100 - ALWAYS_SOLD and country in BIG
        if not always and not happens((wanted + land.size) * 55 // 100 + 5, sold):
            return None
        cents = cents * land.level * between(70, 160, price) // 10_000
        cents = min(max(cents, _CHEAPEST), _DEAREST)
        weight = wanted * (land.size * land.size * between(50, 150, retail) // 100)
        # The cube of a die: few offers are large, most are small.
        total = wanted * land.size * 12 * count // FACES * count // FACES * count // FACES
        total += 6_000 + between(0, 50_000, count) if always else between(1, 30, real)
        physical = total * between(40, 100, real) // 100
        if not always and step % 25 == 0:
            physical = 0
        prices, counts = _tiers(cents, total, tiers % 4, between(10, 45, step))
        return Offer(
            service,
            country,
            prices,
            counts,
            physical,
            list_price(cents) * between(150, 220, retail) // 100,
            between(45, 97, success),
            weight,
        )

    def _draw_calls(self, country: int, service: str) -> Offer | None:
        plain = self.offer(country, service)
        if plain is None:
            return None
        sold, price, count, success, *_ = self._throw(f"calls:{country}:{service}")
        popular = self._service(service)[0] > 100 - CALLED
        always = popular and country in BIG
        if not always and not happens(70 if popular else 6, sold):
            return None
        cents = min(plain.prices[0] * between(110, 190, price) // 100, _DEAREST)
        total = between(3_000, 9_000, count) if always else between(3, 400, count)
        return Offer(
            service,
            country,
            (cents,),
            [total],
            total,
            list_price(cents) * 2,
            between(45, 95, success),
            plain.weight,
        )


def _tiers(cents: int, total: int, extra: int, step: int) -> tuple[tuple[int, ...], list[int]]:
    """Split a stock among FreePrice tiers: few numbers cost more."""
    prices, counts, left = [cents], [], total
    for _ in range(extra):
        if left < 2:  # noqa: PLR2004  # one number cannot be split
            break
        part = left * 4 // 5
        counts.append(max(part, 1))
        left -= counts[-1]
        prices.append(prices[-1] * (100 + step) // 100 + 1)
    counts.append(left)
    return tuple(prices), counts
