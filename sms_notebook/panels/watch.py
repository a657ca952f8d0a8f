"""The watch panel: numbers that are alive, and their codes as they come."""

from collections.abc import Iterable
from typing import Any

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels import markup
from sms_notebook.panels.live_panel import LivePanel
from sms_notebook.panels.markup import Record
from sms_notebook.panels.panel import guarded
from sms_notebook.panels.rows import ActivationRow, Shared, state_of
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import OneNumber

_DONE = {
    "again": "One more code was asked for: it appears here.",
    "finish": "Finished: the number is paid for.",
    "cancel": "Cancelled: the money is back.",
    "hear": "The recording is being read anew.",
}


class WatchPanel(LivePanel):
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
        ids: OneNumber | Iterable[OneNumber] | None = None,
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__(sms, every)
        self._ids = None if ids is None else arg.ids("ids", "activation_id", ids)

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
        self._shared = Shared(self._sms.about.provider, self._names)
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
            self._rows[ref] = ActivationRow(record, self._act, self._shared)

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
            lambda words: self._done(words, self._sms.watch([row.ref], every=self._every)),
            lambda: row.set_busy(False),
        )

    def _ask(self, ref: str, name: str, language: str) -> str:
        """Do something with a number; return what to say of it."""
        if name == "again":
            self._sms.again(ref)
        elif name == "finish":
            self._sms.finish(ref)
        elif name == "hear":
            self._sms.parse_call(ref, language)
        else:
            code = self._sms.cancel(ref).loc[0, "code"]
            if not markup.missing(code):
                return f"Not cancelled: the code {code!s} has come."
        return _DONE[name]

    def snapshot(self) -> list[list[str]]:
        """Return the numbers that are watched."""
        if self._rows and not self._sms.is_masked:  # the rows may be of the time before
            rows = [row.record for row in self._rows.values()]
            return [self._line(record, state_of(record)) for record in rows]
        if self._ids is None:
            mine = self._sms.ledger(kind="activation", state="active")
        else:
            mine = self._sms.ledger(kind="activation")
            mine = mine[mine["activation_id"].isin(self._ids)]
        rows = markup.records(mine)
        return [self._line(record, str(record["state"])) for record in rows]
