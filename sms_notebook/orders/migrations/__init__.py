"""How a ledger of an older version is brought up to date, by Alembic.

A new ledger is made whole from the tables in `sms_notebook.orders.schema`. Whoever changes those
adds a file to ``versions/`` that changes an older ledger in the same way, and names it in `HEAD`.
"""

import threading
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from sms_notebook.orders.schema import METADATA

HEAD = "0001"
"""The version of ledgers that this package makes."""

FOLDER = Path(__file__).parent


def bring_up_to_date(connection: Connection, folder: Path = FOLDER, head: str = HEAD) -> None:
    """Make the tables of a new ledger, or change those of an older one, in one transaction.

    Raises
    ------
    LookupError
        If the ledger was made by a version that this package does not know.
    """
    with _one_at_a_time:
        _bring_up_to_date(connection, folder, head)


_one_at_a_time = threading.Lock()  # what Alembic works on is one for the whole process


def _bring_up_to_date(connection: Connection, folder: Path, head: str) -> None:
    found = _version(connection)
    if found == head:
        return
    if found is None:
        METADATA.create_all(connection)
    from alembic import command  # noqa: PLC0415 - slow to load, and rarely needed
    from alembic.config import Config  # noqa: PLC0415 - likewise
    from alembic.util import CommandError  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        (command.stamp if found is None else command.upgrade)(config, head)
    except CommandError as problem:
        raise LookupError(found) from problem


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
