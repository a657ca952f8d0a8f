"""Fulfilling an order: one key, one purchase, whoever asks and however often."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
import pandas as pd

from sms_notebook.ledger.budget import quote
from sms_notebook.ledger.dispatch import LOG, Buy, Entry, send_once, sends_order_id
from sms_notebook.ledger.foreign_ids import Baseline, read_baseline
from sms_notebook.ledger.gate import (
    KeyTakenError,
    at_quoted_price,
    know_costs,
    reserved,
    tell_ignored,
)
from sms_notebook.ledger.kept_replies import KeptReply, kept_reply, write_kept
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.lists import active
from sms_notebook.ledger.observations import complete_number
from sms_notebook.ledger.outcomes import inferred_like, inferred_line, withdraw
from sms_notebook.ledger.purchases import Purchase, PurchaseRequest, nowhere, other_thing
from sms_notebook.ledger.reconciliation import UNKNOWN, Settlement, settle
from sms_notebook.ledger.schema import (
    NUMBERS,
    Certainty,
    NumberRecord,
    OrderRecord,
    OrderState,
)
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import (
    ApiError,
    BadAction,
    BadCountry,
    BudgetExceeded,
    Found,
    LedgerProblem,
    NoBalance,
    NoNumbers,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
    WrongMaxPrice,
)
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.steps import Activity, Ask, Pause, Steps

_NAMED = 5  # candidates in a sentence; all are in `PurchaseUncertain.candidates`
_LOOK_AGAIN = 0.2  # seconds between looks at an order that another kernel is making
_HERE_ALONE = (NoNumbers, WrongMaxPrice, BadCountry, NoBalance, BudgetExceeded)
"""Clear refusals that say nothing of another country: there it may be had, or be cheaper."""


class CountryChoice(NamedTuple):
    """A country that will do.

    Attributes
    ----------
    name : str
        What it is called.
    requests : list of PurchaseRequest
        The purchase there, in the ways that providers may have, the best first.
    """

    name: str
    requests: list[PurchaseRequest]


class FulfilledOrder(NamedTuple):
    """An order, and what it bought: of the ledger, else as the reply said."""

    order_id: str
    key: str | None
    action: str
    hours: int | None
    brought: NumberRecord | Purchase


class Fulfillment(msgspec.Struct, frozen=True):
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
        self, choices: Sequence[CountryChoice], schema: Schema, *, priced: bool = False
    ) -> Steps[pd.DataFrame]:
        """Return what a key stands for, or buy it.

        Parameters
        ----------
        choices : sequence of CountryChoice
            Where it may be bought, in the order in which it is tried. All have one key.
        schema : Schema
            Of the frame.
        priced : bool
            Whether the price must be asked for, since no reply tells it.
        """
        requests = [choice.requests[0] for choice in choices]
        is_new = False
        try:
            fulfilled = yield from self._of_key(requests)
        except LedgerProblem:
            if (fulfilled := self._of_kept_reply(requests)) is None:
                raise
        if fulfilled is None:
            fulfilled, is_new = yield from self._first_to_be_had(choices, requests, priced=priced)
        brought = fulfilled.brought
        written = brought if isinstance(brought, NumberRecord) else None
        values = {column.name: getattr(brought, column.name, None) for column in schema.columns}
        values |= {
            "activation_id": brought.ref,
            "rent_id": brought.ref,
            "hours": fulfilled.hours,
            "end_date": brought.ends_at,
            "bought_at": written.bought_at if written else self.account_ledger.now(),
            "key": fulfilled.key,
            "order_id": fulfilled.order_id,
            "is_new": is_new,
            "certainty": written.certainty if written else Certainty.READ,
        }
        if written is not None and written.certainty is Certainty.INFERRED:
            LOG.warning("%s", inferred_line(written))
        return self.account_ledger.frame(schema, [values], fulfilled.action)

    def _first_to_be_had(
        self,
        choices: Sequence[CountryChoice],
        first_requests: Sequence[PurchaseRequest],
        *,
        priced: bool,
    ) -> Steps[tuple[FulfilledOrder, bool]]:
        """Buy in the first country that has one; return it, and whether it was bought just now.

        Only a clear refusal that names no number goes on to the next country. A key stands for one
        order that was made, or may have been made: so two kernels never buy in two countries.
        """
        refusals: list[tuple[str, SmsError]] = []
        yield from tell_ignored(self.account_ledger, choices[0].requests[-1])
        for name, requests in choices:
            while True:
                try:
                    return (yield from self._buy_first(requests, priced=priced)), True
                except KeyTakenError:  # by another kernel, just now
                    if (fulfilled := (yield from self._of_key(first_requests))) is not None:
                        return fulfilled, False
                except _HERE_ALONE as refusal:
                    if len(choices) == 1 or (isinstance(refusal, ApiError) and refusal.found):
                        raise
                    refusals.append((name, refusal))
                    break
        raise nowhere(first_requests[0], refusals)

    def _of_key(self, requests: Sequence[PurchaseRequest]) -> Steps[FulfilledOrder | None]:
        """Return what a key stands for already; an open order is reconciled first."""
        with suppress(LedgerProblem):  # then it stays kept
            write_kept(self.account_ledger)
        request = requests[0]
        if request.key is None:
            return None
        is_announced = False
        while (order := self._same(requests)) is not None and order.state != OrderState.BOUGHT:
            if reply := kept_reply(self.account_ledger, request.buys, order_id=order.order_id):
                return _of_reply(reply)
            if self.account_ledger.ledger.is_in_flight(order):
                if not is_announced:
                    LOG.warning("Another call is making the order %r; waiting for it.", request.key)
                is_announced = True
                yield Pause(_LOOK_AGAIN, Activity(f"another call to make {request.key!r}"))
                continue
            results = yield from settle(self.account_ledger, self.ask, only=order.id)
            for settled in results:
                if settled.result == UNKNOWN:
                    raise self._uncertain(request, order.order_id, order.error or "", settled)
        return None if order is None else self._fulfilled(order)

    def _of_kept_reply(self, requests: Sequence[PurchaseRequest]) -> FulfilledOrder | None:
        """Return what a key stands for as a reply said, where the ledger cannot be read."""
        reply = kept_reply(self.account_ledger, requests[0].buys, key=requests[0].key)
        if reply is None:
            return None
        if reply.about not in [request.about for request in requests]:
            raise other_thing(requests, reply.about)
        return _of_reply(reply)

    def _same(self, requests: Sequence[PurchaseRequest]) -> OrderRecord | None:
        """Return the order of a key; it must be about the same thing, in one of the countries."""
        order = self.account_ledger.by_key(requests[0].buys, requests[0].key)
        if order is None:
            return None
        if not any(_is_about(request, order) for request in requests):
            raise other_thing(requests, order.about)
        return order

    def _buy_first(self, requests: list[PurchaseRequest], *, priced: bool) -> Steps[FulfilledOrder]:
        """Buy, in the first way that the provider has."""
        *better, last = requests
        baseline = yield from read_baseline(self.account_ledger, last.buys, self.ask)
        for request in better:
            if self.account_ledger.provider.has(request.action):
                try:
                    return (yield from self._buy(request, baseline, priced=priced))
                except BadAction as refusal:
                    if not refusal.is_missing:
                        raise
        return (yield from self._buy(last, baseline, priced=priced))

    def _buy(
        self, request: PurchaseRequest, baseline: Baseline | None, *, priced: bool
    ) -> Steps[FulfilledOrder]:
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
        purchases: list[Purchase] = []
        lost: SmsError | None = None
        about = account_ledger, request, quoted, baseline
        with reserved(*about, has_budget=has_budget, may_repeat=may_repeat) as entry:
            try:
                _, purchases = yield from send_once(
                    account_ledger, request, entry, self.buy, quoted
                )
            except (PurchaseUncertain, OrderAlreadyExists) as failure:
                lost = failure
        if lost is not None:
            is_refusal = isinstance(lost, OrderAlreadyExists)
            if is_refusal and not sends_order_id(account_ledger, request):
                raise lost
            return (yield from self._looked_up(request, entry, lost))
        bought = FulfilledOrder(
            entry.order_id, request.key, request.action, request.hours, purchases[0]
        )
        with suppress(LedgerProblem):  # it is bought, whether or not the ledger can be read
            if numbers := account_ledger.numbers(NUMBERS.c.order == entry.id):
                return bought._replace(brought=numbers[0])
        return bought

    def _looked_up(
        self, request: PurchaseRequest, entry: Entry, failure: SmsError
    ) -> Steps[FulfilledOrder]:
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
                account_ledger.note_confirmed(order.id)
        if order is None or order.state != OrderState.BOUGHT:
            raise self._uncertain(request, entry.order_id, failure, settled) from failure
        yield from self._complete(order)
        return self._fulfilled(order)

    def _settled(self, entry: Entry) -> Steps[tuple[OrderRecord, Settlement | None]]:
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

    def _fulfilled(self, order: OrderRecord) -> FulfilledOrder:
        """Return an order with what it bought, as the ledger has it."""
        numbers = self.account_ledger.numbers(NUMBERS.c.order == order.id)
        if not numbers:
            raise PurchaseUncertain(
                Phrase("the provider gave an activation that another order has"),
                hints=[Hint("{ledger()} shows both")],
                action=order.action,
                provider=order.provider,
            )
        return FulfilledOrder(order.order_id, order.key, order.action, order.hours, numbers[0])

    def _uncertain(
        self,
        request: PurchaseRequest,
        order_id: str,
        cause: SmsError | str,
        settled: Settlement | None = None,
    ) -> PurchaseUncertain:
        """Say that an order is open, why nobody knows, what may be its own, and what to do."""
        reason = cause.reason if isinstance(cause, SmsError) else cause
        hints = [Hint("{reconcile()} finds out what became of it, and never buys")]
        candidates: tuple[Found, ...] = ()
        if (
            settled is not None
            and settled.why
            and (settled.candidates or settled.result == UNKNOWN)
        ):
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


def _of_reply(reply: KeptReply) -> FulfilledOrder:
    """Return what a reply said that the ledger has not taken yet."""
    *_, hours = reply.about
    return FulfilledOrder(reply.order_id, reply.key, reply.action, hours, reply.purchases[0])


def _is_about(request: PurchaseRequest, order: OrderRecord) -> bool:
    """Tell whether an order is of the same thing; a country may be a word of the provider's."""
    word = request.params.get("country") if request.country is None else None
    is_there = not word or json.loads(order.params).get("country") == word
    return request.about == order.about and is_there


def _steps(settled: Settlement, candidates: Sequence[Found]) -> list[Hint]:
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
        count = len((order.service or "").split(","))
        example = [item.activation_id for item in candidates[:count]]
    claims = Parameter(repr({order.order_id: example}))
    return [
        Hint("it may be {names}", names=" or ".join(named)),
        Hint("{claim} says which it is", claim=("reconcile", {"claim": claims})),
        hints[1],
    ]
