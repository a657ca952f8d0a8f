"""A new ledger is made whole; one of an older version is brought up to date, with its rows.

`version_0001.sql` is what the first release wrote. Whoever changes the tables adds the dump of the
version before, and a file to the migrations.
"""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, inspect, select, text

from sms_notebook import Client, LedgerProblem
from sms_notebook.ledger import database
from sms_notebook.ledger import schema as versions
from sms_notebook.ledger.database import Database, url_of
from sms_notebook.ledger.ledger import ledger_at
from sms_notebook.ledger.schema import NUMBERS, ORDERS, NumberRecord, OrderRecord
from sms_notebook.sandbox import Sandbox

ADDED = ("orders_by_time", "orders_in_account", "numbers_by_state", "numbers_in_account")
FIRST = Path(__file__).with_name("version_0001.sql").read_text("utf-8")


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def first(place) -> Path:
    """Return a ledger of version 0001, with two numbers, a rent, its extension and a message."""
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(FIRST)
    return place


def rows(place: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(place)) as connection:
        return connection.execute(query).fetchall()


def schema(place: Path) -> dict[str, list[set[str]]]:
    """Return the tables with their columns, keys and indices, in whatever order they were made."""
    engine = create_engine(f"sqlite:///{place}")
    tables = inspect(engine)
    found = {
        name: [
            {str(sorted(column.items(), key=str)) for column in tables.get_columns(name)},
            {str(tables.get_pk_constraint(name))},
            {str(key) for key in tables.get_foreign_keys(name)},
            {str(key) for key in tables.get_unique_constraints(name)},
            {str(index) for index in tables.get_indexes(name)},
        ]
        for name in tables.get_table_names()
    }
    engine.dispose()
    return found


def test_a_new_ledger_has_the_newest_version(place):
    Client(sandbox=Sandbox(speed=0), ledger=place).order("tg", "KZ")
    scripts = sorted(path.stem for path in (versions.FOLDER / "versions").glob("0*.py"))
    assert rows(place, "SELECT version_num FROM alembic_version") == [(versions.HEAD,)]
    assert scripts[-1].startswith(versions.HEAD)


def test_the_first_order_of_a_process_loads_no_migration_tool(place):
    program = f"""
import sys
from sms_notebook import Client
from sms_notebook.sandbox import Sandbox
Client(sandbox=Sandbox(speed=0), ledger={str(place)!r}).order("tg", "KZ")
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("alembic", "mako")))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
    assert rows(place, "SELECT state FROM orders") == [("bought",)]


def test_an_upgraded_ledger_has_the_tables_of_a_new_one(first, tmp_path):
    new = tmp_path / "new.sqlite"
    for path in (first, new):
        database = Database(url_of(path))
        database.read(lambda _connection: None)
        database.close()
    assert schema(first) == schema(new)


def test_a_ledger_of_the_first_version_keeps_its_rows(first):
    sms = Client(sandbox=Sandbox(speed=0), ledger=first)
    ledger = sms.ledger(everywhere=True)
    assert ledger["key"].fillna("").tolist() == ["mine", "", "", "gone"]
    assert ledger["state"].tolist() == ["active", "active", "finished", "cancelled"]
    assert ledger["cost"].tolist() == [0.86, 5.02, 2.01, 0.47]
    assert ledger["rent_id"].dropna().tolist() == ["18081568", "18081568"]
    assert ledger["codes"].tolist() == [["01234"], [], [], []]
    assert set(ledger["certainty"]) == {"read"}
    sms.order("tg", "KZ")
    assert len(sms.ledger(everywhere=True)) == 5


NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("orders", sa.Column("remark", sa.Text))
"""


def test_a_ledger_of_the_first_version_is_brought_up_to_date_with_its_rows(first, tmp_path):
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for path in [versions.FOLDER / "env.py", *(versions.FOLDER / "versions").glob("0*.py")]:
        (folder / path.relative_to(versions.FOLDER)).write_text(path.read_text())
    (folder / "versions" / "0005_next.py").write_text(NEXT)
    names = ("id, ref, phone_number, cost, state", "numbers"), ("*", "messages")
    before = [rows(first, f"SELECT {what} FROM {name}") for what, name in names]  # noqa: S608 - our own names
    engine = create_engine(f"sqlite:///{first}")
    with engine.begin() as connection:
        versions.bring_up_to_date(connection, folder, "0005")
        found = connection.execute(text("SELECT key, remark FROM orders")).all()
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    assert found == [("mine", None), (None, None), (None, None), ("gone", None)]
    assert version == "0005"
    assert before == [rows(first, f"SELECT {what} FROM {name}") for what, name in names]  # noqa: S608 - likewise


def test_a_ledger_of_a_newer_version_is_left_alone(first):
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    database = Database(url_of(first))
    with pytest.raises(LedgerProblem, match="a newer sms_notebook made it, or another program"):
        database.read(lambda _connection: None)
    database.close()


def test_what_is_still_read_when_a_ledger_is_closed_leaves_no_connection_open(place):
    database = Database(url_of(place))
    database.read(lambda _connection: None)
    is_inside, is_closed = threading.Event(), threading.Event()

    def read(connection: Connection) -> sqlite3.Connection:
        is_inside.set()
        assert is_closed.wait(60)
        assert connection.execute(select(func.count()).select_from(ORDERS)).scalar_one() == 0
        return connection.connection.dbapi_connection

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(database.read, read)
        assert is_inside.wait(60)
        database.close()
        is_closed.set()
        connection = reading.result(60)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_database_with_a_table_of_that_name_from_elsewhere_stays_as_it_is(place):
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("CREATE TABLE messages (body TEXT)")
    database = Database(url_of(place))
    with pytest.raises(LedgerProblem, match="table messages already exists"):
        database.read(lambda _connection: None)
    database.close()
    assert rows(place, "SELECT name FROM sqlite_master") == [("messages",)]


@pytest.mark.parametrize(
    ("record", "table"), [(OrderRecord, ORDERS), (NumberRecord, NUMBERS)], ids=["orders", "numbers"]
)
def test_a_record_has_the_columns_of_its_table_in_their_order(record, table):
    assert record._fields == tuple(column.key for column in table.columns)


def test_a_ledger_on_a_server_is_brought_up_to_date_too(team, tmp_path, monkeypatch):
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for path in [versions.FOLDER / "env.py", *(versions.FOLDER / "versions").glob("0*.py")]:
        (folder / path.relative_to(versions.FOLDER)).write_text(path.read_text())
    (folder / "versions" / "0005_next.py").write_text(NEXT)
    first = partial(versions.bring_up_to_date, folder=folder, head="0004")
    monkeypatch.setattr(database, "bring_up_to_date", first)
    rows = text("SELECT key, remark, version_num FROM orders, alembic_version")
    with Client(sandbox=Sandbox(speed=0), ledger=team) as sms:
        sms.order("tg", "KZ", key="kept")
        on_server = ledger_at(url_of(team)).database
        on_server.close()
        following = partial(versions.bring_up_to_date, folder=folder, head="0005")
        monkeypatch.setattr(database, "bring_up_to_date", following)
        assert on_server.read(lambda look: look.execute(rows).all()) == [("kept", None, "0005")]
        newer = text("UPDATE alembic_version SET version_num = '9999'")
        on_server.write(lambda change: change.execute(newer))
        on_server.close()
        with pytest.raises(LedgerProblem, match="a newer sms_notebook made it, or another program"):
            sms.ledger()


def test_a_ledger_of_the_first_version_on_a_server_has_the_indices_of_a_new_one(team):
    indices = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef")
    with Client(sandbox=Sandbox(speed=0), ledger=team) as sms:
        sms.order("tg", "KZ", key="kept")
        on_server = ledger_at(url_of(team)).database
        new = on_server.read(lambda look: look.execute(indices).scalars().all())
        for name in ADDED:
            on_server.write(lambda change, name=name: change.execute(text(f"DROP INDEX {name}")))
        first = text("UPDATE alembic_version SET version_num = '0002'")
        on_server.write(lambda change: change.execute(first))
        on_server.write(lambda change: change.execute(text("ALTER TABLE orders DROP sent_at")))
        on_server.close()
        assert sms.ledger()["key"].tolist() == ["kept"]
        assert on_server.read(lambda look: look.execute(indices).scalars().all()) == new
        assert sum(name in " ".join(new) for name in ADDED) == len(ADDED)
