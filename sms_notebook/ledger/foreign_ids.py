"""Ids that were listed on an account, and when first: those of others' purchases are among them.

None that was listed before an order was sent can be its purchase: it is foreign to the order. And
where others buy the same, the only purchase that fits an order need not be its own.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, select

from sms_notebook.ledger import lists
from sms_notebook.ledger.ledger import WITH_OWN_ID, AccountLedger
from sms_notebook.ledger.messages import batches
from sms_notebook.ledger.schema import FOREIGN_IDS, NUMBERS, ORDERS
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.frames.schema import FrameRow, text, whole
from sms_notebook.protocol.steps import Ask, Steps

LATELY = timedelta(days=1)
"""How long what others bought makes it likely that they still buy."""

_NO_LIST = (PurchaseKind.AGAIN, PurchaseKind.EXTENSION, PurchaseKind.PRODUCT)
"""Known by their number, by their rent, or not at all."""


class ForeignId(NamedTuple):
    """An id that was listed: no later order can have it.

    Attributes
    ----------
    ref : str
        The id.
    is_rent : bool or None
        Whether it is a rent; None where nobody knows.
    service : str or None
        What it is for, where that is known.
    country : int or None
        Of its number, where that is known.
    """

    ref: str
    is_rent: bool | None
    service: str | None = None
    country: int | None = None


class Baseline(NamedTuple):
    """What there was before something was ordered."""

    at: datetime
    ids: list[ForeignId]


def foreign_id_of(row: FrameRow, *, is_rent: bool = False) -> ForeignId:
    """Read what a row of a list shows."""
    ref = row["rent_id" if is_rent else "activation_id"]
    return ForeignId(ref, is_rent, text(row, "service"), whole(row, "country"))


def read_baseline(
    account_ledger: AccountLedger, buys: PurchaseKind, ask: Ask
) -> Steps[Baseline | None]:
    """Look what there is before something is ordered; None where that is not needed or not known.

    Whoever is alone needs no look: nobody else bought it.
    """
    if account_ledger.alone or buys in _NO_LIST:
        return None
    is_rent = buys is PurchaseKind.RENT
    with suppress(SmsError):  # then what may be its own stays open until a person says it
        read = lists.rents if is_rent else lists.active
        listed = yield from read(account_ledger, ask)
        if listed is not None and not listed.skipped:
            ids = [foreign_id_of(row, is_rent=is_rent) for row in listed.rows]
            return Baseline(datetime.now(UTC), ids)
    return None


def write_foreign_ids(
    connection: Connection,
    account_ledger: AccountLedger,
    ids: Iterable[ForeignId],
    seen_at: datetime,
) -> None:
    """Write those that are not in the table yet, in a transaction."""
    of = {"provider": account_ledger.provider.name, "account": account_ledger.account}
    insert = _insert_of(connection)
    by_ref = {foreign_id.ref: foreign_id for foreign_id in ids}
    for part in batches(by_ref):
        rows = [{**of, **by_ref[ref]._asdict(), "seen_at": seen_at} for ref in part]
        connection.execute(insert(FOREIGN_IDS).values(rows).on_conflict_do_nothing())


def _insert_of(connection: Connection) -> Callable[..., Any]:
    """Return the INSERT of a database that skips what is there; only its own dialect is loaded."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - that of this database
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]  # noqa: PLC0415 - likewise
    return insert


def add_foreign_ids(account_ledger: AccountLedger, ids: Iterable[ForeignId]) -> None:
    """Remember what was listed, and no order of the ledger has: no later one can have it."""
    now, listed = datetime.now(UTC), list(ids)
    if listed:
        account_ledger.database.write(
            lambda connection: write_foreign_ids(connection, account_ledger, listed, now)
        )


def known_ids(account_ledger: AccountLedger, refs: Iterable[str]) -> dict[str, datetime | None]:
    """Return which ids are known: None for what was bought, else when it was first seen.

    An extension has the id of its rent, which may be another's: it was there when the extension was
    begun, no more.
    """
    owns, refs = account_ledger.owns, list(refs)

    def look(connection: Connection) -> dict[str, datetime | None]:
        known: dict[str, datetime | None] = {}
        for part in batches(refs):
            foreign = select(FOREIGN_IDS.c.ref, FOREIGN_IDS.c.seen_at).where(owns(FOREIGN_IDS.c))
            foreign = foreign.where(FOREIGN_IDS.c.ref.in_(part))
            known |= {row.ref: row.seen_at for row in connection.execute(foreign)}
            extended = (
                select(NUMBERS.c.ref, ORDERS.c.begun_at)
                .join_from(NUMBERS, ORDERS)
                .where(owns(NUMBERS.c), NUMBERS.c.ref.in_(part))
                .where(NUMBERS.c.buys == PurchaseKind.EXTENSION)
            )
            for ref, begun_at in connection.execute(extended):
                known[ref] = min(known.get(ref) or begun_at, begun_at)
            own = select(NUMBERS.c.ref).where(
                owns(NUMBERS.c), NUMBERS.c.ref.in_(part), NUMBERS.c.buys.in_(WITH_OWN_ID)
            )
            known |= dict.fromkeys(connection.execute(own).scalars())
        return known

    return account_ledger.database.read(look)


def foreign_ids_since(account_ledger: AccountLedger, since: datetime) -> list[ForeignId]:
    """Return those that were first listed from a time on, and no order of the ledger has."""
    ours = exists().where(
        account_ledger.owns(NUMBERS.c),
        NUMBERS.c.ref == FOREIGN_IDS.c.ref,
        NUMBERS.c.buys.in_(WITH_OWN_ID),
    )
    names = (FOREIGN_IDS.c[name] for name in ForeignId._fields)
    query = select(*names).where(
        account_ledger.owns(FOREIGN_IDS.c), FOREIGN_IDS.c.seen_at >= since, ~ours
    )
    rows = account_ledger.database.read(lambda connection: connection.execute(query).all())
    return [ForeignId._make(row) for row in rows]


def looks_since(
    account_ledger: AccountLedger, kinds: Iterable[PurchaseKind], since: datetime
) -> list[datetime]:
    """Return when it was looked what there is, before orders of some kinds, the oldest first."""
    query = (
        select(ORDERS.c.listed_at)
        .where(account_ledger.owns(ORDERS.c), ORDERS.c.buys.in_(list(kinds)))
        .where(ORDERS.c.listed_at >= since)
        .order_by(ORDERS.c.listed_at)
    )
    rows = account_ledger.database.read(
        lambda connection: connection.execute(query).scalars().all()
    )
    return list(rows)
