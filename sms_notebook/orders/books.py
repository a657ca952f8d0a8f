"""The books of one client: a ledger, whose orders they are, and the rules for spending."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sms_notebook.orders.ledger import Ledger
from sms_notebook.orders.wishes import Account


def fresh_stamp(_about: str) -> tuple[str, datetime]:
    """Return the id of a new order, and when it is begun."""
    return uuid.uuid4().hex, datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Books:
    """What the gate, the reports and the settling need to know.

    Attributes
    ----------
    ledger : Ledger
        Where orders are kept.
    account : Account
        Whose they are.
    budget : Decimal or None
        The day's limit.
    now : callable
        The time at the provider: the real one, or that of an embedded sandbox.
    patience : float
        Seconds after which no answer to an order can come any more.
    grace : float
        Seconds that a provider may take to finish an order nobody waits for any more.
    clock_agrees : bool
        Whether the provider's clock runs as ours does; that of a sandbox may be stepped.
    lacks : collection of str
        Actions that the provider is known not to have.
    hide : callable
        Takes the API key out of a text, in case a person put it where it does not belong.
    stamp : callable
        From what is ordered to the id of the order and when it is begun; a replay says what was
        recorded.
    """

    ledger: Ledger
    account: Account
    budget: Decimal | None
    now: Callable[[], datetime]
    patience: float
    grace: float
    clock_agrees: bool = True
    lacks: Collection[str] = ()
    hide: Callable[[str], str] = str
    stamp: Callable[[str], tuple[str, datetime]] = fresh_stamp
