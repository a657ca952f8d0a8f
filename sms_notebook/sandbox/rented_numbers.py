"""Numbers by the hour: what they cost, and their life until finished, cancelled or revoked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import cache

from sms_notebook.protocol.catalogue import POPULAR
from sms_notebook.sandbox.account import Payments
from sms_notebook.sandbox.activation_market import FULL_RENT
from sms_notebook.sandbox.country_markets import BIG, CountryMarket, random_sender
from sms_notebook.sandbox.messages import (
    ReceivedMessage,
    WebhookOutbox,
    code_in,
    new_code,
    sms_text,
)
from sms_notebook.sandbox.simulation import (
    ScheduledEvent,
    Scheduler,
    between,
    cancel,
    happens,
    random_for,
    seeded_integers,
)

LEAST_HOURS, MOST_HOURS = 2, 1344
DAY_HOURS = 24

_LONGEST = 365 * DAY_HOURS  # of the dialect with the longest rents, prolonged
_STEPS = ((4, 100), (DAY_HOURS, 40), (7 * DAY_HOURS, 20), (_LONGEST, 10))
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

    def __init__(self, seed: int, country_markets: dict[int, CountryMarket]) -> None:
        self._country_markets = country_markets
        self._integers = seeded_integers(seed)
        self.offer = cache(self._draw)
        """The offer of a country for a service, None when the pair is not for rent."""

    def offers_in(self, country: int, *, calls: bool) -> list[RentOffer]:
        """Return what is for rent in a country: in stock, and able to be called where asked."""
        offers = (self.offer(country, service) for service in self.services)
        return [o for o in offers if o is not None and o.stock and (o.calls or not calls)]

    def countries(self) -> list[int]:
        """Return the countries that have numbers for rent."""
        return [
            country_market.id
            for country_market in self._country_markets.values()
            if country_market.rent
        ]

    def _draw(self, country: int, service: str) -> RentOffer | None:
        country_market = self._country_markets.get(country)
        if country_market is None or not country_market.rent or service not in self.services:
            return None
        sold, price, stock, calls, *_ = self._integers(f"rent:{country}:{service}")
        always = country in BIG and service in self.services[:10]
        if not always and not happens(60, sold):
            return None
        base = 220 if service == FULL_RENT else 70
        return RentOffer(
            service=service,
            country=country,
            cents=max(20, base * country_market.level * between(70, 140, price) // 10_000),
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


def in_currency(currency: str | None, cents: int) -> tuple[Decimal, int]:
    """Turn cents into an amount of another currency, and its number; dollars if it is unknown."""
    currency_code = (currency or "USD").upper()
    for alpha, (code, rate) in RATES.items():
        if currency_code in (alpha, str(code)):
            return (Decimal(cents) * rate / 100).quantize(_CENT, ROUND_HALF_UP), code
    return in_currency(None, cents)


REFUND_SECONDS = 20 * 60
"""Within so long a rent can be cancelled with the money back."""

REORDER_SECONDS = 24 * 60 * 60
"""So long after its end a completed rent can be had again, under a new id."""

_FIRST_MESSAGE_SECONDS = (20, 120)
_NEXT_MESSAGE_SECONDS = (120, 3 * 60 * 60)
_MOST_MESSAGES = 12
_USUAL_SUCCESS = 0.95


class RentStage(Enum):
    """Where a rent is in its life."""

    ACTIVE = "active"
    FINISHED = "finished"
    CANCELLED = "cancelled with a refund"
    REVOKED = "number blocked, money returned"


@dataclass(frozen=True, slots=True)
class Prolongation:
    """One paid extension."""

    at: datetime
    cents: int
    hours: int


@dataclass(slots=True, eq=False)
class RentedNumber:
    """One number that is kept for hours."""

    id: int
    service: str
    country_market: CountryMarket
    phone: str
    at: datetime
    hours: int
    offer: RentOffer
    webhook_url: str | None = None
    stage: RentStage = RentStage.ACTIVE
    closed_at: datetime | None = None
    payment_ids: list[int] = field(default_factory=list)
    messages: list[ReceivedMessage] = field(default_factory=list)
    prolongations: list[Prolongation] = field(default_factory=list)
    due: int = 0
    arrival: ScheduledEvent | None = None
    end: ScheduledEvent | None = None

    @property
    def ends_at(self) -> datetime:
        """When the paid hours are over."""
        return self.at + timedelta(hours=self.hours)

    @property
    def is_active(self) -> bool:
        """Whether the number still receives."""
        return self.stage is RentStage.ACTIVE

    @property
    def hours_left(self) -> int:
        """By how many hours it may be prolonged; a completed one starts anew."""
        return MOST_HOURS - self.hours if self.is_active else MOST_HOURS


class RentedNumbers:
    """All rents and what happens to them."""

    def __init__(
        self,
        seed: int,
        payments: Payments,
        scheduler: Scheduler,
        outbox: WebhookOutbox,
        success: float | None,
    ) -> None:
        self.success = success
        self.all: dict[int, RentedNumber] = {}
        """Every one, in the order of buying."""
        self._seed = seed
        self._payments = payments
        self._scheduler = scheduler
        self._outbox = outbox
        self._steps = random_for(seed, "rent ids")
        self._last_id = 18_000_000 + self._steps.randrange(900_000)

    def next_id(self) -> int:
        """Return the id of the next rent."""
        self._last_id += self._steps.randint(1, 9)
        return self._last_id

    def active(self) -> list[RentedNumber]:
        """Those that still receive, the newest first."""
        return [rent for rent in reversed(self.all.values()) if rent.is_active]

    def begin(self, rent: RentedNumber) -> None:
        """Start the life of a number that was just paid for."""
        self.all[rent.id] = rent
        rent.offer.stock -= 1
        self._set_end(rent)
        chance = random_for(self._seed, f"rent:{rent.id}")
        success = _USUAL_SUCCESS if self.success is None else self.success
        if chance.random() < success:
            rent.due = chance.randint(3, _MOST_MESSAGES)
            self._expect(rent, rent.at + timedelta(seconds=chance.uniform(*_FIRST_MESSAGE_SECONDS)))

    def prolong(self, rent: RentedNumber, extension: Prolongation) -> None:
        """Add hours that were just paid for."""
        rent.hours += extension.hours
        rent.prolongations.append(extension)
        self._set_end(rent)

    def receive(self, rent: RentedNumber, message: ReceivedMessage) -> None:
        """Let a message arrive."""
        rent.messages.append(message)
        self._outbox.put(rent.webhook_url, rent.id, rent.country_market.id, message)

    def send(self, rent: RentedNumber, now: datetime, text: str, code: str | None) -> None:
        """Let a message with this text arrive."""
        if not rent.is_active:
            raise ValueError(f"rent {rent.id} is over: {rent.stage.value}")
        chance = random_for(self._seed, f"by hand:{rent.id}:{len(rent.messages)}")
        digits = code_in(text) if code is None else code
        sender = random_sender(chance, rent.country_market.country)
        self.receive(rent, ReceivedMessage(text, digits, now, sender, self._service(rent, "ot")))

    def finish(self, rent: RentedNumber, now: datetime) -> None:
        """End it; it stays paid."""
        self._close(rent, RentStage.FINISHED, now)
        for payment_id in rent.payment_ids:
            self._payments.reward(payment_id)

    def cancel(self, rent: RentedNumber, now: datetime) -> None:
        """End it for the customer, with the money back."""
        self._close(rent, RentStage.CANCELLED, now)
        self._return(rent)

    def revoke(self, rent: RentedNumber, now: datetime) -> None:
        """End it because the number got blocked, with the money back."""
        if not rent.is_active:
            raise ValueError(f"rent {rent.id} is over: {rent.stage.value}")
        self._close(rent, RentStage.REVOKED, now)
        self._return(rent)

    def _close(self, rent: RentedNumber, stage: RentStage, now: datetime) -> None:
        rent.stage = stage
        rent.closed_at = now
        rent.offer.stock += 1
        cancel(rent.arrival, rent.end)

    def _return(self, rent: RentedNumber) -> None:
        for payment_id in rent.payment_ids:
            self._payments.refund(payment_id)

    def _set_end(self, rent: RentedNumber) -> None:
        cancel(rent.end)
        rent.end = self._scheduler.add(rent.ends_at, lambda now: self.finish(rent, now))

    def _expect(self, rent: RentedNumber, at: datetime) -> None:
        """Arrange the next message, and after it the one that follows."""

        def arrive(now: datetime) -> None:
            chance = random_for(self._seed, f"rent message:{rent.id}:{rent.due}")
            service = self._service(rent, chance.choice(POPULAR[:12]))
            code = new_code(service, chance)
            text = sms_text(service, code, rent.country_market.country, chance)
            sender = random_sender(chance, rent.country_market.country)
            self.receive(rent, ReceivedMessage(text, code, now, sender, service))
            rent.due -= 1
            if rent.due:
                gap = chance.uniform(*_NEXT_MESSAGE_SECONDS)
                self._expect(rent, now + timedelta(seconds=gap))

        rent.arrival = self._scheduler.add(at, arrive)

    @staticmethod
    def _service(rent: RentedNumber, otherwise: str) -> str:
        """Return whose message it is: a number rented in full receives from everybody."""
        return otherwise if rent.service in (FULL_RENT, "ot") else rent.service
