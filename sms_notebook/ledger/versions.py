"""Versions of the ledger: a new one is made whole, an older one is changed in its place."""

import threading
from pathlib import Path

from sqlalchemy import Connection, inspect

from sms_notebook.ledger.schema import METADATA, VERSION

HEAD = "0004"
"""The version of ledgers that this package makes.

A new ledger is made whole from the tables in `sms_notebook.ledger.schema`, without Alembic, which
loads only where there is something to change. Whoever changes those tables adds a file to
``migrations/versions/`` that changes an older ledger in the same way, and names it here.
"""

FOLDER = Path(__file__).parent / "migrations"

_upgrading = threading.Lock()  # what Alembic works on is one for the whole process


def is_new(connection: Connection) -> bool:
    """Tell whether there is no ledger yet."""
    return not inspect(connection).has_table(VERSION.name)


def bring_up_to_date(connection: Connection, folder: Path = FOLDER, head: str = HEAD) -> None:
    """Make the tables of a new ledger, or change those of an older one, in one transaction.

    Raises
    ------
    LookupError
        If the ledger was made by a version that this package does not know.
    """
    if is_new(connection):
        METADATA.create_all(connection)
        VERSION.create(connection)
        connection.execute(VERSION.insert().values(version_num=head))
    elif connection.execute(VERSION.select()).scalar_one() != head:
        with _upgrading:
            _upgrade(connection, folder, head)


def _upgrade(connection: Connection, folder: Path, head: str) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load, and rarely needed
    from alembic.config import Config  # noqa: PLC0415 - likewise
    from alembic.util import CommandError  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, head)
    except CommandError as problem:
        raise LookupError(str(problem)) from problem
