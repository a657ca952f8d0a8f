"""Panels for a person who prefers clicking to typing; each closes itself with its cell."""

from collections.abc import Iterable, Sequence

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels.account import AccountSection
from sms_notebook.panels.order import OrderSection
from sms_notebook.panels.panel import Panel
from sms_notebook.panels.rent import RentSection
from sms_notebook.panels.section import PanelSection
from sms_notebook.panels.watch import WatchSection
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import OneNumber

__all__ = ["Dashboard", "OrderPanel", "RentPanel", "WatchPanel"]


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

    def _make_sections(self) -> Sequence[PanelSection]:
        return AccountSection(self), OrderSection(self), WatchSection(self, None, self.every)


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
        super().__init__(sms, every=every)

    def _make_sections(self) -> Sequence[PanelSection]:
        return AccountSection(self), WatchSection(self, self._ids, self.every)

    def add(self, activation_id: str) -> None:
        """Show an activation that was just ordered, without waiting for the next poll."""
        self.section("watch").add(activation_id)


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

    def _make_sections(self) -> Sequence[PanelSection]:
        return AccountSection(self), RentSection(self, self.every)


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

    def _make_sections(self) -> Sequence[PanelSection]:
        account, watch = AccountSection(self), WatchSection(self, None, self.every)
        return account, OrderSection(self), watch, RentSection(self, self.every)
