"""The order panel: choose a country in a table, see the price, click once."""

from collections.abc import Sequence
from typing import Any

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.account import AccountSection
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.section import Section
from sms_notebook.panels.watch import WatchSection


class OrderSection(Section):
    """What can be bought, and the button that buys it."""

    name = "order"

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        return {}


class OrderPanel(Panel):
    """Orders numbers by clicking.

    Parameters
    ----------
    sms : Client
        Who orders.
    every : float
        Seconds between two polls for codes.

    Examples
    --------
    >>> OrderPanel(sms)
    <OrderPanel of <Client sandbox: no real money>, not shown>
    """

    title = "Order a number"
    tabs = (("Order", ("order", "watch")),)

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        self._every = every
        super().__init__(sms)

    def _make_sections(self) -> Sequence[Section]:
        return AccountSection(self), OrderSection(self), WatchSection(self, None, self._every)
