"""The watch panel: numbers that are alive, and their codes as they come."""

from collections.abc import Iterable, Sequence
from typing import Any

from sms_notebook.client import Client
from sms_notebook.client.waiting import EVERY
from sms_notebook.panels import markup
from sms_notebook.panels.following import FollowingPanel
from sms_notebook.panels.markup import Record
from sms_notebook.panels.panel import guarded
from sms_notebook.panels.row import ActivationRow, Shared, state_of
from sms_notebook.protocol.arguments import Identifier

_DONE = {
    "again": "One more code was asked for: it appears here.",
    "finish": "Finished: the number is paid for.",
    "cancel": "Cancelled: the money is back.",
    "hear": "The recording is being read anew.",
}


class WatchPanel(FollowingPanel):
    """Numbers with their codes, which appear by themselves.

    Parameters
    ----------
    sms : Client
        Whose numbers.
    ids : str or list of str, optional
        Activations; all that are alive if not given, new ones included.
    every : float
        Seconds between two polls.

    Examples
    --------
    >>> WatchPanel(sms)
    <WatchPanel of <Client sandbox: no real money>, not shown>
    """

    title = "Numbers"
    loading = "Looking for active numbers…"
    nothing = "No active numbers. One that is ordered appears here by itself."

    def __init__(
        self,
        sms: Client,
        ids: Identifier | Iterable[Identifier] | None = None,
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__(sms, every)
        some = [ids] if isinstance(ids, str | int) else ids
        self._ids = None if some is None else [str(one) for one in some]

    def add(self, activation_id: str) -> None:
        """Show an activation that was just ordered, without waiting for the next poll."""
        if self._ids is not None:
            self._ids.append(activation_id)
        if not self.is_open:
            return
        watch = self._sms.watch([activation_id], every=self._every)
        if self._ids is None:
            self._hurry(watch)
        else:
            self._follow(watch)

    def _build(self) -> list[Any]:
        self._shared = Shared()
        return [self._status, *self._build_list()]

    def _begin(self) -> None:
        self._follow(self._sms.watch(self._ids, every=self._every))

    def _end(self) -> None:
        super()._end()
        self._shared.close()

    def _take(self, record: Record) -> None:
        ref = str(record["activation_id"])
        if ref in self._rows:
            self._rows[ref].update(record)
        else:
            self._rows[ref] = ActivationRow(record, self._act, self._shared, self._named)

    # Acting -------------------------------------------------------------------------------------

    @guarded
    def _act(self, row: ActivationRow, name: str) -> None:
        if row.is_busy:
            return
        row.set_busy(True)
        self.say("Asking the provider…")
        language = str(row.language.value) if name == "hear" else ""
        self.work(
            lambda: self._ask(row.ref, name, language),
            lambda code: self._done(row.ref, name, code),
            lambda: row.set_busy(False),
        )

    def _ask(self, ref: str, name: str, language: str) -> str | None:
        """Ask the client; return the code that came instead of being cancelled."""
        if name == "again":
            self._sms.again(ref)
        elif name == "finish":
            self._sms.finish(ref)
        elif name == "hear":
            self._sms.parse_call(ref, language)
        else:
            code = self._sms.cancel(ref).loc[0, "code"]
            return None if markup.missing(code) else str(code)
        return None

    def _done(self, ref: str, name: str, code: str | None) -> None:
        came = f"Not cancelled: the code {code} has come."
        self.say(_DONE[name] if code is None else came, "good")
        self.money_moved()
        self._hurry(self._sms.watch([ref], every=self._every))

    def _snapshot(self) -> tuple[Sequence[str], list[list[str]]]:
        columns = ("number", "service", "state", "codes")
        if self._rows and not self._sms.is_masked:  # the rows may be of the time before
            return columns, [
                self._line(row.record, state_of(row.record)) for row in self._rows.values()
            ]
        ledger = self._sms.ledger()
        mine = ledger[ledger["activation_id"].notna()]
        if self._ids is None:
            mine = mine[mine["state"] == "active"]
        else:
            mine = mine[mine["activation_id"].isin(self._ids)]
        return columns, [self._line(one, str(one["state"])) for one in markup.records(mine)]
