"""A ledger in PostgreSQL: few round trips, and no wait without a limit.

Changes take turns by one advisory lock, so what a change looks at stays true until it commits, as
in SQLite. A change is sent in a pipeline: it waits only where rows come back, and for the commit.
Should the connection break there, the server is asked whether it was made.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Self, TypeVar

import psycopg
from psycopg import Cursor, Pipeline, waiting
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

T = TypeVar("T")

LIMIT = 14.0  # seconds for everything: to connect, to wait for others, to read or to write
CONNECT_LIMIT = 6.0  # seconds
_LOCK_LIMIT = 10  # seconds to wait for others
_REST = 5.0  # seconds; a server that was silent is not asked again so soon
_SHORT_LIMIT = 4.0  # seconds, while the last that is known of the server is that it was silent
_CONNECTIONS, _MORE = 3, 5  # that are kept, and that are opened where many threads order
CHANNEL = "sms_notebook"
_PAUSE = 0.1  # seconds between two questions what became of a change
_LOOK = 1.0  # seconds between two looks whether anybody still listens
_OPTIONS = (
    f"-c lock_timeout={_LOCK_LIMIT}s -c statement_timeout={LIMIT:.0f}s "
    f"-c idle_in_transaction_session_timeout={LIMIT:.0f}s"
)
_TAKE_TURNS = "SELECT pg_advisory_xact_lock(7738145211040), txid_current()"
_BRINGS_NO_ROWS = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "NOTIFY", "COMMIT")
_ENDED = (  # the server has closed the connection, or is about to
    psycopg.errors.AdminShutdown
    | psycopg.errors.CrashShutdown
    | psycopg.errors.IdleInTransactionSessionTimeout
)
_CONFLICTS = psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected
_COMMITTED, _IN_PROGRESS = "committed", "in progress"

# What it warns of is raised as well; without any handler Python would print it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class SilentServerError(psycopg.OperationalError):
    """The server has not answered in time, whether or not its network acknowledges."""


class CommitLostError(psycopg.OperationalError):
    """The connection broke while a change was committed, and nobody can be asked about it."""


class _LostError(psycopg.OperationalError):
    """The connection broke, and nothing was committed."""


class LedgerConnection(psycopg.Connection[Any]):
    """A connection on which nothing waits beyond its deadline.

    Attributes
    ----------
    deadline : float
        When whoever uses it must have an answer, by the monotonic clock.
    change : Pipeline or None
        The pipeline of the change that is under way.
    counts_rows : bool
        Whether each statement is waited for, so that it is known how many rows it concerned.
    """

    deadline = 0.0
    change: Pipeline | None = None
    counts_rows = False

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for an answer, up to the deadline; a connection that gave none is closed."""
        if "timeout" in options:  # of whoever listens
            return super().wait(gen, *args, **options)
        try:
            return waiting.wait(_bounded(gen, self.deadline), self.pgconn.socket, 0.1)
        except psycopg.Error as failure:
            if isinstance(failure, _ENDED | SilentServerError):
                self.close()
            raise
        except BaseException:
            self.close()  # half an answer is left on it
            raise


class _LedgerCursor(Cursor[Any]):
    """A cursor that waits for an answer only where rows come back."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        super().execute(query, params, **options)
        connection = self.connection
        change = getattr(connection, "change", None)
        if change and (getattr(connection, "counts_rows", False) or _brings_rows(query)):
            change.sync()
        return self


def _brings_rows(query: object) -> bool:
    statement = str(query).lstrip().upper()
    return not statement.startswith(_BRINGS_NO_ROWS) or "RETURNING" in statement


def _bounded(generator: Any, deadline: float) -> Generator[Any, Any, Any]:
    """Let psycopg wait as it does, up to a deadline."""
    try:
        wait = next(generator)
        while True:
            ready = yield wait
            if not ready and time.monotonic() > deadline:
                raise SilentServerError("the server does not answer")
            wait = generator.send(ready)
    except StopIteration as done:
        return done.value


class Server:
    """A database of a PostgreSQL server.

    Parameters
    ----------
    url : URL
        Where it is. Nothing is sent before something is run.
    """

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._current = threading.local()
        self._silent_until = 0.0
        self._listening = threading.Lock()
        self._listener: _Listener | None = None
        self._wakes: list[Callable[[], None]] = []
        self.engine: Engine = create_engine(
            self._url,
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE,
            pool_timeout=_LOCK_LIMIT,
            pool_recycle=1800,
            pool_use_lifo=True,
            pool_reset_on_return=None,  # nothing is left open on a connection that comes back
            use_native_hstore=False,
        )

    def run(
        self, work: Callable[[Connection], T], *, only_reads: bool, counts_rows: bool = False
    ) -> T:
        """Run a look or a change; a connection that was lost before a commit is made again.

        How many rows a statement of a change concerned is known only where that is said: else it is
        not waited for.

        Raises
        ------
        psycopg.Error, sqlalchemy.exc.SQLAlchemyError
            If it is not to be had, or does not take it.
        """
        limit = min(_SHORT_LIMIT, LIMIT) if self._silent_until else LIMIT
        changed = partial(self._changed, work, counts_rows)
        result = self._run(work if only_reads else changed, time.monotonic() + limit)
        self._silent_until = 0.0
        return result

    def _run(self, work: Callable[[Connection], T], deadline: float) -> T:
        while True:
            if time.monotonic() < self._silent_until:
                raise SilentServerError("the server did not answer a moment ago")
            try:
                with self._connected(deadline) as connection:
                    return work(connection)
            except (psycopg.Error, DBAPIError) as failure:
                cause = failure.orig if isinstance(failure, DBAPIError) else failure
                if isinstance(cause, SilentServerError):
                    self._silent_until = time.monotonic() + _REST
                    raise
                if not _can_go_again(failure) or time.monotonic() > deadline:
                    raise

    @contextmanager
    def _connected(self, deadline: float) -> Iterator[Connection]:
        self._current.deadline = deadline
        with self.engine.connect() as connection:
            raw = _raw(connection)
            raw.deadline = deadline
            try:
                yield connection
            finally:
                if raw.closed:
                    connection.invalidate()

    def _changed(
        self, work: Callable[[Connection], T], counts_rows: bool, connection: Connection
    ) -> T:
        raw = _raw(connection)
        raw.counts_rows = counts_rows
        number: int | None = None
        results: list[T] = []
        try:
            with raw.pipeline() as pipeline:
                raw.execute("BEGIN")
                turn = raw.execute(_TAKE_TURNS)
                raw.change = pipeline  # so far nothing was waited for
                results.append(work(connection))
                if turn.pgresult is None:
                    pipeline.sync()
                _, number = turn.fetchall()[0]
                raw.execute("COMMIT")  # answered as the pipeline ends
        except psycopg.Error as failure:
            raw.change = None
            if not raw.closed:
                _roll_back(raw)
                raise
            if isinstance(failure, SilentServerError):
                raise
            if number is None:
                raise _LostError(str(failure)) from failure
            if not self._was_committed(number, raw.deadline):
                raise _LostError(str(failure)) from failure
        except BaseException:
            raw.change = None
            _roll_back(raw)
            raise
        finally:
            raw.change = None
        return results[0]

    def _was_committed(self, number: int, deadline: float) -> bool:
        """Ask on another connection what became of a change, as long as there is time."""
        failure: Exception | None = None
        while time.monotonic() < deadline:
            try:
                state = self._run(partial(_state_of, number), deadline)
            except (psycopg.Error, DBAPIError) as error:
                state, failure = _IN_PROGRESS, error
            if state != _IN_PROGRESS:
                return state == _COMMITTED
            time.sleep(_PAUSE)
        raise CommitLostError("nobody says what became of a change") from failure

    def _connect(self) -> LedgerConnection:
        deadline = getattr(self._current, "deadline", time.monotonic() + CONNECT_LIMIT)
        return self.connect(deadline)

    def connect(self, deadline: float) -> LedgerConnection:
        """Open a connection; looking up its name is limited too, so it is done in a thread."""
        arguments, given = self.engine.dialect.create_connect_args(self._url)
        limited = {
            "connect_timeout": int(CONNECT_LIMIT) - 1,
            "keepalives_idle": 30,  # who listens hears of a server that has gone
            "keepalives_interval": 10,
            "keepalives_count": 3,
            **given,
            "options": f"{_OPTIONS} {given.get('options', '')}".strip(),
            "autocommit": True,  # changes begin where we say so
            "prepare_threshold": None,  # a pooler in between may not keep what was prepared
            "cursor_factory": _LedgerCursor,
        }
        opened: Future[LedgerConnection] = Future()

        def open_it() -> None:
            try:
                opened.set_result(LedgerConnection.connect(*arguments, **limited))
            except BaseException as failure:  # noqa: BLE001 - whoever waits for it gets it
                opened.set_exception(failure)

        threading.Thread(target=open_it, name="sms_notebook-connect", daemon=True).start()
        try:
            connection = opened.result(min(CONNECT_LIMIT, max(deadline - time.monotonic(), 0.0)))
        except BaseException as failure:
            opened.add_done_callback(_close)
            if isinstance(failure, TimeoutError | psycopg.errors.ConnectionTimeout):
                raise SilentServerError("the server does not answer") from None
            raise
        connection.deadline = deadline
        return connection

    # Listening ----------------------------------------------------------------------------------

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call a function whenever some process announces something; returns how to stop that."""
        with self._listening:
            self._wakes.append(wake)
            if self._listener is None:
                self._listener = _Listener(self, lambda: [call() for call in tuple(self._wakes)])

        def stop() -> None:
            with self._listening:
                self._wakes.remove(wake)
                if not self._wakes and self._listener is not None:
                    self._listener.ended.set()
                    self._listener = None

        return stop


class _Listener:
    """A thread with a connection of its own that waits for what others announce."""

    def __init__(self, server: Server, wake: Callable[[], object]) -> None:
        self._server = server
        self._wake = wake
        self.ended = threading.Event()
        threading.Thread(target=self._run, name="sms_notebook-listen", daemon=True).start()

    def _run(self) -> None:
        while not self.ended.is_set():
            with suppress(psycopg.Error, OSError):  # whoever waits looks now and then anyway
                self._listen()
            self.ended.wait(_REST)

    def _listen(self) -> None:
        connection = self._server.connect(time.monotonic() + CONNECT_LIMIT)
        try:
            connection.execute(f"LISTEN {CHANNEL}")
            self._wake()
            while not self.ended.is_set():
                for _ in connection.notifies(timeout=_LOOK, stop_after=1):
                    self._wake()
        finally:
            connection.close()


def _raw(connection: Connection) -> LedgerConnection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, LedgerConnection)  # noqa: S101 - the pool holds no others
    return raw


def _state_of(number: int, connection: Connection) -> str | None:
    """Ask what became of a change; None where that was so long ago that nobody knows."""
    result = connection.exec_driver_sql("SELECT txid_status(%s)", (number,))
    state: str | None = result.scalar_one()
    return state


def _roll_back(raw: LedgerConnection) -> None:
    """Leave nothing open; a connection on which that fails is closed."""
    try:
        if not raw.closed and raw.info.transaction_status is not TransactionStatus.IDLE:
            raw.execute("ROLLBACK")
    except psycopg.Error:
        raw.close()


def _can_go_again(failure: psycopg.Error | DBAPIError) -> bool:
    """Tell whether a change surely was not committed, though nothing speaks against it."""
    if not isinstance(failure, DBAPIError):
        return isinstance(failure, _CONFLICTS | _LostError)
    is_final = isinstance(failure.orig, CommitLostError | SilentServerError)
    is_lost = failure.connection_invalidated and not is_final
    return is_lost or isinstance(failure.orig, _CONFLICTS)


def _close(opened: "Future[LedgerConnection]") -> None:
    """Close a connection that came too late."""
    if not opened.cancelled() and opened.exception() is None:
        opened.result().close()
