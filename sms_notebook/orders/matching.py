"""Which purchase at the provider is which order of ours: pure rules, without I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sms_notebook.protocol import catalogue
from sms_notebook.protocol.calls import Buys

_BEFORE, _AFTER = timedelta(minutes=2), timedelta(minutes=5)
"""How far two clocks that agree may be apart, and how long an order may take."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A purchase that the provider lists and that no order has."""

    ref: str
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    cost: Decimal | None = None
    currency: str | None = None
    since: datetime | None = None
    repeated: bool | None = None
    first_seen: datetime | None = None
    """When somebody saw it first, by our clock; None where nobody had before."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An order whose purchase is looked for."""

    order: int
    buys: Buys
    services: tuple[str, ...]
    country: int | None
    most: Decimal | None
    phone_number: str | None
    begun_at: datetime
    earliest: datetime | None = None
    latest: datetime | None = None
    """By the provider's clock, as far as it is known."""

    @property
    def wanted(self) -> int:
        """How many purchases it made: one for each service of a number for several."""
        return len(self.services) if self.buys is Buys.NUMBERS else 1


def window(
    begun_at: datetime, ended_at: datetime, offset: timedelta | None
) -> tuple[datetime | None, datetime | None]:
    """Return when an order can have been made, by the provider's clock."""
    if offset is None:
        return None, None
    return begun_at + offset - _BEFORE, ended_at + offset + _AFTER


def match(sought: Sequence[Sought], candidates: Sequence[Candidate]) -> dict[int, list[Candidate]]:
    """Give each order the purchases that can be its own, to as many orders as possible.

    Returns
    -------
    dict
        By order: its purchases. An order that none is left for is not there.
    """
    several = [order for order in sought if order.wanted > 1]
    left = sorted(candidates, key=_age)
    found: dict[int, list[Candidate]] = {}
    for order in several:
        if group := _group(order, left):
            found[order.order] = group
            left = [candidate for candidate in left if candidate not in group]
    singles = [order for order in sought if order.wanted == 1]
    for order, candidate in _pairs(singles, left):
        found[order.order] = [candidate]
    return found


def _age(candidate: Candidate) -> tuple[datetime, int, str]:
    """Order by age: providers count their ids upwards."""
    since = candidate.since or datetime.max.replace(tzinfo=UTC)
    return (since, len(candidate.ref), candidate.ref)


def _group(order: Sought, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Find the activations of one number for several services."""
    numbers: dict[str | None, dict[str | None, Candidate]] = {}
    for candidate in candidates:
        if _fits(order, candidate):
            numbers.setdefault(candidate.phone_number, {})[candidate.service] = candidate
    whole = (by_service for by_service in numbers.values() if len(by_service) == order.wanted)
    return list(next(whole, {}).values())


def _pairs(
    orders: Sequence[Sought], candidates: Sequence[Candidate]
) -> list[tuple[Sought, Candidate]]:
    """Pair as many as possible, by augmenting paths."""
    fitting = [
        [place for place, candidate in enumerate(candidates) if _fits(order, candidate)]
        for order in orders
    ]
    pairs = _Pairs()
    for order in range(len(orders)):
        pairs.add(order, fitting)
    return [(orders[order], candidates[place]) for order, place in sorted(pairs.place_of.items())]


class _Pairs:
    """Orders and their places, each with one of the other."""

    def __init__(self) -> None:
        self.place_of: dict[int, int] = {}
        self._order_at: dict[int, int] = {}

    def add(self, order: int, fitting: Sequence[Sequence[int]]) -> None:
        """Find a place for one more order; others move over where that makes room."""
        reached_by: dict[int, int] = {}
        queue = [order]
        for one in queue:
            for place in fitting[one]:
                if place in reached_by:
                    continue
                reached_by[place] = one
                if place not in self._order_at:
                    self._move_up(place, reached_by)
                    return
                queue.append(self._order_at[place])

    def _move_up(self, free: int, reached_by: dict[int, int]) -> None:
        place: int | None = free
        while place is not None:
            order = reached_by[place]
            given_up = self.place_of.get(order)
            self.place_of[order], self._order_at[place] = place, order
            place = given_up


def _fits(order: Sought, candidate: Candidate) -> bool:
    """Tell whether a purchase can be an order's: nothing that is known speaks against it."""
    if candidate.first_seen is not None and candidate.first_seen < order.begun_at:
        return False
    if candidate.service is not None and order.services:
        codes = {code.removesuffix("_0") for code in order.services}
        if candidate.service.removesuffix("_0") not in codes:
            return False
    if candidate.repeated not in (None, order.buys is Buys.AGAIN):
        return False
    if order.phone_number is not None and candidate.phone_number is not None:
        return order.phone_number == candidate.phone_number and _in_time(order, candidate)
    if not _in_country(order.country, candidate):
        return False
    too_dear = order.most is not None and candidate.cost is not None and candidate.cost > order.most
    return not too_dear and _in_time(order, candidate)


def _in_time(order: Sought, candidate: Candidate) -> bool:
    if candidate.since is None:
        return True
    too_early = order.earliest is not None and candidate.since < order.earliest
    too_late = order.latest is not None and candidate.since > order.latest
    return not too_early and not too_late


def _in_country(country: int | None, candidate: Candidate) -> bool:
    """Compare countries; where the provider names none, the number's dial code tells."""
    if country is None:
        return True
    if candidate.country is not None:
        return candidate.country == country
    known = next((one for one in catalogue.countries() if one.id == country), None)
    if known is None or candidate.phone_number is None:
        return True
    return candidate.phone_number.startswith(known.dial)
