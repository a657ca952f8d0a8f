"""The database under the ledger: opened, kept private, and every trouble told in one line."""

import errno
import os
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from sms_notebook.orders.migrations import bring_up_to_date
from sms_notebook.protocol.errors import LedgerProblem, SmsError, UsageProblem

T = TypeVar("T")

MEMORY = "sqlite://"
"""The ledger of an embedded sandbox: it ends with its process, as the sandbox does."""

_TAKE_TURNS = text("SELECT version_num FROM alembic_version FOR UPDATE")
"""Where a transaction does not lock the whole database, changes wait for each other by this row."""

_PATIENCE = 10.0  # seconds for another kernel to finish its transaction
_ATTEMPTS = 8  # of a transaction that others got in the way of
_GOT_IN_THE_WAY = ("40001", "40P01", "42P07", "23505")  # SQLSTATE of what can be tried again:
# a serialization failure, a deadlock, and two processes that make the tables of a new ledger.
_FULL, _READ_ONLY, _BUSY = ("full", "disk i/o"), ("readonly", "read-only"), ("locked", "busy")
_DAMAGED = ("not a database", "malformed", "corrupt")
_CAUSES = (
    (_BUSY, "another program keeps it locked", "Close that program, then try again."),
    (_READ_ONLY, "it is read-only", "Make it writable, or name another one in SMS_LEDGER."),
    (_FULL, "the disk is full or failing", "Free some space, then try again."),
    (_DAMAGED, "it is damaged", "Move the file away: a new one is made. Keep the old one."),
)


def url_of(place: str | os.PathLike[str]) -> URL:
    """Return where a ledger is: an SQLAlchemy URL, or the path of an SQLite file.

    Raises
    ------
    UsageProblem
        If it is neither. The line never shows a password.
    """
    text = os.fspath(place)
    try:
        if "://" in text:
            return make_url(text)
        # One place, one name: links to it are followed.
        return URL.create("sqlite", database=os.path.realpath(Path(text).expanduser()))
    except (ArgumentError, ValueError, RuntimeError):
        raise UsageProblem(
            "the ledger's address is no SQLAlchemy URL. Write it like sqlite:////path/to/file."
        ) from None


class Database:
    """Transactions on a database; safe to use from several threads and after a fork.

    Parameters
    ----------
    url : URL
        Where it is. It is opened, and made where it is new, when first used.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._process = 0
        self._file: tuple[int, int] | None = None
        self._anchor: sqlite3.Connection | None = None
        in_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
        # One connection serves all threads of a database in memory: they take turns.
        self._turns: threading.RLock | None = threading.RLock() if in_memory else None

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""
        if self.url.get_backend_name() != "sqlite" or self._turns is not None:
            return None
        return Path(str(self.url.database).removeprefix("file:").partition("?")[0])

    @property
    def where(self) -> str:
        """Where it is, for people; never a password."""
        return str(self.path or self.url.set(query={}).render_as_string(hide_password=True))

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run a change in a transaction of its own; all of it happens, or nothing.

        Raises
        ------
        LedgerProblem
            If the database is not to be had, or does not take it.
        """
        return self._until_nobody_is_in_the_way(change, only_reads=False)

    def read(self, look: Callable[[Connection], T]) -> T:
        """Look something up; readers wait for nobody.

        Raises
        ------
        LedgerProblem
            As with `write`.
        """
        return self._until_nobody_is_in_the_way(look, only_reads=True)

    def close(self) -> None:
        """Close the connections; it is opened again when used again."""
        with self._opening:
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()
            self._engine = None

    def _until_nobody_is_in_the_way(
        self, work: Callable[[Connection], T], *, only_reads: bool
    ) -> T:
        for _ in range(_ATTEMPTS):
            with (
                suppress(_GotInTheWayError),
                self._troubles_told(),
                self._transaction(only_reads=only_reads) as connection,
            ):
                return work(connection)
        raise self._problem("others keep changing it", "Try again.")

    @contextmanager
    def _transaction(self, *, only_reads: bool) -> Iterator[Connection]:
        engine = self._opened()
        with self._turns or _NO_TURNS, engine.connect() as connection:
            connection.execution_options(only_reads=only_reads)
            with connection.begin():
                if not only_reads and self.url.get_backend_name() != "sqlite":
                    connection.execute(_TAKE_TURNS)
                yield connection

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None or self._process != os.getpid():
                if self._engine is not None:
                    self._engine.dispose(close=False)  # the connections are the parent's
                self._process = os.getpid()
                self._engine = None
                self._engine = self._open()
                self._file = self._identity()
            elif self._file is not None and self._identity() != self._file:
                self._engine.dispose()
                self._engine = None
                raise self._problem(
                    "its file was moved or replaced while it was in use",
                    "Put it back; without it, what was ordered before is not known.",
                )
            return self._engine

    def _identity(self) -> tuple[int, int] | None:
        """Tell the file from another one of the same name."""
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def _open(self) -> Engine:
        if self.path is not None and "mode=" not in str(self.url):
            _make_private(self.path)
        url = self.url
        if self._turns is not None:
            # The anchor keeps the database when an interrupt has closed the connection beside it.
            name = f"file:ledger-{uuid.uuid4().hex}?mode=memory&cache=shared"
            self._anchor = sqlite3.connect(name, uri=True, check_same_thread=False)
            url = URL.create("sqlite", database=name, query={"uri": "true"})
        engine = _engine(url, in_memory=self._turns is not None)
        if self._anchor is not None:
            ending = weakref.finalize(self, _let_go, engine, self._anchor)
            ending.atexit = False  # as the interpreter ends the loop thread may still be reading
        try:
            with engine.connect() as connection, connection.begin():
                bring_up_to_date(connection)
        except LookupError:
            engine.dispose()
            raise self._problem(
                "a newer version of sms_notebook made it", "Update, or set SMS_LEDGER."
            ) from None
        except BaseException:
            engine.dispose()
            raise
        return engine

    @contextmanager
    def _troubles_told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as failure:
            state = getattr(failure.orig, "sqlstate", None) or getattr(failure.orig, "pgcode", None)
            if state in _GOT_IN_THE_WAY:
                raise _GotInTheWayError from None
            raise self._told(str(failure.orig)) from None
        except (NoSuchModuleError, ModuleNotFoundError):
            raise self._problem(
                f"nothing for {self.url.drivername} is installed", "Install the driver."
            ) from None
        except (SQLAlchemyError, sqlite3.Error) as failure:
            raise self._told(str(failure)) from None
        except OSError as failure:
            raise self._told(failure.strerror or str(failure)) from None
        except SmsError:
            raise
        except (OverflowError, TypeError, ValueError) as failure:  # what no database takes
            raise self._told(str(failure)) from None

    def _told(self, said: str) -> LedgerProblem:
        folded = said.lower()
        for words, cause, next_step in _CAUSES:
            if any(word in folded for word in words):
                return self._problem(cause, next_step)
        shown = " ".join(said.split())[:120]
        return self._problem(shown, "Mend it, or name another one in SMS_LEDGER.")

    def _problem(self, cause: str, next_step: str) -> LedgerProblem:
        return LedgerProblem(f"the ledger {self.where} cannot be used: {cause}. {next_step}")


class _GotInTheWayError(Exception):
    """Another transaction came first; this one can be tried again."""


class _NoTurns:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NO_TURNS = _NoTurns()


def _let_go(engine: Engine, anchor: sqlite3.Connection) -> None:
    """Close a database in memory that nobody holds any more."""
    engine.dispose()
    anchor.close()


def _make_private(path: Path) -> None:
    """Make folder and file for this user alone, where they are new."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as failure:
        if failure.errno not in (errno.EACCES, errno.EROFS):  # SQLite says those better
            raise


def _engine(url: URL, *, in_memory: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}}
    if in_memory:
        options = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool}
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # what is committed survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
    except BaseException:
        connection.close()  # nobody else knows of it yet
        raise


def _begin(connection: Connection) -> None:
    # A change takes the write lock at once: what it looks at stays true until it commits.
    only_reads = connection.get_execution_options().get("only_reads", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
