"""Which purchase at the provider is which order of ours: pure rules, without I/O."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sms_notebook.orders.ledger import counts
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.calls import Buys

_CLOCKS = timedelta(seconds=3)
"""How far apart two clocks may show that were just compared; times have whole seconds."""
_LATE = timedelta(hours=2)
"""How far from its order a purchase may be that is over already, by clocks that were compared."""
_ZONES = timedelta(hours=26)
"""The same, by clocks that were not."""
_CUT = timedelta(seconds=0.5)
"""How exact the time of a purchase is: it has whole seconds, as has the way clocks are compared."""
_NEAR = timedelta(minutes=1)
"""How far from its order a purchase may be and still go before one that is further."""


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
    is_over: bool = False
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
    target: str | None
    """What it is about: the purchase itself is another one."""
    begun_at: datetime
    offset: timedelta | None = None
    """By how much the provider's clock is ahead of ours, where that is known."""
    ended_at: datetime | None = None
    clock_agrees: bool = True
    """Whether the provider's clock runs as ours does."""
    above: int | None = None
    below: int | None = None
    """Ids bought before it was begun and after it had ended: its own is likely in between."""

    @property
    def wanted(self) -> int:
        """How many purchases it made: one for each service of a number for several."""
        return len(self.services) if self.buys is Buys.NUMBERS else 1


def match(
    sought: Sequence[Sought], candidates: Sequence[Candidate], *, newest_first: bool = False
) -> dict[int, list[Candidate]]:
    """Give each order the purchases that can be its own, to as many orders as possible.

    Parameters
    ----------
    sought : sequence of Sought
        The orders; where there is not enough for all, the first of them get theirs.
    candidates : sequence of Candidate
        The purchases.
    newest_first : bool
        Whether the first of the orders was made just now, and so is likely the newest purchase.

    Returns
    -------
    dict
        By order: its purchases. An order that none is left for is not there.
    """
    several = [order for order in sought if order.wanted > 1]
    left = sorted(candidates, key=_age, reverse=newest_first)
    found: dict[int, list[Candidate]] = {}
    for order in several:
        if group := _group(order, left):
            found[order.order] = group
            left = [candidate for candidate in left if candidate not in group]
    # Several services on one number were likely bought together, though nobody looks for them now:
    # an order of one service takes such a part last, and never in a hurry. A rent that had ended is
    # ordered again by its extension; where its number is not known that may be any.
    singles = [order for order in sought if order.wanted == 1]
    vague = [one for one in singles if one.buys is Buys.EXTENSION and one.phone_number is None]
    clear = [one for one in singles if one not in vague]
    patient = [one for one in clear if not (newest_first and one.buys is Buys.NUMBER)]
    for orders, those in ((clear, _alone(left)), (patient, left), (vague, left)):
        for order, candidate in _paired([one for one in orders if one.order not in found], those):
            found[order.order] = [candidate]
            left.remove(candidate)
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


def _alone(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the activations that share their number with no other one."""
    times = Counter(candidate.phone_number for candidate in candidates)
    return [one for one in candidates if one.phone_number is None or times[one.phone_number] == 1]


Pair = tuple[Sought, Candidate]


def _paired(orders: Sequence[Sought], candidates: Sequence[Candidate]) -> list[Pair]:
    """Pair orders with purchases, the surest first."""
    orders, candidates = list(orders), list(candidates)
    pairs: list[Pair] = []
    for pair in (_nearest, _likely, _near, _as_many_as_possible):
        for order, candidate in pair(orders, candidates):
            pairs.append((order, candidate))
            orders.remove(order)
            candidates.remove(candidate)
    return pairs


def _nearest(orders: Sequence[Sought], candidates: Sequence[Candidate]) -> list[Pair]:
    """Pair what is nearest in time, where times are known and time and id are as they would be."""
    return _by_distance(orders, candidates, lambda *pair: _fits(*pair) and _is_likely(*pair))


def _near(orders: Sequence[Sought], candidates: Sequence[Candidate]) -> list[Pair]:
    """Pair what is near in time, where times are known: clocks and ids need not be exact."""

    def is_near(order: Sought, candidate: Candidate) -> bool:
        distance = _distance(order, candidate)
        return distance is not None and distance <= _NEAR and _fits(order, candidate)

    return _by_distance(orders, candidates, is_near)


def _by_distance(
    orders: Sequence[Sought],
    candidates: Sequence[Candidate],
    fits: Callable[[Sought, Candidate], bool],
) -> list[Pair]:
    """Pair the nearest first; of those that are equally near, the older with the older."""
    near = [
        (distance, place, rank)
        for place, order in enumerate(orders)
        for rank, candidate in enumerate(candidates)
        if (distance := _distance(order, candidate)) is not None and fits(order, candidate)
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, place, rank in sorted(near):
        if place not in pairs and rank not in taken:
            pairs[place] = rank
            taken.add(rank)
    return [(orders[place], candidates[rank]) for place, rank in pairs.items()]


def _likely(orders: Sequence[Sought], candidates: Sequence[Candidate]) -> list[Pair]:
    """Pair as many as possible of those whose ids are where they would be."""
    return _paths(orders, candidates, lambda *pair: _fits(*pair) and _is_likely(*pair))


def _as_many_as_possible(orders: Sequence[Sought], candidates: Sequence[Candidate]) -> list[Pair]:
    """Pair as many as possible of those that fit."""
    return _paths(orders, candidates, _fits)


def _paths(
    orders: Sequence[Sought],
    candidates: Sequence[Candidate],
    fits: Callable[[Sought, Candidate], bool],
) -> list[Pair]:
    """Pair by augmenting paths."""
    fitting = [
        [place for place, candidate in enumerate(candidates) if fits(order, candidate)]
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
    if candidate.ref == order.target:
        return False
    if candidate.first_seen is not None and candidate.first_seen < order.begun_at:
        return False
    if candidate.repeated not in (None, order.buys is Buys.AGAIN):
        return False
    return _is_for(order, candidate) and not _is_long_past(order, candidate)


def _is_for(order: Sought, candidate: Candidate) -> bool:
    """Compare services, numbers, countries and prices, as far as they are known."""
    if candidate.service is not None and order.services:
        codes = {code.removesuffix("_0") for code in order.services}
        if candidate.service.removesuffix("_0") not in codes:
            return False
    if order.phone_number is not None and candidate.phone_number is not None:
        return order.phone_number == candidate.phone_number
    too_dear = order.most is not None and candidate.cost is not None and candidate.cost > order.most
    return not too_dear and _in_country(order.country, candidate)


def _made_at(order: Sought, candidate: Candidate) -> datetime | None:
    """Return when a purchase was made by our clock, as far as that can be told."""
    if candidate.since is None or order.offset is None:
        return None
    try:
        return candidate.since - order.offset
    except OverflowError:  # a time that nobody can mean
        return None


def _is_long_past(order: Sought, candidate: Candidate) -> bool:
    """Tell whether a purchase that is over was made at quite another time.

    Of one that is alive no clock is asked: a clock can jump, and zones are mistaken.
    """
    if not candidate.is_over or candidate.since is None or not order.clock_agrees:
        return False
    made_at = _made_at(order, candidate) or candidate.since
    around = _LATE if order.offset is not None else _ZONES
    ended_at = order.ended_at or order.begun_at
    try:
        return not order.begun_at - around <= made_at <= ended_at + around
    except OverflowError:
        return True


def _distance(order: Sought, candidate: Candidate) -> timedelta | None:
    """Return how far in time a purchase is from when the order was begun, where that is known.

    Times of purchases are not exact: within a second none is nearer than another.
    """
    made_at = _made_at(order, candidate)
    return None if made_at is None else max(abs(made_at - order.begun_at) - _CUT, timedelta())


def _is_likely(order: Sought, candidate: Candidate) -> bool:
    """Tell whether time and id are just where they would be: providers count ids upwards."""
    made_at = _made_at(order, candidate)
    if made_at is not None:
        ended_at = order.ended_at or order.begun_at
        if not order.begun_at - _CLOCKS <= made_at <= ended_at + _CLOCKS:
            return False
    if not counts(candidate.ref):
        return True
    number = int(candidate.ref)
    return (order.above is None or number > order.above) and (
        order.below is None or number < order.below
    )


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
