"""One look at the provider's lists: which open order has which purchase, and which cannot be known.

What fits an order is its own only where it is the only one, where nobody else buys the same, and
where the grace is over: right after an interrupt its own may not be listed yet.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from sms_notebook.ledger import lists
from sms_notebook.ledger.foreign_ids import (
    LATELY,
    ForeignId,
    add_foreign_ids,
    foreign_ids_since,
    known_ids,
    looks_since,
)
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.lists import ListedRows
from sms_notebook.ledger.matching import (
    ListedPurchase,
    Matches,
    OpenOrder,
    is_service_of,
    is_timed,
    joined,
    match,
)
from sms_notebook.ledger.open_orders import is_younger, latest_of, open_orders, seconds_early
from sms_notebook.ledger.schema import OrderRecord
from sms_notebook.protocol.calls import ACTIVATIONS, PurchaseKind
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.frames.schema import FrameRow
from sms_notebook.protocol.steps import Ask, Steps

_SEVERAL = "more than one purchase can be its own"
_LIKE_ORDERS = "another open order of the same thing can have made what fits"
_OTHERS = "others buy the same on this account, so what fits need not be its own"
_UNSEEN = "nobody looked what there was before it was sent, so what fits need not be its own"
_EARLY = "it fits, but its own may not be listed yet"
_UNLIKELY = "what fits was made at another time"
_LATE = "it was not there when it was looked for first, so somebody else can have bought it since"
_NEW_HERE = "the ledger has not known this account long enough to say that nobody else buys on it"
_THEIR_RENT = "the rent is not of this ledger, so somebody else can have extended it"

_MOMENT = timedelta(seconds=10)
"""In so short a time a stranger's first purchase would be a coincidence."""
_LONGER = 10
"""So many times longer nobody else must have bought, else it may be just now that one begins."""
_SOON = timedelta(minutes=1)
"""How long after it can have been made at the latest a purchase may be seen first."""


class Look(msgspec.Struct):
    """One look at the provider's lists.

    Attributes
    ----------
    purchases : dict
        By order: what is its own.
    candidates : dict
        By order: what may be its own, where that is not known.
    waiting : set of int
        Orders whose only candidate is theirs, if nothing else shows until the grace is over.
    unproven : dict
        Orders that may have been made though nobody can say so, and why.
    blind : set of int
        Orders for which there is no list to look in, or none that could be read.
    unanswered : dict
        Those of the latter kind, and what failed.
    """

    account_ledger: AccountLedger
    ask: Ask
    in_flight: set[int]
    just_made: bool
    begun_at: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))
    purchases: dict[int, list[ListedPurchase]] = msgspec.field(default_factory=dict)
    candidates: dict[int, list[ListedPurchase]] = msgspec.field(default_factory=dict)
    waiting: set[int] = msgspec.field(default_factory=set)
    blind: set[int] = msgspec.field(default_factory=set)
    unproven: dict[int, str] = msgspec.field(default_factory=dict)
    unanswered: dict[int, SmsError] = msgspec.field(default_factory=dict)

    def run(self, orders: Sequence[OrderRecord]) -> Steps[None]:
        """Look for some orders, and for those whose answer may still come."""
        if activations := [order for order in orders if order.buys.is_activation]:
            yield from self._part(self._activations, activations)
        extensions = [order for order in orders if order.buys is PurchaseKind.EXTENSION]
        yield from self._extensions(extensions)
        rents = [order for order in orders if order.buys is PurchaseKind.RENT]
        known = self.purchases.keys() | self.unanswered.keys()
        rents += [order for order in extensions if order.id not in known]
        if rents:
            yield from self._part(self._rents, rents)
        products = [order for order in orders if order.buys is PurchaseKind.PRODUCT]
        if self.unanswered and len(self.unanswered) + len(products) == len(orders):
            raise next(iter(self.unanswered.values()))
        self._cannot_see(products)

    def _part(
        self, look: Callable[[Sequence[OrderRecord]], Steps[None]], orders: Sequence[OrderRecord]
    ) -> Steps[None]:
        """Look for orders of one kind: what cannot be asked for them leaves the others."""
        failures = self.unanswered.values()
        of_all = next((failure for failure in failures if isinstance(failure, lists.OF_ALL)), None)
        if of_all is not None:
            self._cannot_ask([order.id for order in orders], of_all)
            return
        try:
            yield from look(orders)
        except lists.UNANSWERED as failure:
            self._cannot_ask([order.id for order in orders], failure)

    def _activations(self, orders: Sequence[OrderRecord]) -> Steps[None]:
        """Look among the active ones first, which say most, then in the history."""
        targets = self._open_orders(orders, *ACTIVATIONS)
        alive = yield from lists.active(self.account_ledger, self.ask)
        living = self._candidates([] if alive is None else alive.rows, lists.from_active, targets)
        matches = match(targets, living)
        left = [order for order in targets if order.order not in matches.possible]
        if again := [order for order in left if order.buys is PurchaseKind.AGAIN]:
            rented = yield from lists.rented_activations(self.account_ledger, self.ask)
            longer = match(again, self._candidates(rented, lists.from_rent, targets))
            matches = joined(matches, longer)
            left = [order for order in left if order.order not in matches.possible]
        listed, past = _ids(alive), None
        if left and not (self.just_made and alive is not None):
            since = min(order.begun_at for order in left)
            try:
                past = yield from lists.history(self.account_ledger, self.ask, since)
            except lists.UNANSWERED as failure:
                if alive is None:
                    raise
                self._cannot_ask([order.order for order in left], failure)
        elif matches.sure and not self.account_ledger.alone:
            since = min(order.begun_at for order in targets)
            with suppress(SmsError):  # it may show that others buy here, no more
                past = yield from lists.history(self.account_ledger, self.ask, since, pages=1)
        rest = [] if past is None else [r for r in past.rows if r["activation_id"] not in listed]
        over = [row for row in rest if lists.is_over(row)]
        ended = match(left, self._candidates(over, lists.from_history, targets))
        unlisted = self._candidates(
            [row for row in rest if not lists.is_over(row)], lists.from_history, targets
        )
        matches = joined(matches, ended, Matches({}, {}, unlisted))
        self._judge(orders, targets, matches)
        self._note(living)
        missing = [
            order
            for order in orders
            if order.id not in matches.possible and order.id not in self.unanswered
        ]
        if alive is None and past is None:
            self._cannot_see(missing)
            return
        shows_past = past is not None and past.is_whole
        shows_living = alive is not None and alive.is_whole
        if shows_past and alive is not None and not alive.skipped and listed:
            # A history that shows what lives as well says whether that was all.
            shows_living = shows_living or listed <= _ids(past)
        life = self.account_ledger.provider.life
        is_proof = alive is not None and alive.is_proof
        for order in missing:
            can_be_over = not shows_past and not is_younger(order, life)
            if can_be_over or unlisted or not shows_living or not is_proof:
                self._cannot_prove(order)

    def _rents(self, orders: Sequence[OrderRecord]) -> Steps[None]:
        listed = yield from lists.rents(self.account_ledger, self.ask)
        if listed is None:
            self._cannot_see(orders)
            return
        targets = self._open_orders(orders, PurchaseKind.RENT)
        candidates = self._candidates(listed.rows, lists.from_rent, targets)
        matches = match(targets, candidates)
        self._judge(orders, targets, matches, is_rent=True)
        self._note(candidates, is_rent=True)
        provider = self.account_ledger.provider
        for order in orders:
            seconds = 3600.0 * (order.hours or provider.shortest_rent)
            if order.id not in matches.possible and not (
                listed.is_whole and listed.is_proof and is_younger(order, seconds)
            ):
                self._cannot_prove(order)

    # What is whose ------------------------------------------------------------------------------

    def _judge(
        self,
        orders: Sequence[OrderRecord],
        targets: Sequence[OpenOrder],
        matches: Matches,
        *,
        is_rent: bool = False,
    ) -> None:
        """Decide about what fits: its own, its own if the grace brings nothing else, or unknown."""
        strangers = self._strangers(orders, matches) if matches.sure else []
        by_id = {order.id: order for order in orders}
        for open_order in targets:
            order, possible = by_id[open_order.order], matches.possible.get(open_order.order)
            if possible is None or order.id in self.in_flight:
                continue
            own = matches.sure.get(order.id)
            if own is None:
                why = _why_unsure(open_order, matches.possible)
            else:
                services = open_order.services
                others = [
                    stranger
                    for stranger in strangers
                    if stranger.is_rent in (None, is_rent)
                    and is_service_of(stranger.service, services)
                ]
                why = self._why_not_own(order, open_order, own, others)
            if own is not None and not why:
                if self.account_ledger.alone or not seconds_early(
                    self.account_ledger, order, self.begun_at
                ):
                    self.purchases[order.id] = own
                    continue
                self.waiting.add(order.id)
                why = _EARLY
            self.candidates[order.id] = possible
            self.unproven[order.id] = why

    def _why_not_own(
        self,
        order: OrderRecord,
        open_order: OpenOrder,
        own: Sequence[ListedPurchase],
        others: Sequence[ForeignId],
    ) -> str:
        """Say why the only purchase that fits need not be an order's own; "" where it must be."""
        if self.account_ledger.alone or open_order.phone_number is not None:
            return ""  # nobody else has that number
        if others:
            return _OTHERS
        if order.listed_at is None:
            return _UNSEEN
        is_timely = all(is_timed(open_order, item) for item in own)
        if not is_timely and not self._is_prompt(order, own):
            return _LATE
        return "" if self._is_known_as_quiet(order, own) else _NEW_HERE

    def _is_known_as_quiet(self, order: OrderRecord, own: Sequence[ListedPurchase]) -> bool:
        """Tell whether it was looked for long enough, before it was sent, what others buy."""
        begun = order.sent_at or order.begun_at
        appeared = max(item.first_seen or self.begun_at for item in own)
        window = min(appeared, latest_of(self.account_ledger, order)) - begun
        if window <= _MOMENT:
            return True
        kinds = ACTIVATIONS if order.buys.is_activation else (order.buys,)
        looks = looks_since(self.account_ledger, kinds, begun - LATELY)
        return begun - looks[0] >= _LONGER * window

    def _is_prompt(self, order: OrderRecord, own: Sequence[ListedPurchase]) -> bool:
        """Tell whether what fits was there when it was looked for first, and that was soon."""
        soon = latest_of(self.account_ledger, order, order.open_until) + _SOON
        appeared = max(item.first_seen or self.begun_at for item in own)
        return appeared <= min(order.missed_at or soon, soon)

    def _strangers(self, orders: Sequence[OrderRecord], matches: Matches) -> list[ForeignId]:
        """Return what others bought lately: what is listed, or was, and is likely no order's."""
        if self.account_ledger.alone:
            return []
        since = min(order.begun_at for order in orders) - LATELY
        foreign = foreign_ids_since(self.account_ledger, since)
        known = {foreign_id.ref for foreign_id in foreign}
        unlikely = {item.ref for item in matches.others}
        ours = {item.ref for items in matches.possible.values() for item in items} - unlikely
        listed = [
            ForeignId(item.ref, None, item.service, item.country)
            for item in matches.others
            if item.ref not in known
        ]
        return [foreign_id for foreign_id in (*foreign, *listed) if foreign_id.ref not in ours]

    # Extensions ---------------------------------------------------------------------------------

    def _extensions(self, orders: Sequence[OrderRecord]) -> Steps[None]:
        """Look at the history of each rent: it counts extensions, and tells none from another."""
        groups: dict[tuple[str, int], list[OrderRecord]] = defaultdict(list)
        shortest = self.account_ledger.provider.shortest_rent
        for order in orders:
            groups[order.target or "", order.hours or shortest].append(order)
        for group in groups.values():
            yield from self._part(self._like_extensions, group)

    def _like_extensions(self, orders: Sequence[OrderRecord]) -> Steps[None]:
        """Look for extensions of one rent by the same hours."""
        rent_id = orders[0].target or ""
        hours = orders[0].hours or self.account_ledger.provider.shortest_rent
        count = yield from lists.new_extensions(self.account_ledger, self.ask, rent_id, hours)
        if count is None:
            for order in orders:
                self._cannot_prove(order)
            return
        rent = self.account_ledger.number(rent_id, PurchaseKind.RENT)
        own = ListedPurchase(rent_id, *((rent.phone_number, rent.service) if rent else ()))
        is_ours = rent is not None or self.account_ledger.alone
        no_matter = all(order.key is None for order in orders)
        for place, order in enumerate(orders):
            if count >= len(orders) or (no_matter and place < count):
                if is_ours:
                    self.purchases[order.id] = [own]
                    continue
                self.unproven[order.id] = _THEIR_RENT
            elif count and not no_matter:
                self.unproven[order.id] = _LIKE_ORDERS
            else:
                continue
            self.candidates[order.id] = [own]

    # What is listed, and what is looked for -------------------------------------------------------

    def _candidates(
        self,
        rows: Sequence[FrameRow],
        read: Callable[[FrameRow, datetime | None], ListedPurchase],
        targets: Sequence[OpenOrder],
    ) -> list[ListedPurchase]:
        """Return what is listed and no order has."""
        name = "rent_id" if read is lists.from_rent else "activation_id"
        kinds = (PurchaseKind.RENT,) if read is lists.from_rent else ACTIVATIONS
        known = known_ids(self.account_ledger, (row[name] for row in rows)) if rows else {}
        fresh = [row for row in rows if known.get(row[name], self.begun_at) is not None]
        if not fresh:
            return []
        begun_at = min(order.begun_at for order in targets)
        looks = looks_since(self.account_ledger, kinds, begun_at)
        purchases = []
        for row in fresh:
            first_seen = known.get(row[name])
            before = bisect_left(looks, first_seen or self.begun_at)
            unseen_at = looks[before - 1] if before else None
            purchases.append(replace(read(row, first_seen), unseen_at=unseen_at))
        return purchases

    def _note(self, listed: Sequence[ListedPurchase], *, is_rent: bool = False) -> None:
        """Remember what is no order's yet: it cannot be that of a later one either."""
        refs = {item.ref for items in self.purchases.values() for item in items}
        add_foreign_ids(
            self.account_ledger,
            (
                ForeignId(item.ref, is_rent, item.service, item.country)
                for item in listed
                if item.first_seen is None and item.ref not in refs
            ),
        )

    def _cannot_ask(self, orders: Iterable[int], failure: SmsError) -> None:
        """Note why orders could not be looked for this time."""
        for order in orders:
            self.unanswered[order] = failure
            self.blind.add(order)
            self.unproven[order] = f"{failure.action} could not be asked: {failure.reason}"

    def _cannot_see(self, orders: Iterable[OrderRecord]) -> None:
        """Note that nobody can look for some orders."""
        title = self.account_ledger.provider.title
        for order in orders:
            self.blind.add(order.id)
            self.unproven[order.id] = f"{title} has no list to look in"

    def _cannot_prove(self, order: OrderRecord) -> None:
        """Note that an order may have been made though it is not listed."""
        title = self.account_ledger.provider.title
        self.unproven[order.id] = f"{title} does not list it, but its list may not be whole"

    def _open_orders(self, orders: Sequence[OrderRecord], *kinds: PurchaseKind) -> list[OpenOrder]:
        """Say what is looked for, with all that is known of when it was made."""
        entries = open_orders(self.account_ledger, orders, kinds)
        # Whose answer may still come is somebody's own.
        return [
            replace(order, has_key=order.has_key or order.order in self.in_flight)
            for order in entries
        ]


def _why_unsure(order: OpenOrder, possible: Mapping[int, Sequence[ListedPurchase]]) -> str:
    """Say why nothing that fits an order must be its own."""
    own = set(possible[order.order])
    if len(own) > order.size:
        return _SEVERAL
    theirs = (items for other, items in possible.items() if other != order.order)
    return _LIKE_ORDERS if any(not own.isdisjoint(items) for items in theirs) else _UNLIKELY


def _ids(listed: ListedRows | None) -> set[str]:
    return set() if listed is None else {row["activation_id"] for row in listed.rows}
