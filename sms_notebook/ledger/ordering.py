"""Ordering: one key, one purchase, whoever asks and however often."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from sms_notebook.ledger.budget import quote
from sms_notebook.ledger.gate import (
    LOG,
    Buy,
    Entry,
    KeyTakenError,
    at_quoted_price,
    know_costs,
    reserve,
    send_once,
    sends_order_id,
    tell_ignored,
)
from sms_notebook.ledger.kept_replies import KeptReply, kept_reply, write_kept
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.lists import active
from sms_notebook.ledger.observed import complete_number
from sms_notebook.ledger.outcomes import inferred_like, inferred_line, withdraw
from sms_notebook.ledger.purchases import Purchase, PurchaseRequest
from sms_notebook.ledger.reconciliation import UNKNOWN, Settled, settle
from sms_notebook.ledger.schema import (
    NUMBERS,
    Certainty,
    NumberRecord,
    OrderRecord,
    OrderState,
)
from sms_notebook.ledger.sightings import Baseline, baseline
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import (
    BadAction,
    Found,
    LedgerProblem,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.steps import Ask, Steps, pause

_NAMED = 5  # candidates in a sentence; all are in `PurchaseUncertain.candidates`
_LOOK_AGAIN = 0.2  # seconds between looks at an order that another kernel is making


class Fulfilled(NamedTuple):
    """An order, and what it bought: of the ledger, else as the reply said."""

    order_id: str
    key: str | None
    action: str
    hours: int | None
    brought: NumberRecord | Purchase


@dataclass(frozen=True, slots=True)
class Fulfillment:
    """Fulfils the orders of one client.

    Attributes
    ----------
    account_ledger : AccountLedger
        Where orders are kept.
    ask : callable
        Performs calls that only read.
    buy : callable
        Sends a purchase once.
    """

    account_ledger: AccountLedger
    ask: Ask
    buy: Buy[pd.DataFrame]

    def order(
        self, requests: list[PurchaseRequest], schema: Schema, *, priced: bool = False
    ) -> Steps[pd.DataFrame]:
        """Return what a key stands for, or buy it.

        Parameters
        ----------
        requests : list of PurchaseRequest
            The same purchase in the ways that providers may have, the best first.
        schema : Schema
            Of the frame.
        priced : bool
            Whether the price must be asked for, since no reply tells it.
        """
        try:
            found = yield from self._of_key(requests[0])
        except LedgerProblem:
            if (found := self._kept(requests[0])) is None:
                raise
        is_new = found is None
        while found is None:
            try:
                found = yield from self._buy_first(requests, priced=priced)
            except KeyTakenError:  # by another kernel, just now
                found = yield from self._of_key(requests[0])
                is_new = found is None
        brought = found.brought
        written = brought if isinstance(brought, NumberRecord) else None
        values = {column.name: getattr(brought, column.name, None) for column in schema.columns}
        values |= {
            "activation_id": brought.ref,
            "rent_id": brought.ref,
            "hours": found.hours,
            "end_date": brought.ends_at,
            "bought_at": written.bought_at if written else self.account_ledger.now(),
            "key": found.key,
            "order_id": found.order_id,
            "is_new": is_new,
            "certainty": written.certainty if written else Certainty.READ,
        }
        if written is not None and written.certainty is Certainty.INFERRED:
            LOG.warning("%s", inferred_line(written))
        return self.account_ledger.frame(schema, [values], found.action)

    def _of_key(self, request: PurchaseRequest) -> Steps[Fulfilled | None]:
        """Return what a key stands for already; an open order is reconciled first."""
        with suppress(LedgerProblem):  # then it stays kept
            write_kept(self.account_ledger)
        if request.key is None:
            return None
        is_announced = False
        while (found := self._same(request)) is not None and found.state != OrderState.BOUGHT:
            if kept := kept_reply(self.account_ledger, request.buys, order_id=found.order_id):
                return _of_kept(kept)
            if self.account_ledger.ledger.is_in_flight(found):
                if not is_announced:
                    LOG.warning("Another call is making the order %r; waiting for it.", request.key)
                is_announced = True
                yield from pause(_LOOK_AGAIN)
                continue
            results = yield from settle(self.account_ledger, self.ask, only=found.id)
            for settled in results:
                if settled.result == UNKNOWN:
                    raise self._uncertain(request, found.order_id, found.error or "", settled)
        return None if found is None else self._fulfilled(found)

    def _kept(self, request: PurchaseRequest) -> Fulfilled | None:
        """Return what a key stands for as a reply said, where the ledger cannot be read."""
        kept = kept_reply(self.account_ledger, request.buys, key=request.key)
        if kept is None:
            return None
        if kept.about != request.about:
            raise _other_thing(request, kept.about)
        return _of_kept(kept)

    def _same(self, request: PurchaseRequest) -> OrderRecord | None:
        """Return the order of a key; it must be about the same thing."""
        found = self.account_ledger.by_key(request.buys, request.key)
        if found is None:
            return None
        before = (found.service, found.country, found.target, found.hours)
        word = request.params.get("country") if request.country is None else None
        if request.about != before or (word and json.loads(found.params).get("country") != word):
            raise _other_thing(request, before)
        return found

    def _buy_first(self, requests: list[PurchaseRequest], *, priced: bool) -> Steps[Fulfilled]:
        """Buy, in the first way that the provider has."""
        *better, last = requests
        yield from tell_ignored(self.account_ledger, last)
        there = yield from baseline(self.account_ledger, last.buys, self.ask)
        for request in better:
            if self.account_ledger.provider.has(request.action):
                try:
                    return (yield from self._buy(request, there, priced=priced))
                except BadAction as refusal:
                    if not refusal.is_missing:
                        raise
        return (yield from self._buy(last, there, priced=priced))

    def _buy(
        self, request: PurchaseRequest, there: Baseline | None, *, priced: bool
    ) -> Steps[Fulfilled]:
        account_ledger = self.account_ledger
        takes_id = bool(request.call.action.order_param)
        has_budget = account_ledger.budget is not None
        quoted = None
        if request.max_price is None and (priced or has_budget or not takes_id):  # told by no reply
            with suppress(BadAction):  # then the price is not known, and no budget allows it
                quoted = yield from quote(account_ledger.provider, request, self.ask)
        if has_budget:
            yield from know_costs(account_ledger, self.ask)
        request = at_quoted_price(account_ledger, request, quoted)
        # The same order id again: should it have been made after all, the provider will say so.
        may_repeat = takes_id and account_ledger.provider.order_id
        entry = reserve(
            *(account_ledger, request, quoted, there), has_budget=has_budget, may_repeat=may_repeat
        )
        try:
            _, purchases = yield from send_once(account_ledger, request, entry, self.buy, quoted)
        except (PurchaseUncertain, OrderAlreadyExists) as failure:
            is_refusal = isinstance(failure, OrderAlreadyExists)
            if is_refusal and not sends_order_id(account_ledger, request):
                raise
            return (yield from self._looked_up(request, entry, failure))
        bought = Fulfilled(entry.order_id, request.key, request.action, request.hours, purchases[0])
        with suppress(LedgerProblem):  # it is bought, whether or not the ledger can be read
            if numbers := account_ledger.numbers(NUMBERS.c.order == entry.id):
                return bought._replace(brought=numbers[0])
        return bought

    def _looked_up(
        self, request: PurchaseRequest, entry: Entry, failure: SmsError
    ) -> Steps[Fulfilled]:
        """Look for an order whose answer was lost: it may be listed already.

        Raises
        ------
        PurchaseUncertain
            If it is not, or nobody can be asked.
        """
        account_ledger, order, settled = self.account_ledger, None, None
        with suppress(SmsError):  # whatever else fails: that the purchase is open comes first
            order, settled = yield from self._settled(entry)
            is_made = isinstance(failure, OrderAlreadyExists) and account_ledger.provider.order_id
            if is_made and order.state != OrderState.BOUGHT:
                # It was made for certain: then what was inferred of a like one may be its own.
                for other in inferred_like(account_ledger, order):
                    withdraw(account_ledger, other)
                    order, settled = yield from self._settled(entry)
                account_ledger.was_made(order.id)
        if order is None or order.state != OrderState.BOUGHT:
            raise self._uncertain(request, entry.order_id, failure, settled) from failure
        yield from self._complete(order)
        return self._fulfilled(order)

    def _settled(self, entry: Entry) -> Steps[tuple[OrderRecord, Settled | None]]:
        """Look for an order that was sent a moment ago."""
        results = yield from settle(
            self.account_ledger, self.ask, only=entry.id, wait=False, just_made=True
        )
        return self.account_ledger.order(entry.id), results[0] if results else None

    def _complete(self, order: OrderRecord) -> Steps[None]:
        """Look for what the reply of an activation did not tell beside its id."""
        lacking = self.account_ledger.numbers(
            NUMBERS.c.order == order.id,
            NUMBERS.c.phone_number.is_(None) | NUMBERS.c.cost.is_(None),
        )
        if not lacking or not order.buys.is_activation:
            return
        with suppress(SmsError):
            alive = yield from active(self.account_ledger, self.ask)
            listed = {row["activation_id"]: row for row in alive.rows} if alive is not None else {}
            for number in lacking:
                if number.ref in listed:
                    complete_number(self.account_ledger, number, listed[number.ref])

    def _fulfilled(self, order: OrderRecord) -> Fulfilled:
        """Return an order with what it bought, as the ledger has it."""
        numbers = self.account_ledger.numbers(NUMBERS.c.order == order.id)
        if not numbers:
            raise PurchaseUncertain(
                Phrase("the provider gave an activation that another order has"),
                hints=[Hint("{ledger()} shows both")],
                action=order.action,
                provider=order.provider,
            )
        return Fulfilled(order.order_id, order.key, order.action, order.hours, numbers[0])

    def _uncertain(
        self,
        request: PurchaseRequest,
        order_id: str,
        cause: SmsError | str,
        settled: Settled | None = None,
    ) -> PurchaseUncertain:
        """Say that an order is open, why nobody knows, what may be its own, and what to do."""
        reason = cause.reason if isinstance(cause, SmsError) else cause
        hints = [Hint("{reconcile()} finds out what became of it, and never buys")]
        candidates: tuple[Found, ...] = ()
        if settled is not None and settled.why and (settled.candidates or _is_known(settled)):
            candidates = tuple(Found(item.ref, item.phone_number) for item in settled.candidates)
            hints = [Hint("{why}", why=settled.why), *_steps(settled, candidates)]
        uncertain = PurchaseUncertain(
            Phrase(
                "{reason}. The order {order_id} waits in the ledger",
                reason=reason or "the kernel ended before the answer came",
                order_id=order_id,
            ),
            hints=hints,
            action=request.action,
            provider=self.account_ledger.provider.name,
        )
        uncertain.candidates = candidates
        if isinstance(cause, PurchaseUncertain):
            uncertain.order, uncertain.found = cause.order, cause.found
        return uncertain


def _of_kept(kept: KeptReply) -> Fulfilled:
    """Return what a reply said that the ledger has not taken yet."""
    *_, hours = kept.about
    return Fulfilled(kept.order_id, kept.key, kept.action, hours, kept.purchases[0])


def _other_thing(
    request: PurchaseRequest, before: tuple[str | None, int | None, str | None, int | None]
) -> UsageProblem:
    """Make the error for a key that stands for something else."""
    return UsageProblem(
        f"the key {request.key!r} stands for an order of {_described(*before)} already, "
        f"not of {_described(*request.about)}. Take another key.",
        action=request.action,
    )


def _is_known(settled: Settled) -> bool:
    """Tell whether a later look shows no more."""
    return settled.result == UNKNOWN


def _steps(settled: Settled, candidates: Sequence[Found]) -> list[Hint]:
    """Return what a person can do about an order that nobody can settle."""
    hints = [
        Hint("look at the provider's site"),
        Hint(
            "{dismiss} says that nothing was bought",
            dismiss=("reconcile", {"dismiss": Parameter("[order_id]")}),
        ),
    ]
    if not candidates:
        return hints
    named = [f"{item.activation_id} ({item.phone_number})" for item in candidates[:_NAMED]]
    more = len(candidates) - len(named)
    named += [f"{more} more"] * bool(more)
    order, first = settled.order, candidates[0].activation_id
    example: object = first
    if order.buys is PurchaseKind.NUMBERS:
        wanted = len((order.service or "").split(","))
        example = [item.activation_id for item in candidates[:wanted]]
    claims = Parameter(repr({order.order_id: example}))
    return [
        Hint("it may be {names}", names=" or ".join(named)),
        Hint("{claim} says which it is", claim=("reconcile", {"claim": claims})),
        hints[1],
    ]


def _described(
    service: str | None, country: int | None, target: str | None, hours: int | None
) -> str:
    words = service or f"rent {target}"
    words += "" if country is None else f" in country {country}"
    return words if hours is None else f"{words} for {hours} hours"
