"""Which ledger a client keeps its orders in, opened when first needed.

SQLAlchemy loads only then: whoever just reads prices does not wait for it.
"""

import logging
import os
import sys
import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pandas as pd
from msgspec.structs import replace

from sms_notebook.forking import GATE
from sms_notebook.protocol.arguments import Price, price
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    CodeAlreadyReceived,
    LedgerProblem,
    SmsError,
    UsageProblem,
)
from sms_notebook.providers.settings import Settings, home, is_set

if TYPE_CHECKING:
    from sms_notebook.cassettes.cassette import Cassette
    from sms_notebook.ledger.ledger import AccountLedger, Ledger
    from sms_notebook.ledger.observations import Observations
    from sms_notebook.sandbox import Gateway

LedgerPlace = str | os.PathLike[str]
"""A ledger: the path of a file, or an SQLAlchemy URL."""

LOG = logging.getLogger("sms_notebook")
_FILE = "ledger.sqlite"
_STEPS_OF_A_CALL = 8  # connecting, sending, and the whole reply, however slowly it comes
_GRACE = 10.0  # seconds for a provider to finish what nobody waits for any more

_REPLAYED = 0.04  # the same, for a provider that answers from a recording

_in_memory: "WeakKeyDictionary[object, tuple[str, Ledger]]" = WeakKeyDictionary()
_naming = threading.Lock()


class LedgerAccess:
    """Opens the ledger for the account of one client.

    Parameters
    ----------
    settings : Settings
        Who is asked.
    gateway : Gateway or None
        The embedded sandbox, where that is asked.
    ledger : str or path, optional
        Where orders are kept; ``SMS_LEDGER``, or a file under ``SMS_NOTEBOOK_HOME`` if not given.
        Those of an embedded sandbox end with it, and those of a replay are never kept.
    budget : Decimal, float or str, optional
        The day's limit; ``SMS_BUDGET`` if not given.
    timeout : float
        Seconds for each step of a call, or a third of those for all of them.
    alone : bool, optional
        Whether nobody else buys on the account; ``SMS_ALONE`` if not given.
    cassette : Cassette or None
        The recording that takes part.
    """

    def __init__(
        self,
        settings: Settings,
        gateway: "Gateway | None",
        ledger: LedgerPlace | None,
        budget: Price | None,
        timeout: float,
        *,
        alone: bool | None = None,
        cassette: "Cassette | None" = None,
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._cassette = cassette
        # Whose orders end with it: an embedded sandbox, a recording.
        self._passing: object = (cassette.player if cassette is not None else None) or (
            None if gateway is None else gateway.sandbox
        )
        self._place = None if settings.replay else _place(ledger)
        self._budget = _budget(budget)
        self._timeout = timeout
        self._alone = is_set("SMS_ALONE") if alone is None else bool(alone)
        self._created_at = datetime.now(UTC)
        self._opening = threading.Lock()
        self._account_ledger: AccountLedger | None = None
        self._notes: Observations | None = None
        self._acts: set[tuple[str, str | None, str]] = set()

    def set_budget(self, budget: Price | None) -> None:
        """Set the day's limit; with None what ``SMS_BUDGET`` says holds, or none.

        Raises
        ------
        UsageProblem
            If it is no amount; then the one before holds.
        """
        self._budget = _budget(budget)

    @property
    def account_ledger(self) -> "AccountLedger":
        """The ledger of the account.

        Raises
        ------
        UsageProblem
            If the ledger's address is none.
        """
        with GATE.passing(), self._opening:
            if self._account_ledger is None:
                self._account_ledger = self._open()
            return self._account_ledger

    @property
    def is_in_memory(self) -> bool:
        """Whether nobody ever waits for it: it ends with its sandbox or recording."""
        return self._place is None and self._passing is not None

    @property
    def is_in_use(self) -> bool:
        """Whether there is a ledger already; reading alone makes none where no place is named."""
        if (
            self._account_ledger is not None
            or self._place is not None
            or self._passing in _in_memory
        ):
            return True
        path = self._file()
        if path is None:
            return False
        try:
            return path.exists() or self._was_opened(path)
        except OSError:  # a folder that may not be looked into
            return False

    @staticmethod
    def _was_opened(path: Path) -> bool:
        """Tell whether this process has a ledger open whose file is not there any more."""
        if "sms_notebook.ledger.ledger" not in sys.modules:
            return False
        # Another thread may be in the middle of loading it: an import waits for that.
        from sms_notebook.ledger.database import url_of  # noqa: PLC0415 - it is loaded
        from sms_notebook.ledger.ledger import is_open  # noqa: PLC0415 - likewise

        return is_open(url_of(path))

    def note(self, call: Call, frame: pd.DataFrame) -> None:
        """Write down what a frame shows of numbers and rents."""
        if self.is_in_use:
            self._observations().take(call, frame)

    def keep(self, call: Call, refusal: CodeAlreadyReceived) -> None:
        """Write down the messages that came along with a refusal."""
        if self.is_in_use:
            self._observations().keep(call, refusal)

    def _observations(self) -> "Observations":
        account_ledger = self.account_ledger
        if self._notes is None:
            from sms_notebook.ledger.observations import Observations  # noqa: PLC0415 - loads SQLAlchemy

            self._notes = Observations(account_ledger)
        return self._notes

    def has_finished(self, ref: str) -> bool:
        """Tell whether the ledger knows an activation as finished."""
        if not self.is_in_use:
            return False
        from sms_notebook.ledger.schema import NumberState  # noqa: PLC0415 - loads SQLAlchemy

        number = self.account_ledger.number(ref)
        return number is not None and number.state == NumberState.FINISHED

    def note_end(self, ref: str, refusal: ActivationNotFound | None = None) -> None:
        """Write down that an activation is over, as far as the provider's word says how."""
        if not self.is_in_use:
            return
        from sms_notebook.ledger.observations import end_by_word  # noqa: PLC0415 - loads SQLAlchemy

        try:
            end_by_word(self.account_ledger, ref, refusal.code if refusal is not None else "")
        except LedgerProblem as problem:
            LOG.warning("The end of activation %s is not written down: %s", ref, problem)

    def say_inferred(self, call: Call) -> None:
        """Say before anything is done with a number that nobody read whose it is; once for each."""
        ref = call.params.get("id") or call.params.get("activationId")
        if ref is None:
            return
        from sms_notebook.ledger.outcomes import inferred_line  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.schema import Certainty  # noqa: PLC0415 - likewise

        act = (call.action.name, call.params.get("status"), ref)
        if act in self._acts:
            return
        with suppress(LedgerProblem):
            number = self.account_ledger.number(ref)
            if number is not None and number.certainty is Certainty.INFERRED:
                self._acts.add(act)
                LOG.warning("%s", inferred_line(number))

    def has_heard_of(self, ref: str) -> bool:
        """Tell whether the ledger has a code or a text of an activation."""
        return self.is_in_use and bool(self.account_ledger.messages([ref]))

    def announce(self) -> None:
        """Say in one line that something waits to be settled, or that the ledger is no good."""
        if self._place is None and not self.is_in_use:
            return
        from sms_notebook.ledger.kept_replies import write_kept  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.reconciliation import open_orders_noted  # noqa: PLC0415 - likewise

        try:
            write_kept(self.account_ledger)
            # What was begun since is under way: beside an event loop this may be read late.
            orders = open_orders_noted(self.account_ledger)
            waiting = sum(order.begun_at < self._created_at for order in orders)
        except SmsError as problem:
            LOG.warning("Nothing can be bought: %s", problem)
            return
        if waiting:
            what = "1 purchase waits" if waiting == 1 else f"{waiting} purchases wait"
            LOG.warning("%s to be settled: sms.reconcile() finds out what became of it.", what)

    def now(self) -> datetime:
        """Return the time at the provider: the real one, that of the sandbox, the recorded one."""
        if self._cassette is not None:
            return self._cassette.now()
        return datetime.now(UTC) if self._gateway is None else self._gateway.sandbox.clock.now()

    @property
    def knows_the_clock(self) -> bool:
        """Whether the provider's times can be compared with `now`."""
        return self._gateway is not None or not self._settings.provider.own_clock

    def moment_of(self, ref: str, age: float) -> datetime:
        """Return when an activation is so many seconds old, by the clock of `now`."""
        number = self.account_ledger.number(ref)
        if number is None:
            return self.now() + timedelta(seconds=age)
        since: datetime | None = number.since if self.knows_the_clock else None
        begun: datetime = since or number.bought_at
        return begun + timedelta(seconds=age)

    def be_patient(self, timeout: float) -> None:
        """Let a purchase be under way for longer, where a call may take longer from now on."""
        with self._opening:
            self._timeout = max(self._timeout, timeout)
            if self._account_ledger is not None:
                patience = _STEPS_OF_A_CALL * self._timeout
                self._account_ledger = replace(self._account_ledger, patience=patience)

    def _file(self) -> Path | None:
        """Return the file of the ledger, where it is one for sure."""
        if self._place is None:
            return None if self._passing is not None else home() / _FILE
        return None if "://" in self._place else Path(self._place).expanduser()

    def _open(self) -> "AccountLedger":
        from sms_notebook.ledger.ledger import AccountLedger, fresh_stamp  # noqa: PLC0415 - loads SQLAlchemy

        provider = self._settings.provider
        name, ledger = self._ledger()
        return AccountLedger(
            ledger=ledger,
            account=name,
            provider=provider,
            limit=lambda: self._budget,
            now=self.now,
            patience=_STEPS_OF_A_CALL * self._timeout,
            grace=self._grace(),
            hide=self._settings.key.hide_in if self._settings.key is not None else str,
            alone=self._alone,
            stamp=self._cassette.stamp if self._cassette is not None else fresh_stamp,
        )

    def _grace(self) -> float:
        """Return the seconds that a provider may take for what nobody waits for any more."""
        if self._gateway is not None:
            return 0.0
        return _REPLAYED if self._settings.replay else _GRACE

    def _ledger(self) -> "tuple[str, Ledger]":
        """Return the account's name and the ledger."""
        from sms_notebook.ledger.database import url_of  # noqa: PLC0415 - likewise
        from sms_notebook.ledger.ledger import ledger_at, ledger_in_memory  # noqa: PLC0415 - loads SQLAlchemy

        name = self._settings.key.fingerprint() if self._settings.key is not None else "no key"
        if self._passing is None:
            return name, ledger_at(url_of(self._place or home() / _FILE))
        with _naming:
            if self._passing not in _in_memory:
                _in_memory[self._passing] = (uuid.uuid4().hex[:10], ledger_in_memory())
            name, in_memory = _in_memory[self._passing]
        return name, ledger_at(url_of(self._place)) if self._place else in_memory


def _place(ledger: Any) -> str | None:
    if ledger is None:
        ledger = os.environ.get("SMS_LEDGER") or None
    if ledger is None:
        return None
    if not isinstance(ledger, str | os.PathLike) or not os.fspath(ledger).strip():
        raise UsageProblem(f"ledger takes a path or an SQLAlchemy URL, not {ledger!r:.60}.")
    place = os.fspath(ledger)
    # One place, wherever the process goes meanwhile.
    return place if "://" in place or place.startswith("~") else str(Path(place).absolute())


def _budget(argument: Price | None) -> Decimal | None:
    name = "budget" if argument is not None else "SMS_BUDGET"
    text = price(name, argument if argument is not None else os.environ.get(name) or None)
    return None if text is None else Decimal(text)
