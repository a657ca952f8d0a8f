"""A shop whose books can be compared with the ledger."""

import contextlib
import os
import resource
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from postgresql import Proxy, cluster, database, programs

from sms_notebook import AsyncClient, Client, UsageProblem
from sms_notebook.client import ledger_access
from sms_notebook.ledger.ledger import _open
from sms_notebook.providers import settings
from sms_notebook.providers.row import WHOLE, Provider
from sms_notebook.sandbox import Faults, Sandbox, serve

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


def id_of(frame) -> str:
    """Return the id of a number that was ordered or rented."""
    return str(frame.get("activation_id", frame.get("rent_id")).item())


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


def with_our_clock(url: str) -> dict[str, Provider]:
    """Return the providers, and one like the reference at an address whose clock runs as ours."""
    shop = Provider("shop", "Shop", url, order_id=True, listing=WHOLE)
    return {**settings.PROVIDERS, shop.name: shop}


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
def shop() -> Shop:
    """Return an empty shop; a test that needs another one says so."""
    return Shop()


@pytest.fixture
def faults() -> Faults:
    """Return what the shop does wrong at ``url``: nothing, until a test says so."""
    return Faults()


@pytest.fixture
def url(shop, faults) -> Iterator[str]:
    """Serve the shop of a test."""
    with serve(shop, faults) as url:
        yield url


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Let a provider have a tenth of a second to finish what nobody waits for."""
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)


@pytest.fixture
def threads() -> Iterator[None]:
    """Insist that a test leaves no thread behind."""
    before = set(threading.enumerate())
    yield
    assert not [one for one in threading.enumerate() if one not in before and not one.daemon]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory) -> Iterator[int]:
    """Run a real PostgreSQL; the port of it."""
    found = programs()
    if found is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with cluster(found, shared) as port:
        yield port


@pytest.fixture
def team(postgresql) -> Iterator[str]:
    """Make an empty database on a server, for a ledger that a team shares; its address."""
    with database(postgresql, f"team-{uuid.uuid4().hex}") as address:
        yield address
        for ledger in _open.values():
            ledger.database.close()


@pytest.fixture
def proxy(postgresql) -> Iterator[Proxy]:
    """Stand between clients and the server."""
    between = Proxy(postgresql)
    yield between
    between.close()


@pytest.fixture
def machine() -> Iterator[Callable[..., Client | AsyncClient]]:
    """Make clients that share nothing but the database, as on machines of their own."""
    opened, ledgers = [], []

    def make(*args, kind=Client, **options):
        _open.clear()
        opened.append(kind(*args, **options))
        with contextlib.suppress(UsageProblem):
            ledgers.append(opened[-1]._session.ledgers.account_ledger.ledger)
        return opened[-1]

    yield make
    for sms in opened:
        if isinstance(sms, Client):
            sms.close()
    for ledger in ledgers:
        ledger.database.close()


@pytest.fixture
def market() -> Iterator[Shop]:
    """Serve a market."""
    market = Shop()
    with serve(market) as url:
        market.url = url
        yield market


@pytest.fixture
def far(team, proxy, market, machine) -> Client:
    """Make a client that reaches its ledger through a proxy, and has opened it."""
    sms = machine(KEY, base_url=market.url, ledger=proxy.of(team))
    sms.ledger()
    return sms
