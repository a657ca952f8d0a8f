"""Connections to SQLite: with which journal, and where their transactions begin."""

import sqlite3
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

_PATIENCE = 10.0  # seconds for another kernel to finish its transaction


def engine_for(url: URL, journal: str, *, in_memory: bool) -> Engine:
    """Return what opens connections to a database."""
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}}
    if in_memory:
        options = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool}
    engine = create_engine(url, **options)
    event.listen(engine, "connect", partial(_prepare, journal))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(journal: str, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    try:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA synchronous=FULL")  # what is committed survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        connection.close()  # nobody else knows of it yet
        raise


def _begin(connection: Connection) -> None:
    # A change takes the write lock at once: what it looks at stays true until it commits.
    only_reads = connection.get_execution_options().get("only_reads", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
