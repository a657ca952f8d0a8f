"""A ledger that several people and machines share: the database of a server."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import psycopg
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sms_notebook.forking import GATE, TornError
from sms_notebook.ledger.database import Database
from sms_notebook.ledger.open_file import FileChange
from sms_notebook.ledger.postgresql import CHANNEL, CommitLostError, Server, SilentServerError
from sms_notebook.protocol.errors import LedgerProblem

T = TypeVar("T")

_MEND = "Mend the address in SMS_LEDGER."
_CAUSES = (
    ("55P03", "", "others keep it locked", "Try again."),
    ("57014", "", "it took too long", "Try again."),
    ("42501", "", "the user may not do that there", "Grant it, or name another user."),
    ("53100", "", "the server's disk is full", "Free some space there, then try again."),
    ("25006", "", "it is read-only", "Name the server that takes changes in SMS_LEDGER."),
    # As it is connected to, only the words tell.
    ("", 'fatal: database "', "the server has no such database", f"Create it. {_MEND}"),
    ("", "authentication failed", "the server refuses the user or the password", _MEND),
    ("", 'fatal: role "', "the server does not know the user", _MEND),
    ("", "no pg_hba.conf entry", "the server does not let the user in from here", _MEND),
    ("", "too many clients", "the server takes no more connections", "Close some, then try again."),
    ("", "closed the connection", "the connection breaks again and again", "Try again."),
    ("", "connection refused", "nobody answers there", f"Start the server. {_MEND}"),
)
"""SQLSTATE or words of a failure, what that means, and what to do."""


class ServerDatabase(Database):
    """A ledger on a server, for several people and machines.

    Parameters
    ----------
    url : URL
        Where it is. It is opened, and made where it is new, when first used.
    """

    look_again = 0.8

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._of_process = (os.getpid(), Server(url))
        self._ready: Server | None = None

    @property
    def _server(self) -> Server:
        """The server; a process that was forked has connections of its own."""
        process, server = self._of_process
        if process != os.getpid():
            _inherited.append(server)
            self._of_process = (os.getpid(), server := Server(self.url))
        return server

    def close(self) -> None:
        """Close the connections; it is opened again when used again."""
        with GATE.passing():
            server, self._ready = self._server, None
            server.engine.dispose()
            self._was_open, self._change = False, None

    def reopen(self, *, new: bool = False) -> bool:
        """Open it again after its tables were moved, deleted or replaced.

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
        with GATE.passing(), self._ledger_problems():
            self.close()
            self._change = FileChange.NONE  # should this fail
            self._bring_up_to_date(self._server, may_be_new=new)
            self._change = None
            return self._is_new

    def write_at_once(self, change: Callable[[Connection], T]) -> T:
        """Run a change of one statement, which may run twice: the server commits it at once."""
        return self._run(change, only_reads=True)

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call a function whenever some process announces something; returns how to stop that."""
        return self._server.listen(wake)

    def announce(self, connection: Connection) -> None:
        """Let those who listen know, once the change is committed."""
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    def _run(self, work: Callable[[Connection], T], *, only_reads: bool) -> T:
        with GATE.passing(), self._ledger_problems():
            if GATE.is_torn:
                raise TornError
            if self._change is not None:
                raise self._refused(self._change)
            server = self._server
            if self._ready is not server:
                self._bring_up_to_date(server, may_be_new=not self._was_open)
            return server.run(work, only_reads=only_reads)

    def _bring_up_to_date(self, server: Server, *, may_be_new: bool) -> None:
        take_up = partial(self._take_up, may_be_new=may_be_new)
        try:
            server.run(take_up, only_reads=False, counts_rows=True)
        except LookupError:
            raise self._problem(
                "a newer sms_notebook made it, or another program", "Update, or set SMS_LEDGER."
            ) from None
        self._ready, self._was_open = server, True

    @contextmanager
    def _ledger_problems(self) -> Iterator[None]:
        with super()._ledger_problems():
            try:
                yield
            except psycopg.Error as failure:
                raise self._problem_of(str(failure), failure) from None
            except DBAPIError as failure:
                raise self._problem_of(str(failure.orig), failure.orig) from None
            except PoolTimeoutError:
                raise self._problem("all its connections are busy", "Try again.") from None

    def _problem_of(self, message: str, failure: object = None) -> LedgerProblem:
        if isinstance(failure, SilentServerError):
            return self._problem(message, "Look at the network and the server, then try again.")
        if isinstance(failure, CommitLostError):
            return self._problem(
                "the connection broke while it was written to, and whether that was done is not "
                "known",
                "sms.reconcile() finds out.",
            )
        state, folded = getattr(failure, "sqlstate", None) or "", " ".join(message.lower().split())
        for code, words, cause, next_step in _CAUSES:
            if (code and code == state) or (words and words in folded):
                return self._problem(cause, next_step)
        cause = message.strip().splitlines()[0] if message.strip() else "the connection was lost"
        if self.url.password:
            cause = cause.replace(str(self.url.password), "***")
        return super()._problem_of(cause)


_inherited: list[Server] = []
"""Those of a parent process: their connections are its own."""
