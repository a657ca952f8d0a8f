"""The words for where an order, and what it bought, stands."""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands."""

    INTENT = "intent"
    """It is about to be sent, or its answer is awaited."""
    BOUGHT = "bought"
    REFUSED = "refused"
    """The provider said no: nothing was bought."""
    UNCERTAIN = "uncertain"
    """It was sent, and nobody knows what came of it."""
    NOT_BOUGHT = "not bought"
    """It was uncertain; the provider has no such purchase."""
    DISMISSED = "dismissed"
    """It was uncertain; a person said that there is nothing to find."""


OPEN = (OrderState.INTENT, OrderState.UNCERTAIN)
"""Orders that wait to be settled."""

LIVE = (*OPEN, OrderState.BOUGHT)
"""Orders for which their key stands."""


class NumberState(StrEnum):
    """Where a number, or whatever else was bought, stands."""

    ACTIVE = "active"
    FINISHED = "finished"
    """It is over, and paid for."""
    CANCELLED = "cancelled"
    """It is over, and the money came back."""
    OVER = "over"
    """It is over; whether the money came back is not known yet."""
