"""What a number costs by the hour, and how many there are."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sms_notebook.sandbox.dice import between, dice_for, happens
from sms_notebook.sandbox.lands import BIG, Land
from sms_notebook.sandbox.market import FULL_RENT, POPULAR

LEAST_HOURS, MOST_HOURS = 2, 1344
DAY_HOURS = 24

_STEPS = ((4, 100), (DAY_HOURS, 40), (7 * DAY_HOURS, 20), (MOST_HOURS, 10))
"""Up to so many hours, each costs so many percent of the first ones."""

RATES = {
    "USD": (840, Decimal(1)),
    "EUR": (978, Decimal("0.92")),
    "RUB": (643, Decimal("90.50")),
    "GBP": (826, Decimal("0.79")),
    "CNY": (156, Decimal("7.20")),
    "INR": (356, Decimal("83.40")),
    "KZT": (398, Decimal("478.00")),
    "UAH": (980, Decimal("41.20")),
}
"""Currencies that rent prices can be shown in: ISO 4217 number, and how many make a dollar."""

_CENT = Decimal("0.01")


@dataclass(slots=True, eq=False)
class RentOffer:
    """What one service costs in one country for two hours, in cents."""

    service: str
    country: int
    cents: int
    stock: int
    calls: bool


class RentMarket:
    """All rent offers, each drawn when first asked for."""

    services = (FULL_RENT, *POPULAR)

    def __init__(self, seed: int, lands: dict[int, Land]) -> None:
        self._lands = lands
        self._throw = dice_for(seed)
        self._offers: dict[tuple[int, str], RentOffer | None] = {}

    def offer(self, country: int, service: str) -> RentOffer | None:
        """Return the offer, None when the pair is not for rent."""
        key = (country, service)
        if key not in self._offers:
            self._offers[key] = self._draw(country, service)
        return self._offers[key]

    def shelf(self, country: int, *, calls: bool) -> list[RentOffer]:
        """Return what is for rent in a country: in stock, and able to be called where asked."""
        offers = (self.offer(country, service) for service in self.services)
        return [o for o in offers if o is not None and o.stock and (o.calls or not calls)]

    def countries(self) -> list[int]:
        """Return the countries that have numbers for rent."""
        return [land.id for land in self._lands.values() if land.rent]

    def _draw(self, country: int, service: str) -> RentOffer | None:
        land = self._lands.get(country)
        if land is None or not land.rent or service not in self.services:
            return None
        sold, price, stock, calls, *_ = self._throw(f"rent:{country}:{service}")
        always = country in BIG and service in self.services[:10]
        if not always and not happens(60, sold):
            return None
        base = 220 if service == FULL_RENT else 70
        return RentOffer(
            service=service,
            country=country,
            cents=max(20, base * land.level * between(70, 140, price) // 10_000),
            stock=between(20, 400, stock) if always else between(1, 60, stock),
            calls=country == BIG[0] or happens(50, calls),
        )


def rent_cents(offer: RentOffer, hours: int, after: int = 0) -> int:
    """Return the price of so many hours, when `after` hours are paid already.

    The longer a number is kept, the less the further hours cost.
    """
    units, begin = 0, after
    for limit, percent in _STEPS:
        end = min(after + hours, limit)
        if end > begin:
            units += (end - begin) * percent
            begin = end
    return max(1, -(-offer.cents * units // 200))


def shown_in(currency: str | None, cents: int) -> tuple[Decimal, int]:
    """Turn cents into an amount of another currency, and its number; dollars if it is unknown."""
    wanted = (currency or "USD").upper()
    for alpha, (code, rate) in RATES.items():
        if wanted in (alpha, str(code)):
            return (Decimal(cents) * rate / 100).quantize(_CENT, ROUND_HALF_UP), code
    return shown_in(None, cents)
