"""Every purchase as the provider counts it: what was paid and what was given back."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sms_notebook.sandbox.account import Account, Charge

_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Purchase:
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
    order_id: str | None
    service: str
    country: int | None
    phone_number: str
    cost: Decimal
    at: datetime
    refunded: Decimal = _NOTHING


class Books:
    """All purchases, beside the account that pays for them."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._purchases: list[Purchase] = []
        self._charges: list[Charge] = []

    def pay(self, purchase: Purchase, *, use_cashback: bool = False) -> int | None:
        """Pay for a purchase and write it down; None when there is not enough money.

        The number that comes back names the purchase to `refund` and `reward`.
        """
        charge = self.account.spend(purchase.cost, use_cashback=use_cashback)
        if charge is None:
            return None
        self._purchases.append(purchase)
        self._charges.append(charge)
        return len(self._purchases) - 1

    def refund(self, entry: int) -> None:
        """Give the money of a purchase back."""
        self.account.give_back(self._charges[entry])
        self._purchases[entry] = replace(
            self._purchases[entry], refunded=self._charges[entry].total
        )

    def reward(self, entry: int) -> None:
        """Add the cashback of a finished purchase."""
        self.account.reward(self._charges[entry].total)

    def cost(self, entry: int) -> Decimal:
        """Return what was paid for a purchase."""
        return self._purchases[entry].cost

    def purchases(self) -> tuple[Purchase, ...]:
        """All of them, in the order of buying."""
        return tuple(self._purchases)
