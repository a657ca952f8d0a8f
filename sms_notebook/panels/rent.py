"""The rent panel: a number of your own, its messages, and more hours for it."""

from collections.abc import Sequence
from typing import Any

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.account import AccountSection
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.section import LiveSection, Section
from sms_notebook.panels.text import Record


class RentSection(LiveSection):
    """What can be rented, and the rents that are alive."""

    name = "rent"

    def begin(self) -> None:
        """Begin to watch."""
        self.follow(self.sms.watch(rents=True, every=self.every))

    def key_of(self, record: Record) -> str:
        """Return the id of a rent."""
        return str(record["rent_id"])

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        return {}


class RentPanel(Panel):
    """Rents numbers, shows their messages, and extends them.

    Parameters
    ----------
    sms : Client
        Who rents.
    every : float
        Seconds between two polls.

    Examples
    --------
    >>> RentPanel(sms)
    <RentPanel of <Client sandbox: no real money>, not shown>
    """

    title = "Rent a number"
    tabs = (("Rent", ("rent",)),)

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        self._every = every
        super().__init__(sms)

    def _make_sections(self) -> Sequence[Section]:
        return AccountSection(self), RentSection(self, self._every)
