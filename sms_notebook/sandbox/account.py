"""The account: its state, its money, every payment, and how well its users behave."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from sms_notebook.sandbox.simulation import Clock
from sms_notebook.sandbox.wire import RefusedError

STATES: Final = {
    "active": "everything works",
    "inactive": "no rent (ACCOUNT_INACTIVE)",
    "blocked": "no purchases (CHANNELS_LIMIT)",
    "banned": "no purchases for a day (BANNED)",
    "unverified": "no partner software (BAD_ACTION)",
}
"""What an account can be, and what that means."""

MOST_MONEY: Final = 1_000_000_000
"""The most dollars that an account can begin with."""

CASHBACK_PERCENT = 5
"""What a finished purchase gives back on the cashback account."""

CANCELS_BEFORE_BAN = 50
"""So many numbers cancelled in a row, without a code in between, and buying stops for a while."""

BAN_SECONDS = 30 * 60
DEFAULT_BAN_SECONDS = 24 * 60 * 60
"""How long an account is banned when nobody says until when."""

_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


class SandboxAccount:
    """The account of the one customer; every attribute may be changed while the sandbox runs.

    Attributes
    ----------
    balance, cashback
        Money in dollars.
    spends_cashback
        The setting "Spend cashback on activation"; ``useCashBack=true`` switches it on for good.
    banned_until
        When the present ban ends.
    """

    def __init__(
        self, clock: Clock, *, balance: str | Decimal, cashback: str | Decimal, state: str
    ) -> None:
        self._clock = clock
        self.balance = money(balance)
        self.cashback = money(cashback)
        self.spends_cashback = False
        self.banned_until: datetime | None = None
        self._state = "active"
        self.state = state
        self._cancels: dict[str, int] = {}
        self._banned_users: dict[str, datetime] = {}

    def __repr__(self) -> str:
        return f"<Account {self.state}, balance {self.balance}, cashback {self.cashback}>"

    @property
    def state(self) -> str:
        """One of `STATES`; a ban ends by itself."""
        if self._state == "banned" and self.banned_until is not None:
            if self._clock.now() < self.banned_until:
                return "banned"
            self._state = "active"
            self.banned_until = None
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        if state not in STATES:
            raise ValueError(f"an account is {', '.join(STATES)}, not {state!r}")
        self.banned_until = None
        if state == "banned":
            self.banned_until = self._clock.now() + timedelta(seconds=DEFAULT_BAN_SECONDS)
        self._state = state

    def ban(self, until: datetime) -> None:
        """Ban the account until then."""
        self.state = "banned"
        self.banned_until = until

    def spend(self, amount: Decimal, *, use_cashback: bool = False) -> Decimal | None:
        """Pay; None, and nothing changed, when there is not enough.

        Returns how much of it came from the cashback, so that a refund goes back to there.
        """
        spends_cashback = self.spends_cashback or use_cashback
        from_cashback = min(amount, self.cashback) if spends_cashback else _NOTHING
        from_balance = amount - from_cashback
        if from_balance > self.balance:
            return None
        self.spends_cashback = spends_cashback
        self.balance -= from_balance
        self.cashback -= from_cashback
        return from_cashback

    def give_back(self, amount: Decimal, from_cashback: Decimal) -> None:
        """Refund to where the money came from."""
        self.balance += amount - from_cashback
        self.cashback += from_cashback

    def reward(self, amount: Decimal) -> None:
        """Add the cashback of a finished purchase."""
        self.cashback += (amount * CASHBACK_PERCENT / 100).quantize(_CENT, ROUND_HALF_UP)

    def note_cancel(self, user: str | None) -> None:
        """Count a cancelled number; too many in a row are answered with a ban.

        With a user id the user is banned, and the account itself is not affected.
        """
        name = user or ""
        in_a_row = self._cancels.get(name, 0) + 1
        if in_a_row >= CANCELS_BEFORE_BAN:
            in_a_row = 0
            until = self._clock.now() + timedelta(seconds=BAN_SECONDS)
            if user:
                self._banned_users[user] = until
            else:
                self.ban(until)
        self._cancels[name] = in_a_row

    def note_code(self, user: str | None) -> None:
        """Forget the cancelled numbers: a code has come."""
        self._cancels.pop(user or "", None)

    def ban_of(self, user: str | None) -> datetime | None:
        """Return when the ban of the account or of this user of it ends."""
        if self.state == "banned":
            return self.banned_until
        until = self._banned_users.get(user) if user else None
        return until if until is not None and self._clock.now() < until else None


def money(amount: str | Decimal) -> Decimal:
    """Read an amount to begin with, to the cent; a ValueError for one that cannot be."""
    problem = ValueError(f"money is an amount from 0 to {MOST_MONEY}, not {str(amount)!r}")
    try:
        dollars = Decimal(amount)
    except InvalidOperation:
        raise problem from None
    if not (dollars.is_finite() and 0 <= dollars <= MOST_MONEY):
        raise problem
    return dollars.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment: a number, a prolongation of a rent, or partner software.

    Attributes
    ----------
    id
        Id of the activation, the rent or the product.
    action
        The action that bought it.
    order_id
        The customer's own ``orderId``, where one was sent.
    service, country, phone_number
        What was bought; empty and None where that has no meaning.
    cost, refunded
        Money in dollars.
    at
        When.
    """

    id: str
    action: str
    order_id: str | None = None
    service: str = ""
    country: int | None = None
    phone_number: str = ""
    cost: Decimal
    at: datetime
    refunded: Decimal = _NOTHING


class Payments:
    """All payments, beside the account they are made from."""

    def __init__(self, account: SandboxAccount) -> None:
        self.account = account
        self._payments: list[Payment] = []
        self._from_cashback: list[Decimal] = []

    def pay(self, payment: Payment, no_money: RefusedError, *, use_cashback: bool = False) -> int:
        """Pay and write it down; the refusal when there is not enough money.

        The number that comes back names the payment to `refund` and `reward`.
        """
        from_cashback = self.account.spend(payment.cost, use_cashback=use_cashback)
        if from_cashback is None:
            raise no_money
        self._payments.append(payment)
        self._from_cashback.append(from_cashback)
        return len(self._payments) - 1

    def refund(self, payment_id: int) -> None:
        """Give the money of a payment back."""
        payment = self._payments[payment_id]
        self.account.give_back(payment.cost, self._from_cashback[payment_id])
        self._payments[payment_id] = replace(payment, refunded=payment.cost)

    def reward(self, payment_id: int) -> None:
        """Add the cashback of a finished purchase."""
        self.account.reward(self.cost(payment_id))

    def cost(self, payment_id: int) -> Decimal:
        """Return what was paid."""
        return self._payments[payment_id].cost

    def all(self) -> tuple[Payment, ...]:
        """Return all of them, in the order of buying."""
        return tuple(self._payments)
