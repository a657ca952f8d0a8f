"""Which purchase at the provider is which order of ours: pure rules, without I/O.

Nothing is guessed here: an order has the purchase that must be its own if nobody else buys, or
those that can be. Whether somebody else buys is for the caller to know.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec

from sms_notebook.ledger.ledger import counts
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.calls import PurchaseKind

_CLOCKS = timedelta(seconds=3)
"""How far apart two clocks may show that were just compared; times have whole seconds."""
_MINUTE = timedelta(minutes=1)
"""How much too early a time may be: some providers leave out the seconds."""
_LATE = timedelta(hours=2)
"""How far from its order a purchase may be that is over already, by clocks that were compared."""
_ZONES = timedelta(hours=26)
"""The same, by clocks that were not."""
_NATIONAL = 10
"""Digits of a number that may lack the code of its country: some providers leave it out."""


class ListedPurchase(msgspec.Struct, frozen=True):
    """A purchase that the provider lists and that no order has."""

    ref: str
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    cost: Decimal | None = None
    currency: str | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    repeated: bool | None = None
    is_over: bool = False
    first_seen: datetime | None = None
    """When somebody saw it first, by our clock; None where nobody had before."""
    unseen_at: datetime | None = None
    """When it was seen last what there was, and this was not there."""


class OpenOrder(msgspec.Struct, frozen=True):
    """An order whose purchase is looked for."""

    order: int
    buys: PurchaseKind
    services: tuple[str, ...]
    country: int | None
    most: Decimal | None
    phone_number: str | None
    target: str | None
    """What it is about: the purchase itself is another one."""
    begun_at: datetime
    latest: datetime
    """Until when it can have been made: nobody waits for it any more, and the grace is over."""
    own_countries: bool = False
    """Whether the provider's ids of countries are its own: no dial code is known then."""
    offset: timedelta | None = None
    """By how much the provider's clock is ahead of ours, where that is known."""
    clock_agrees: bool = True
    """Whether the provider's clock runs as ours does."""
    is_past: bool = False
    """Whether what it bought cannot live any more."""
    above: int | None = None
    below: int | None = None
    """Ids bought before it was begun and after it can have been made."""
    prefixes: tuple[str, ...] = ()
    """With what its number does not begin: it was ordered so."""
    has_key: bool = True
    """Whether it matters which of several like orders has which purchase."""

    @property
    def size(self) -> int:
        """How many purchases it made: one for each service of a number for several."""
        return len(self.services) if self.buys is PurchaseKind.NUMBERS else 1

    @property
    def like(self) -> tuple[object, ...]:
        """What orders have alike between which nobody sees a difference."""
        return self.buys, self.services, self.country, self.most, self.target, self.prefixes


Unit = tuple[ListedPurchase, ...]
"""What one order brings: one purchase, or one for each of its services."""


class Matches(NamedTuple):
    """What can be whose.

    Attributes
    ----------
    sure : dict
        By order: what must be its own, if nobody else buys.
    possible : dict
        By order: all that can be its own; nothing that is known for certain speaks against it.
    others : list of ListedPurchase
        What is likely that of no order.
    """

    sure: dict[int, list[ListedPurchase]]
    possible: dict[int, list[ListedPurchase]]
    others: list[ListedPurchase]


def match(orders: Sequence[OpenOrder], candidates: Sequence[ListedPurchase]) -> Matches:
    """Find out which purchase must be which order's, and which may be.

    If nobody else buys, each purchase is that of an order, and each order made it at most once.
    What follows from that is sure; where two ways are left, neither is.

    Parameters
    ----------
    orders : sequence of OpenOrder
        The orders, also those whose answer may still come.
    candidates : sequence of ListedPurchase
        The purchases.
    """
    units = {order.order: _units(order, candidates) for order in orders}
    likely = {
        order.order: [
            unit for unit in units[order.order] if all(_is_likely(order, item) for item in unit)
        ]
        for order in orders
    }
    sure: dict[int, list[ListedPurchase]] = {}
    for group in _groups(orders, likely):
        sure |= _forced(group, {order.order: likely[order.order] for order in group})
    matched = {item for units_ in likely.values() for unit in units_ for item in unit}
    possible = {
        order: list(dict.fromkeys(item for unit in units_ for item in unit))
        for order, units_ in units.items()
        if units_
    }
    return Matches(sure, possible, [item for item in candidates if item not in matched])


def joined(*parts: Matches) -> Matches:
    """Join what was found out of several lists."""
    return Matches(
        {order: items for part in parts for order, items in part.sure.items()},
        {order: items for part in parts for order, items in part.possible.items()},
        [item for part in parts for item in part.others],
    )


def _units(order: OpenOrder, candidates: Sequence[ListedPurchase]) -> list[Unit]:
    """Return what can be what an order brought."""
    fitting = [candidate for candidate in candidates if _fits(order, candidate)]
    if order.size == 1:
        return [(candidate,) for candidate in fitting]
    numbers: dict[str | None, dict[str | None, ListedPurchase]] = {}
    for candidate in fitting:
        numbers.setdefault(candidate.phone_number, {})[candidate.service] = candidate
    return [tuple(parts.values()) for parts in numbers.values() if len(parts) == order.size]


def _groups(
    orders: Iterable[OpenOrder], likely: dict[int, list[Unit]]
) -> Iterable[list[OpenOrder]]:
    """Part the orders so that those of two parts have no purchase in common."""
    groups: list[tuple[list[OpenOrder], set[ListedPurchase]]] = []
    for order in orders:
        members, items = [order], {item for unit in likely[order.order] for item in unit}
        apart = []
        for other, theirs in groups:
            if items.isdisjoint(theirs):
                apart.append((other, theirs))
            else:
                members, items = other + members, items | theirs
        groups = [*apart, (members, items)]
    return [members for members, _ in groups]


def _forced(
    orders: Sequence[OpenOrder], options: dict[int, list[Unit]]
) -> dict[int, list[ListedPurchase]]:
    """Return what follows where each purchase is that of one of these orders; {} if it cannot be.

    What only one order can have is that order's, so it is no other's, and so on.
    """
    left = {item for units in options.values() for unit in units for item in unit}
    by_order: dict[int, Unit] = {}
    while True:
        takers = {
            item: {order for order, units in options.items() if any(item in unit for unit in units)}
            for item in left
        }
        if not all(takers.values()):
            return {}  # somebody else has bought it: who knows what else
        forced = next(
            (
                (order, units[0])
                for item in sorted(left, key=_age)
                for order in takers[item]
                if len(takers[item]) == 1
                and len(units := [unit for unit in options[order] if item in unit]) == 1
            ),
            None,
        )
        if forced is None:
            break
        order, unit = forced
        by_order[order] = unit
        left -= set(unit)
        del options[order]
        for other, units in options.items():
            options[other] = [rest for rest in units if not set(rest) & set(unit)]
    rest = [order for order in orders if options.get(order.order)]
    if left and _are_alike(rest, options) and len(left) <= len(rest):
        rest.sort(key=lambda order: (order.begun_at, order.order))
        pairs = zip(rest, sorted(left, key=_age), strict=False)
        by_order |= {order.order: (item,) for order, item in pairs}
    return {order: list(unit) for order, unit in by_order.items()}


def _are_alike(orders: Sequence[OpenOrder], options: dict[int, list[Unit]]) -> bool:
    """Tell whether it makes no difference which of some orders has which purchase."""
    kinds = {(order.like, tuple(options[order.order])) for order in orders}
    return len(kinds) == 1 and all(order.size == 1 and not order.has_key for order in orders)


def _age(candidate: ListedPurchase) -> tuple[datetime, int, str]:
    """Order by age: providers count their ids upwards."""
    since = candidate.since or datetime.max.replace(tzinfo=UTC)
    return (since, len(candidate.ref), candidate.ref)


def _fits(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Tell whether a purchase can be an order's: nothing that is certain speaks against it."""
    if candidate.ref == order.target:
        return False
    if candidate.first_seen is not None and candidate.first_seen <= order.begun_at:
        return False
    if candidate.repeated not in (None, order.buys is PurchaseKind.AGAIN):
        return False
    if order.is_past and not candidate.is_over and order.buys is not PurchaseKind.EXTENSION:
        return False
    return _is_for(order, candidate) and not _is_long_past(order, candidate)


def _is_for(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Compare services, numbers, countries and prices, as far as they are known."""
    if not is_service_of(candidate.service, order.services):
        return False
    if order.phone_number is not None and candidate.phone_number is not None:
        return order.phone_number == candidate.phone_number
    too_dear = order.most is not None and candidate.cost is not None and candidate.cost > order.most
    return not too_dear and _in_country(order, candidate)


def is_service_of(service: str | None, services: Sequence[str]) -> bool:
    """Tell whether a service is one of some, or may be: it is not always known."""
    if service is None or not services:
        return True
    return service.removesuffix("_0") in {code.removesuffix("_0") for code in services}


def _bought_at(order: OpenOrder, candidate: ListedPurchase) -> datetime | None:
    """Return when a purchase was made by our clock, as far as that can be told."""
    if candidate.since is None or order.offset is None:
        return None
    try:
        return candidate.since - order.offset
    except OverflowError:  # a time that nobody can mean
        return None


def _is_long_past(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Tell whether a purchase that is over was made at quite another time.

    Of what is alive no clock is asked here: a clock can jump, and zones are mistaken.
    """
    if not candidate.is_over or candidate.since is None or not order.clock_agrees:
        return False
    bought_at = _bought_at(order, candidate) or candidate.since
    around = _LATE if order.offset is not None else _ZONES
    try:
        return not order.begun_at - around <= bought_at <= order.latest + around
    except OverflowError:
        return True


def is_timed(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Tell whether clocks that were compared say when a purchase was made."""
    return order.clock_agrees and _bought_at(order, candidate) is not None


def _is_likely(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Tell whether time, id and number of what fits are where they would be.

    What is not is no order's, as far as anybody knows; but nor does it prove that one made nothing.
    """
    latest, phone = order.latest, candidate.phone_number or ""
    if candidate.unseen_at is not None and candidate.unseen_at > latest:
        return False
    if order.prefixes and phone.startswith(order.prefixes):
        return False
    if order.buys is PurchaseKind.EXTENSION and order.phone_number is None:
        return False  # a rent that had ended is ordered again: this may be any
    bought_at = _bought_at(order, candidate) if order.clock_agrees else None
    if bought_at is not None:
        earliest = order.begun_at - _CLOCKS - _MINUTE
        if not earliest <= bought_at <= latest + _CLOCKS:
            return False
    if not counts(candidate.ref):
        return True
    number = int(candidate.ref)
    return (order.above is None or number > order.above) and (
        order.below is None or number < order.below
    )


def _in_country(order: OpenOrder, candidate: ListedPurchase) -> bool:
    """Compare countries; where the provider names none, the number's dial code tells."""
    if order.country is None:
        return True
    if candidate.country is not None:
        return candidate.country == order.country
    phone = candidate.phone_number
    known = next((known for known in catalogue.countries() if known.id == order.country), None)
    if order.own_countries or known is None or phone is None or len(phone) <= _NATIONAL:
        return True
    return phone.startswith(known.dial)
