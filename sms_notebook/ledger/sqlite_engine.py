"""Connections to SQLite: how it keeps its journal in a folder, and where transactions begin.

Some network homes refuse locks or shared memory. Readers and writers need not wait for each other
where there is a write-ahead log; that needs memory which programs share, so it is for one machine
alone. A rollback journal needs locks alone.
"""

import re
import sqlite3
import tempfile
from contextlib import closing, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

_PATIENCE = 10.0  # seconds for another kernel to finish its transaction
WRITE_AHEAD, ROLLBACK = "WAL", "DELETE"


class FolderLack(StrEnum):
    """What a folder does not have, though SQLite needs it."""

    LOCKS = "files cannot be locked there"
    MEMORY = "programs cannot share memory there"
    FAILS = "reading or writing fails there"


def engine_for(url: URL, journal: str, *, in_memory: bool) -> Engine:
    """Return what opens connections to a database."""
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}}
    if in_memory:
        options = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool}
    engine = create_engine(url, **options)
    event.listen(engine, "connect", partial(_prepare, journal))
    event.listen(engine, "begin", _begin)
    pool = engine.pool

    def close_late(_connection: object, entry: ConnectionPoolEntry) -> None:
        if engine.pool is not pool:  # it was closed while this one was in use
            entry.invalidate()

    event.listen(pool, "checkin", close_late)
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


# The journal ------------------------------------------------------------------------------------


def journal_for(path: Path) -> str:
    """Choose how the journal of a ledger is kept, before anything is written to it.

    Raises
    ------
    OSError
        With a `FolderLack`, where files cannot be locked.
    """
    is_shared = is_remote(path.parent)
    if (lack := _log_of(path)) is not False:
        # It was made where a write-ahead log works. Here it is left, if nobody else is there.
        must_leave = is_shared or lack is FolderLack.MEMORY
        return ROLLBACK if must_leave and _left_write_ahead(path) else WRITE_AHEAD
    lack = lack_of(path.parent)
    if lack is FolderLack.LOCKS:
        raise OSError(lack)
    return WRITE_AHEAD if lack is None and not is_shared else ROLLBACK


def _log_of(path: Path) -> FolderLack | bool | None:
    """Tell whether a ledger has a write-ahead log, and what keeps that from being read.

    SQLite is asked: whoever else closes its file takes the locks of this process away.
    """
    with suppress(OSError):
        if not path.stat().st_size:
            return False
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as ledger:
            (mode,) = ledger.execute("PRAGMA journal_mode").fetchone()
    except sqlite3.Error as failure:  # whoever opens it says what is wrong
        lack = lack_in(failure)
        return False if lack is FolderLack.LOCKS else lack
    return str(mode).upper() == WRITE_AHEAD


def _left_write_ahead(path: Path) -> bool:
    """Give a ledger a rollback journal, with what its log holds; not while others have it open.

    Whoever has it for itself needs no shared memory to read the log.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0.0, isolation_level=None)) as ledger:
            ledger.execute("PRAGMA locking_mode=EXCLUSIVE")
            (mode,) = ledger.execute(f"PRAGMA journal_mode={ROLLBACK}").fetchone()
    except sqlite3.Error:
        return False
    return str(mode).upper() == ROLLBACK


def lack_of(folder: Path) -> FolderLack | None:
    """Find out what a folder lacks, with a database of its own; None where nothing is known."""
    try:
        with tempfile.TemporaryDirectory(prefix=".ledger-", dir=folder) as scratch:
            return _tried(Path(scratch) / "trial.sqlite")
    except OSError:  # it may not be written to
        return None


def _tried(path: Path) -> FolderLack | None:
    try:
        with closing(sqlite3.connect(path, timeout=0.0, isolation_level=None)) as trial:
            for statement in (
                f"PRAGMA journal_mode={WRITE_AHEAD}",
                "PRAGMA synchronous=OFF",
                "CREATE TABLE trial (number INTEGER)",
            ):
                trial.execute(statement)
    except sqlite3.Error as failure:
        return lack_in(failure)
    return None


def lack_in(failure: object) -> FolderLack | None:
    """Tell what a failure of a database that nobody else knows says of its folder."""
    name = getattr(failure, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_IOERR_SHM", "SQLITE_PROTOCOL")):
        return FolderLack.MEMORY
    if name.startswith(("SQLITE_BUSY", "SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK")):
        return FolderLack.LOCKS
    return None


def lack_behind(path: Path | None, message: str, failure: object) -> FolderLack | None:
    """Tell which lack is behind a problem: a refused lock looks as if somebody else had it."""
    if message in set(FolderLack):
        return FolderLack(message)
    lack = lack_in(failure)
    if path is None:
        return lack
    if lack is FolderLack.LOCKS:
        return lack_of(path.parent)
    fails = lack is None and "disk i/o" in message.lower() and is_remote(path.parent)
    return FolderLack.FAILS if fails else lack


# The machine ------------------------------------------------------------------------------------

_PROC = Path("/proc")
_REMOTE = re.compile(
    r"nfs4?|cifs|smb\w*|afs|ceph|lustre|gpfs|glusterfs|beegfs|9p|virtiofs|davfs|ncpfs|fuse\..*"
)
"""File systems that other machines may use at the same time."""
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""A blank of a path, as Linux writes it there; other letters stand as they are."""


def is_remote(folder: Path) -> bool:
    """Tell whether other machines may use a folder too; False where this one does not say."""
    best, kind = "", ""
    with suppress(OSError, ValueError, IndexError):
        whole = folder.resolve()
        for line in (_PROC / "self" / "mountinfo").read_text("utf-8", "replace").splitlines():
            about, _, source = line.partition(" - ")
            place = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), about.split()[4])
            is_above = whole.is_relative_to(place)
            if is_above and len(place) >= len(best):  # the latest mount hides the others
                best, kind = place, source.split()[0]
    return _REMOTE.fullmatch(kind) is not None


def lock_holders(path: Path) -> set[int] | None:
    """Return the processes that have locked a ledger, as far as they are seen; None if unknown."""
    beside = (path, path.with_name(f"{path.name}-shm"))
    try:
        files = {str(file.stat().st_ino) for file in beside if file.exists()}
        lines = (_PROC / "locks").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    locks = (line.replace("->", "").split() for line in lines)
    return {
        int(pid)
        for _, _, _, _, pid, file, *_ in (lock for lock in locks if len(lock) > _LOCK_FIELDS)
        if file.rpartition(":")[2] in files
    }


_LOCK_FIELDS = 6


def busy(path: Path | None) -> tuple[str, str]:
    """Say who keeps a ledger locked, and what to do."""
    holders = None if path is None else lock_holders(path)
    if holders is not None and not holders:
        return (
            "it is locked, and no program of this machine has done that",
            "If no other machine uses it, name a place on a local disk in SMS_LEDGER.",
        )
    return "another program keeps it locked", "Close that program, then try again."
