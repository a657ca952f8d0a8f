"""The dashboard: all panels as tabs, with the account line on top."""

from typing import Any

import ipywidgets

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.order import OrderPanel
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.rent import RentPanel
from sms_notebook.panels.watch import WatchPanel


class Dashboard(Panel):
    """Ordering, numbers and rents as tabs.

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

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        super().__init__(sms)
        self._order = OrderPanel(sms, every=every, account_line=False)
        self._watch = WatchPanel(sms, every=every)
        self._rent = RentPanel(sms, every=every)
        self._watch.money_moved = self._rent.money_moved = self._order.tell_account

    def _build(self) -> list[Any]:
        panels = [self._order.root, self._watch.root, self._rent.root]
        tabs = ipywidgets.Tab(panels, titles=("Order", "Numbers", "Rent"))
        return [self._order.account, self._status, tabs]

    def _end(self) -> None:
        for panel in (self._order, self._watch, self._rent):
            panel.close()

    def snapshot(self) -> list[list[str]]:
        """Return the numbers and rents that are alive."""
        return self._watch.snapshot() + self._rent.snapshot()
