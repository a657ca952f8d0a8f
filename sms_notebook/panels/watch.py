"""The watch panel: numbers that are alive, and their codes as they come."""

from collections.abc import Iterable, Sequence
from typing import Any

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.account import AccountSection
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.section import LiveSection, Section
from sms_notebook.panels.text import Record
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import OneNumber


class WatchSection(LiveSection):
    """Numbers with their codes.

    Parameters
    ----------
    panel : Panel
        It belongs to.
    ids : list of str or None
        Activations; all that are alive if None.
    every : float
        Seconds between two polls.
    """

    name = "watch"

    def __init__(self, panel: Panel, ids: list[str] | None, every: float) -> None:
        super().__init__(panel, every)
        self._ids = ids

    def begin(self) -> None:
        """Begin to watch."""
        self.follow(self.sms.watch(self._ids, every=self.every))

    def key_of(self, record: Record) -> str:
        """Return the id of an activation."""
        return str(record["activation_id"])

    def add(self, activation_id: str) -> None:
        """Show an activation that was just ordered, without waiting for the next poll."""
        if self._ids is not None:
            self._ids.append(activation_id)
        if not self.panel.is_open:
            return
        watch = self.sms.watch([activation_id], every=self.every)
        if self._ids is None:
            self.hurry(watch)
        else:
            self.follow(watch)

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        return {
            "trouble": self.trouble,
            "is_loading": not self.has_looked,
            "numbers": [
                {"id": key, "number": record["phone_number"]} for key, record in self.rows.items()
            ],
        }


class WatchPanel(Panel):
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
    tabs = (("Watch", ("watch",)),)

    def __init__(
        self,
        sms: Client,
        ids: OneNumber | Iterable[OneNumber] | None = None,
        *,
        every: float = EVERY,
    ) -> None:
        self._ids = None if ids is None else arg.ids("ids", "activation_id", ids)
        self._every = every
        super().__init__(sms)

    def _make_sections(self) -> Sequence[Section]:
        return AccountSection(self), WatchSection(self, self._ids, self._every)
