"""The database under the ledger: opened, kept private, and every trouble in one line."""

import os
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from sms_notebook.forking import GATE, TornError, in_time
from sms_notebook.ledger.open_file import FileChange, OpenFile, Watermark, left_behind, make_private
from sms_notebook.ledger.schema import bring_up_to_date, is_new
from sms_notebook.ledger.sqlite_engine import (
    WRITE_AHEAD,
    busy,
    engine_for,
    journal_for,
    lack_behind,
)
from sms_notebook.protocol.errors import LedgerProblem, SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase

T = TypeVar("T")

MEMORY = "sqlite://"
"""The ledger of an embedded sandbox: it ends with its process, as the sandbox does."""

_LONGEST_CAUSE = 120  # characters
_FULL, _READ_ONLY, _BUSY = ("full", "disk i/o"), ("readonly", "read-only"), ("locked", "busy")
_DAMAGED = ("not a database", "malformed", "corrupt")
_CAUSES = (
    (_READ_ONLY, "it is read-only", "Make it writable, or name another one in SMS_LEDGER."),
    (_FULL, "the disk is full or failing", "Free some space, then try again."),
    (_DAMAGED, "it is damaged", "Move the file away, and keep it: a new one can begin then."),
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
            url = make_url(text)
        else:  # one place, one name: links to it are followed
            url = URL.create("sqlite", database=os.path.realpath(Path(text).expanduser()))
    except (ArgumentError, ValueError, RuntimeError):
        raise UsageProblem(
            "the ledger's address is no SQLAlchemy URL. Write it like sqlite:////path/to/file."
        ) from None
    return _supported(url)


def _supported(url: URL) -> URL:
    """Return an address that a ledger can have: others tell keys apart in other ways."""
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return url
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername.startswith("postgres"):
        example = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=True)
        raise UsageProblem(
            f"a ledger is not kept through {url.drivername}. Write {example}, and pip install "
            '"sms-notebook[postgres]".'
        )
    raise UsageProblem(
        f"a ledger is kept in SQLite or PostgreSQL, not in {url.drivername}. Write "
        "sqlite:////path/to/file or postgresql+psycopg://user@host/database."
    )


class Database:
    """Transactions on a database; safe to use from several threads and after a fork.

    Parameters
    ----------
    url : URL
        Where it is. It is opened, and made where it is new, when first used.
    """

    look_again = 0.2
    """Seconds between two looks for what other processes wrote."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._process: int | None = None
        self._file: OpenFile | None = None
        self._change: FileChange | None = None  # stays until it is reopened on purpose
        self._was_open = self._is_new = False
        self._ending: Callable[[], object] | None = None
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
    def is_in_memory(self) -> bool:
        """Whether it ends with this process."""
        return self._turns is not None

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
        return self._run(change, only_reads=False)

    def read(self, look: Callable[[Connection], T]) -> T:
        """Look something up; readers wait for nobody.

        Raises
        ------
        LedgerProblem
            As with `write`.
        """
        return self._run(look, only_reads=True)

    def write_at_once(self, change: Callable[[Connection], T]) -> T:
        """Run a change of one statement, which may run twice without a difference.

        It needs no turn and no commit of its own where a server is far away.

        Raises
        ------
        LedgerProblem
            As with `write`.
        """
        return self.write(change)

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call a function when another process announces something, where the database can.

        Returns
        -------
        callable
            How to stop that.
        """
        del wake
        return lambda: None

    def announce(self, connection: Connection) -> None:
        """Let the processes know that listen, once a change is committed."""

    def close(self) -> None:
        """Close the connections; it is opened again when used again."""
        with GATE.passing(), self._opening:
            self._release()
            self._was_open, self._change = False, None

    def reopen(self, *, new: bool = False) -> bool:
        """Open it again after its file was moved, deleted or replaced.

        Parameters
        ----------
        new : bool
            True begins a new ledger where there is none.

        Returns
        -------
        bool
            Whether it is a new one.

        Raises
        ------
        LedgerProblem
            If there is none, and no new one may begin; it stays refused then.
        """
        with GATE.passing(), self._opening, self._ledger_problems():
            if self._turns is not None:  # one in memory is where it was
                return False
            self._release()  # what only its log holds is written, where its file is there
            self._change = self._change or FileChange.NONE  # should this fail
            self._engine = self._open(may_be_new=new)
            self._change = None
            return self._is_new

    def _run(self, work: Callable[[Connection], T], *, only_reads: bool) -> T:
        with (
            self._ledger_problems(),
            self._transaction(only_reads=only_reads) as connection,
        ):
            return work(connection)

    @contextmanager
    def _transaction(self, *, only_reads: bool) -> Iterator[Connection]:
        with GATE.passing():
            engine, file = self._opened()
            before = Watermark() if file is None else file.mark
            with self._turns or nullcontext(), engine.connect() as connection:
                connection.execution_options(only_reads=only_reads)
                with connection.begin():
                    now = self._look(file, connection, before)
                    yield connection
                    now = now if only_reads else self._look(file, connection, now)
            if file is not None:
                file.advance(now)
                if not only_reads:  # what was written is where the next one looks for it
                    self._check(file)

    def _opened(self) -> tuple[Engine, OpenFile | None]:
        if GATE.is_torn:
            raise TornError
        with self._opening:
            if self._change is not None:
                raise self._refused(self._change)
            # One in memory is a copy of the parent's, as the sandbox beside it.
            is_inherited = self._process not in (None, os.getpid()) and self._turns is None
            if self._file is not None:
                self._check(self._file, is_inherited=is_inherited)
            if self._engine is None or is_inherited:
                was_open = self._was_open
                mark = None if self._file is None else self._file.mark
                self._release()
                self._process = os.getpid()
                self._engine = in_time(lambda: self._open(may_be_new=not was_open))
                if self._file is not None and mark is not None:
                    self._file.mark = mark
            return self._engine, self._file

    def _release(self) -> None:
        """Close the connections of this process; those of its parent stay as they are."""
        if self._process == os.getpid():
            if self._ending is not None:
                self._ending()
        else:
            _inherited.append((self._engine, self._file, self._ending))
        self._engine = self._file = self._ending = None

    def _look(self, file: OpenFile | None, connection: Connection, before: Watermark) -> Watermark:
        """Make sure that what was there before is there, and return what is."""
        if file is None:
            return before
        now = file.look(connection, before)
        if now is None:
            self._change = FileChange.OLDER
            raise self._refused(self._change)
        return now

    def _check(self, file: OpenFile, *, is_inherited: bool = False) -> None:
        """Make sure that the file is the one that was opened."""
        change = file.change(is_inherited=is_inherited)
        if change is not None and file is self._file:
            self._change = change
            raise self._refused(change)

    def _expect_a_ledger(self) -> None:
        if self.path is not None and not (self.path.exists() and self.path.stat().st_size):
            raise self._refused(FileChange.NONE)

    def _refused(self, change: FileChange) -> LedgerProblem:
        """Say what happened to the file, and what a person can do."""
        hints = [Hint("put it back as it was, then {reopen_ledger()} goes on with it")]
        if change in (FileChange.AWAY, FileChange.NONE):
            begin = ("reopen_ledger", {"new": True})
            hints.append(Hint("{new} begins one that knows no order and no key", new=begin))
        else:
            hints.append(Hint("else it goes on with what is there now, whatever that lacks"))
        return LedgerProblem(
            Phrase("the ledger {where} is not used: {change}", where=self.where, change=change),
            hints=hints,
        )

    def _open(self, *, may_be_new: bool) -> Engine:
        journal = WRITE_AHEAD
        if self.path is not None and "mode=" not in str(self.url):
            if not may_be_new:
                self._expect_a_ledger()
            if (log := left_behind(self.path)) is not None:
                raise self._problem(
                    f"its file is not there, but {log.name} is, which holds the latest orders",
                    "Put the file back, or move both away.",
                )
            make_private(self.path)
            journal = journal_for(self.path)
        url, anchor = self.url, None
        if self._turns is not None:
            # The anchor keeps the database when an interrupt has closed the connection beside it.
            name = f"file:ledger-{uuid.uuid4().hex}?mode=memory&cache=shared"
            anchor = sqlite3.connect(name, uri=True, check_same_thread=False)
            url = URL.create("sqlite", database=name, query={"uri": "true"})
        engine = engine_for(url, journal, in_memory=self._turns is not None)
        try:
            with engine.connect() as connection, connection.begin():
                self._take_up(connection, may_be_new=may_be_new)
            file = None if self.path is None else OpenFile(self.path)
            self._recall(file, engine)
        except LookupError:
            engine.dispose()
            raise self._problem(
                "a newer sms_notebook made it, or another program", "Update, or set SMS_LEDGER."
            ) from None
        except BaseException:
            _close(engine, anchor, os.getpid())
            raise
        ending = weakref.finalize(self, _close, engine, file or anchor, os.getpid())
        ending.atexit = False  # as the interpreter ends the loop thread may still be reading
        self._file, self._ending, self._was_open = file, ending, True
        return engine

    def _recall(self, file: OpenFile | None, engine: Engine) -> None:
        """Make sure that there is all that this machine saw there; unless it is reopened."""
        if file is None:
            return
        with engine.connect() as connection:
            is_whole = file.recall(connection)
        if not is_whole and self._change is None:
            file.close()
            self._change = FileChange.INCOMPLETE
            raise self._refused(self._change)

    def _take_up(self, connection: Connection, *, may_be_new: bool) -> None:
        self._is_new = is_new(connection)
        if self._is_new and not may_be_new:
            raise self._refused(FileChange.NONE)
        bring_up_to_date(connection)

    @contextmanager
    def _ledger_problems(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as failure:
            raise self._problem_of(str(failure.orig), failure.orig) from None
        except (SQLAlchemyError, sqlite3.Error) as failure:
            raise self._problem_of(str(failure), failure) from None
        except TornError:
            raise self._problem(
                "this process was forked while a thread of its parent was using it",
                "Begin processes with multiprocessing's 'spawn', or before threads.",
            ) from None
        except OSError as failure:
            raise self._problem_of(failure.strerror or str(failure)) from None
        except SmsError:
            raise
        except (
            LookupError,
            OverflowError,
            TypeError,
            ValueError,
        ) as failure:  # what no database takes
            raise self._problem_of(str(failure)) from None

    def _problem_of(self, message: str, failure: object = None) -> LedgerProblem:
        if lack := lack_behind(self.path, message, failure):
            return self._problem(
                f"it is in a network folder: {lack}", "Name a place on a local disk in SMS_LEDGER."
            )
        folded = message.lower()
        if any(word in folded for word in _BUSY):
            return self._problem(*busy(self.path))
        for words, cause, next_step in _CAUSES:
            if any(word in folded for word in words):
                return self._problem(cause, next_step)
        cause = " ".join(message.split())[:_LONGEST_CAUSE]
        return self._problem(cause, "Mend it, or name another one in SMS_LEDGER.")

    def _problem(self, cause: str, next_step: str) -> LedgerProblem:
        return LedgerProblem(f"the ledger {self.where} cannot be used: {cause}. {next_step}")


_inherited: list[object] = []
"""Connections of a parent process: to close them here would end its locks and its log."""


def _close(engine: Engine, anchor: OpenFile | sqlite3.Connection | None, process: int) -> None:
    """Close a database that nobody holds any more, in the process that opened it."""
    if process != os.getpid():
        _inherited.append((engine, anchor))
        return
    engine.dispose()
    if anchor is not None:
        anchor.close()
