"""The dashboard: all panels as the tabs of one."""

from collections.abc import Sequence

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.account import AccountSection
from sms_notebook.panels.order import OrderSection
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.rent import RentSection
from sms_notebook.panels.section import PanelSection
from sms_notebook.panels.watch import WatchSection


class Dashboard(Panel):
    """Ordering, numbers, rents and the account as tabs.

    Parameters
    ----------
    sms : Client
        Who does everything.
    every : float
        Seconds between two polls.

    Examples
    --------
    >>> Dashboard(sms)
    <Dashboard of <Client sandbox: no real money>, not shown>
    """

    title = "SMS dashboard"
    tabs = (
        ("Order", ("order", "watch")),
        ("Watch", ("watch",)),
        ("Rent", ("rent",)),
        ("Account", ("account",)),
    )

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        self._every = every
        super().__init__(sms)

    def _make_sections(self) -> Sequence[PanelSection]:
        every = self._every
        account, watch = AccountSection(self), WatchSection(self, None, every)
        return account, OrderSection(self), watch, RentSection(self, every)
