"""A shop whose books can be compared with the ledger."""

import contextlib
import resource
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sms_notebook.client import bookkeeping
from sms_notebook.sandbox import Sandbox

KEY = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_RENTED = ("getRentNumber", "continueRentNumber")


class Shop(Sandbox):
    """A sandbox that other customers of the same account use as well."""

    def __init__(self, **options):
        standing = {"api_key": KEY, "speed": 0, "start": START, "balance": "100000"}
        super().__init__(**{**standing, "channels": 100_000, **options})

    def ask(self, action: str, **params: str) -> str:
        return self.answer({"api_key": KEY, "action": action, **params}).text

    def sold(self) -> Counter[tuple[str, str]]:
        """Return what was sold: what kind, and which id."""
        return Counter((kind_of(bought.action), bought.id) for bought in self.purchases())

    def kept(self) -> Decimal:
        """Return the money that was paid and not given back."""
        return sum((bought.cost - bought.refunded for bought in self.purchases()), Decimal(0))


def kind_of(action: str) -> str:
    return action if action in _RENTED else "activation"


def written(frame) -> Counter[tuple[str, str]]:
    """Return what a ledger has of what was bought: what kind, and which id."""
    bought = frame[frame["bought_at"].notna()]
    return Counter(
        (
            kind_of(row["action"]),
            row["rent_id"] if row["action"] in _RENTED else row["activation_id"],
        )
        for row in bought.to_dict("records")
    )


def paid(frame) -> Decimal:
    """Return the money that a ledger says was paid and not given back."""
    bought = frame[frame["bought_at"].notna()]
    return sum(
        (
            Decimal(str(row["cost"])) - Decimal(str(row["refunded"]))
            for row in bought.to_dict("records")
        ),
        Decimal(0),
    )


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let every write to a file fail, as on a full disk; sockets are not concerned."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Let a provider have a tenth of a second to finish what nobody waits for."""
    monkeypatch.setattr(bookkeeping, "_GRACE", 0.1)


@pytest.fixture
def threads() -> Iterator[None]:
    """Insist that a test leaves no thread behind."""
    before = set(threading.enumerate())
    yield
    assert not [one for one in threading.enumerate() if one not in before and not one.daemon]
