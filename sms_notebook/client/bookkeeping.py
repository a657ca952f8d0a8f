"""Which ledger a client keeps its orders in, opened when first needed.

SQLAlchemy loads only then: whoever just reads prices does not wait for it.
"""

import logging
import os
import threading
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pandas as pd

from sms_notebook.client.settings import Settings, home
from sms_notebook.protocol.arguments import Price, price
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import SmsError, UsageProblem

if TYPE_CHECKING:
    from sms_notebook.client.taping import Taping
    from sms_notebook.orders.books import Books
    from sms_notebook.orders.ledger import Ledger
    from sms_notebook.orders.notes import Notes
    from sms_notebook.sandbox import Desk

Place = str | os.PathLike[str]
"""A ledger: the path of a file, or an SQLAlchemy URL."""

LOG = logging.getLogger("sms_notebook")
_FILE = "ledger.sqlite"
_STEPS_OF_A_CALL = 8  # connecting, sending, and the whole reply, however slowly it comes
_GRACE = 10.0  # seconds for a provider to finish what nobody waits for any more

_REPLAYED = 0.04  # the same, for a provider that answers from a recording

_in_memory: "WeakKeyDictionary[object, tuple[str, Ledger]]" = WeakKeyDictionary()
_naming = threading.Lock()


class Bookkeeper:
    """Opens the books of one client.

    Parameters
    ----------
    settings : Settings
        Who is asked.
    desk : Desk or None
        The embedded sandbox, where that is asked.
    ledger : str or path, optional
        Where orders are kept; ``SMS_LEDGER``, or a file under ``SMS_NOTEBOOK_HOME`` if not given.
        Those of an embedded sandbox end with it, and those of a replay are never kept.
    budget : Decimal, float or str, optional
        The day's limit; ``SMS_BUDGET`` if not given.
    timeout : float
        Seconds for each step of a call.
    taping : Taping or None
        The recording that takes part.
    """

    def __init__(
        self,
        settings: Settings,
        desk: "Desk | None",
        ledger: Place | None,
        budget: Price | None,
        timeout: float,
        *,
        taping: "Taping | None" = None,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._taping = taping
        # Whose orders end with it: an embedded sandbox, a recording.
        self._passing: object = (taping.player if taping is not None else None) or desk
        self._place = None if settings.replay else _place(ledger)
        self._budget = _budget(budget)
        self._timeout = timeout
        self._opening = threading.Lock()
        self._books: Books | None = None
        self._notes: Notes | None = None

    @property
    def books(self) -> "Books":
        """The books.

        Raises
        ------
        UsageProblem
            If the ledger's address is none.
        """
        with self._opening:
            if self._books is None:
                self._books = self._open()
            return self._books

    @property
    def is_in_use(self) -> bool:
        """Whether there is a ledger already; reading alone makes none."""
        if self._books is not None or (self._place is None and self._passing in _in_memory):
            return True
        path = self._file()
        try:
            return path is not None and path.exists()
        except OSError:  # a folder that may not be looked into
            return False

    def note(self, call: Call, frame: pd.DataFrame) -> None:
        """Write down what a frame shows of numbers and rents."""
        columns = call.action.schema.columns
        if not columns or columns[0].name not in ("activation_id", "rent_id"):
            return
        if not self.is_in_use:
            return
        books = self.books
        if self._notes is None:
            from sms_notebook.orders.notes import Notes  # noqa: PLC0415 - loads SQLAlchemy

            self._notes = Notes(books)
        self._notes.take(call, frame)

    def has_finished(self, ref: str) -> bool:
        """Tell whether the ledger knows an activation as finished."""
        if not self.is_in_use:
            return False
        from sms_notebook.orders.states import NumberState  # noqa: PLC0415 - loads SQLAlchemy

        number = self.books.ledger.number(self.books.account, ref)
        return number is not None and number.state == NumberState.FINISHED

    def has_heard_of(self, ref: str) -> bool:
        """Tell whether the ledger has a code or a text of an activation."""
        return self.is_in_use and bool(
            self.books.ledger.messages.of(self.books.account.provider, [ref])
        )

    def announce(self) -> None:
        """Say in one line that something waits to be settled, or that the ledger is no good."""
        if self._place is None and not self.is_in_use:
            return
        from sms_notebook.orders.ledger import count_open  # noqa: PLC0415 - loads SQLAlchemy

        try:
            waiting = count_open(self.books.ledger.database, self.books.account)
        except SmsError as problem:
            LOG.warning("Nothing can be bought: %s", problem)
            return
        if waiting:
            what = "1 purchase waits" if waiting == 1 else f"{waiting} purchases wait"
            LOG.warning("%s to be settled: sms.reconcile() finds out what became of it.", what)

    def now(self) -> datetime:
        """Return the time at the provider: the real one, that of the sandbox, the recorded one."""
        if self._taping is not None:
            return self._taping.now()
        return datetime.now(UTC) if self._desk is None else self._desk.sandbox.clock.now()

    def _file(self) -> Path | None:
        """Return the file of the ledger, where it is one for sure."""
        if self._place is None:
            return None if self._passing is not None else home() / _FILE
        return None if "://" in self._place else Path(self._place).expanduser()

    def _open(self) -> "Books":
        from sms_notebook.orders.books import Books, fresh_stamp  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.wishes import Account  # noqa: PLC0415 - likewise

        provider = self._settings.provider
        name, ledger = self._ledger()
        return Books(
            ledger=ledger,
            account=Account(provider.name, name),
            budget=self._budget,
            now=self.now,
            patience=_STEPS_OF_A_CALL * self._timeout,
            grace=self._grace(),
            clock_agrees=not provider.own_clock,
            lacks=provider.lacks,
            hide=self._settings.key.hide_in if self._settings.key is not None else str,
            stamp=self._taping.stamp if self._taping is not None else fresh_stamp,
        )

    def _grace(self) -> float:
        """Return the seconds that a provider may take for what nobody waits for any more."""
        if self._desk is not None:
            return 0.0
        return _REPLAYED if self._settings.replay else _GRACE

    def _ledger(self) -> "tuple[str, Ledger]":
        """Return the account's name and the ledger."""
        from sms_notebook.orders import shelf  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.database import url_of  # noqa: PLC0415 - likewise

        name = self._settings.key.fingerprint() if self._settings.key is not None else "no key"
        if self._passing is None:
            return name, shelf.ledger_at(url_of(self._place or home() / _FILE))
        with _naming:
            if self._passing not in _in_memory:
                _in_memory[self._passing] = (uuid.uuid4().hex[:10], shelf.ledger_in_memory())
            name, in_memory = _in_memory[self._passing]
        return name, shelf.ledger_at(url_of(self._place)) if self._place else in_memory


def _place(ledger: Any) -> str | None:
    if ledger is None:
        return os.environ.get("SMS_LEDGER") or None
    if not isinstance(ledger, str | os.PathLike) or not os.fspath(ledger).strip():
        raise UsageProblem(f"ledger takes a path or an SQLAlchemy URL, not {ledger!r:.60}.")
    return os.fspath(ledger)


def _budget(argument: Price | None) -> Decimal | None:
    name = "budget" if argument is not None else "SMS_BUDGET"
    text = price(name, argument if argument is not None else os.environ.get(name) or None)
    return None if text is None else Decimal(text)
