"""Numbers of the account that the ledger did not buy: none of them can be a later purchase."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from sms_notebook.orders.books import Books
from sms_notebook.orders.ledger import ONCE, of_account
from sms_notebook.orders.schema import NUMBERS, ORDERS, SIGHTINGS
from sms_notebook.protocol.calls import Buys


def known_ids(books: Books, refs: Iterable[str]) -> dict[str, datetime | None]:
    """Return which ids are known: None for what was bought, else when it was first seen.

    An extension has the id of its rent, which may be another's: it was there when the extension was
    begun, no more.
    """
    account, wanted = books.account, list(refs)

    def look(connection: Connection) -> dict[str, datetime | None]:
        seen: dict[str, datetime | None] = {}
        for part in _parts(wanted):
            foreign = select(SIGHTINGS).where(of_account(SIGHTINGS.c, account))
            foreign = foreign.where(SIGHTINGS.c.ref.in_(part))
            seen |= {row.ref: row.seen_at for row in connection.execute(foreign)}
            extended = (
                select(NUMBERS.c.ref, ORDERS.c.begun_at)
                .join_from(NUMBERS, ORDERS)
                .where(of_account(NUMBERS.c, account), NUMBERS.c.ref.in_(part))
                .where(NUMBERS.c.buys == Buys.EXTENSION.value)
            )
            for ref, begun_at in connection.execute(extended):
                seen[ref] = min(seen.get(ref) or begun_at, begun_at)
            own = select(NUMBERS.c.ref).where(
                of_account(NUMBERS.c, account),
                NUMBERS.c.ref.in_(part),
                NUMBERS.c.buys.in_([kind.value for kind in ONCE]),
            )
            seen |= dict.fromkeys(connection.execute(own).scalars())
        return seen

    return books.ledger.database.read(look)


def sight(books: Books, refs: Iterable[str]) -> None:
    """Remember ids that the ledger did not buy: no later purchase can be one of them."""
    account, now = books.account, datetime.now(UTC)
    rows = [
        {"provider": account.provider, "account": account.name, "ref": ref, "seen_at": now}
        for ref in refs
    ]

    def change(connection: Connection) -> None:
        for row in rows:
            there = select(SIGHTINGS.c.ref).where(
                of_account(SIGHTINGS.c, account), SIGHTINGS.c.ref == row["ref"]
            )
            if connection.execute(there).first() is None:
                connection.execute(insert(SIGHTINGS).values(row))

    if rows:
        books.ledger.database.write(change)


def _parts(refs: list[str], size: int = 500) -> Iterable[list[str]]:
    """Split a long list: databases take so many values at once."""
    return (refs[first : first + size] for first in range(0, len(refs), size))
