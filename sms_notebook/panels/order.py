"""The order panel: pick, see the price, click once, and watch the code come."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import ipywidgets

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels import markup, offers
from sms_notebook.panels.markup import Record, cost, money
from sms_notebook.panels.panel import Panel, free, guarded
from sms_notebook.panels.picker import Choice, Picker, country_choices, service_choices
from sms_notebook.panels.watch import WatchPanel
from sms_notebook.protocol.errors import PurchaseUncertain

_ANEW = 20.0  # seconds between two looks at the offers
_NOT_LOADED = "Services and countries could not be loaded. Trying again by itself."
_FIRST = markup.muted("Pick a service to see prices.")
_OPEN = ("intent", "uncertain")
ANY = "Any operator"
"""Written into the field where none is asked for."""


class OrderPanel(Panel):
    """Orders numbers by clicking.

    Parameters
    ----------
    sms : Client
        Who orders.
    every : float
        Seconds between two polls for codes.
    account_line : bool
        False where somebody else shows it.

    Examples
    --------
    >>> OrderPanel(sms)
    <OrderPanel of <Client sandbox: no real money>, not shown>
    """

    title = "Order a number"

    def __init__(self, sms: Client, *, every: float = EVERY, account_line: bool = True) -> None:
        super().__init__(sms)
        self._watch = WatchPanel(sms, every=every)
        self._watch.money_moved = self.tell_account
        self._has_account_line = account_line
        self.money_moved = self.tell_account
        self.account: Any = None
        self._offers: offers.ServiceOffers | None = None
        self._asking: Future[None] | None = None
        self._is_loaded = False

    def _build(self) -> list[Any]:
        self.account = ipywidgets.HTML('<span class="smsn-muted">Asking for the balance…</span>')
        self._service = Picker("Service", "Name or code, such as Telegram or tg", self._service_set)
        self._country = Picker("Country", "Name, ISO code or id, such as KZ", self._country_set)
        self._operator = Picker("Operator", ANY, lambda _: None, "Country first")
        self._most = ipywidgets.Text(
            description="Max price", placeholder="The price shown", continuous_update=True
        )
        self._most.observe(lambda _: self._allow(), "value")
        choice = [self._service, self._country, self._operator, self._most]
        fields = ipywidgets.HBox(choice).add_class("smsn-fields")
        self._table = ipywidgets.HTML(markup.muted("Loading services and countries…"))
        self._unsettled = ipywidgets.VBox([])
        self._button = self._purchase_button("Order", "Buys one number", self._order)
        return [
            *([self.account] if self._has_account_line else []),
            fields,
            self._table,
            self._button,
            self._status,
            self._unsettled,
            self._watch.root,
        ]

    def _begin(self) -> None:
        self._load()
        self.tell_account()
        self._ask_for_unsettled()
        self.run(self._look_anew)

    def _end(self) -> None:
        self._watch.close()
        self._offers, self._is_loaded = None, False

    # Choosing -----------------------------------------------------------------------------------

    def _load(self) -> None:
        sms = self._sms
        self.work(
            lambda: (sms.get_services_list(), sms.get_countries()), self._loaded, self._not_loaded
        )

    def _not_loaded(self) -> None:
        if not self._is_loaded:
            self._table.value = markup.muted(_NOT_LOADED)

    def _loaded(self, frames: tuple[Any, Any]) -> None:
        services, countries = frames
        self._is_loaded = True
        self._service.fill(service_choices(services))
        self._country.fill(country_choices(countries))
        self._table.value = _FIRST

    @guarded
    def _service_set(self, _: str | None) -> None:
        self._ask_for_offers()

    @guarded
    def _country_set(self, country: str | None) -> None:
        self._operator.fill(())
        if country is not None:
            self.work(
                lambda: self._sms.get_operators(country=country),
                lambda frame: self._operators_came(country, frame),
            )
        self._ask_for_offers()

    def _operators_came(self, country: str, frame: Any) -> None:
        if country == self._country.value:
            names = [str(name) for name in frame["operator"] if not markup.missing(name)]
            self._operator.fill(Choice(name, name) for name in dict.fromkeys(names))

    def _ask_for_offers(self, *, quietly: bool = False) -> None:
        service, country = self._service.value, self._country.value
        if self._asking is not None:
            self._asking.cancel()
        if service is None:
            self._offers, self._table.value = None, _FIRST
            self._allow()
            return
        if not quietly:
            self._offers = None
            self._table.value = markup.muted("Asking for prices…")
            self._allow()
        self._asking = self.work(
            lambda: offers.ask(self._sms, service, country),
            lambda found: self._offers_came(found, service, country),
        )

    def _offers_came(self, found: offers.ServiceOffers, service: str, country: str | None) -> None:
        if (service, country) == (self._service.value, self._country.value):
            self._offers = found
            self._table.value = offers.html(found, service, country, self._names)
            self._allow()
        if self._service.value is None:  # emptied just now, on another thread
            self._ask_for_offers()

    async def _look_anew(self) -> None:
        while self.is_open:
            await asyncio.sleep(_ANEW)
            if not self._is_loaded:
                self._load()
                self.tell_account()
            elif self._offers is not None and not self._busy:
                self._ask_for_offers(quietly=True)

    # Ordering -----------------------------------------------------------------------------------

    def _price(self) -> str | None:
        """Return the most that is paid: what the person wrote, else what is shown."""
        if written := self._most.value.strip():
            return str(written)
        if self._country.value is None or self._offers is None or not self._offers.everywhere:
            return None
        return money(self._offers.everywhere[0].price)

    def _allow(self) -> None:
        most = self._price()
        at_most = "at most " if self._most.value.strip() else ""
        known = self._service.value is not None and self._country.value is not None
        self._button.disabled = self._busy or not known or most is None
        self._button.description = f"Order for {at_most}{most}" if known and most else "Order"

    @guarded
    def _order(self, _: Any) -> None:
        service, country, most = self._service.value, self._country.value, self._price()
        if self._busy or service is None or country is None or most is None:
            return
        operator = self._operator.value
        self._buy(
            "Ordering…",
            lambda: self._sms.order(service, country, max_price=most, operator=operator),
            self._ordered,
        )

    def _ordered(self, frame: Any) -> None:
        row = markup.records(frame)[0]
        number = markup.number(row["phone_number"])
        self.say(f"Ordered {number}{cost(row)}. Its code appears below.", "good")
        self._watch.add(str(row["activation_id"]))

    # What nobody knows ---------------------------------------------------------------------------

    def fail(self, problem: BaseException) -> None:
        """Say what went wrong; of an order that is open, also what may be its own."""
        super().fail(problem)
        if isinstance(problem, PurchaseUncertain):
            self._ask_for_unsettled()

    def _ask_for_unsettled(self) -> None:
        self.work(lambda: _unsettled(self._sms), self._unsettled_came)

    def _unsettled_came(self, found: list[Record]) -> None:
        for row in self._unsettled.children:
            free(row)
        self._unsettled.children = [_row_of(record, self._settle) for record in found]

    @guarded
    def _settle(self, said: dict[str, Any]) -> None:
        """Write what a person says of an order."""
        self.work(lambda: self._sms.reconcile(wait=False, **said), self._settled)

    def _settled(self, frame: Any) -> None:
        for row in markup.records(frame):
            if row["result"] == "bought" and not markup.missing(row["activation_id"]):
                self._watch.add(str(row["activation_id"]))
        self.say("Written down.", "good")
        self._ask_for_unsettled()

    def tell_account(self) -> None:
        """Ask for the balance again."""
        self.work(lambda: _account_line(self._sms), self._account_came)

    def _account_came(self, line: str) -> None:
        self.account.value = line

    def snapshot(self) -> list[list[str]]:
        """Return what was ordered."""
        return self._watch.snapshot()


def _account_line(sms: Client) -> str:
    """Ask for the balance; return it and what is left of the day's budget as HTML."""
    balance: Any = sms.get_balance().loc[0, "balance"]
    left: Any = sms.budget().loc[0, "left"]
    known = "not known" if markup.missing(balance) else money(float(balance))
    words = f"{sms.provider}: balance {known}"
    if not markup.missing(left):
        words += f" · {money(float(left))} left of today's budget"
    return f'<span class="smsn-account">{markup.text(words)}</span>'


# Orders that nobody can settle: a person says which purchase is theirs, or that none is ----------


def _unsettled(sms: Client) -> list[Record]:
    """Return the orders that stay open; asks the provider what may be theirs, if there are any."""
    if not sms.ledger()["state"].isin(_OPEN).any():
        return []
    found = markup.records(sms.reconcile(wait=False))
    return [record for record in found if record["result"] in ("open", "unknown")]


def _row_of(record: Record, say: Callable[[dict[str, Any]], None]) -> Any:
    """Return the row of an order: why it is open, a choice of what may be its own, two buttons.

    Parameters
    ----------
    record : dict
        The order, as ``reconcile`` returns it.
    say : callable
        Takes the arguments of ``reconcile`` that say what became of it.
    """
    order_id = record["order_id"]
    key = "" if markup.missing(record["key"]) else f" ({record['key']})"
    words = f"Nobody knows what became of an order of {record['service']}{key}: {record['why']}."
    refs, phones = record["candidates"], record["candidate_numbers"]
    choices = [
        (f"{markup.number(phone) if phone else 'no number'} · id {ref}", ref)
        for ref, phone in zip(refs, phones, strict=True)
    ]
    choice = ipywidgets.Dropdown(description="It may be", options=choices, disabled=not choices)
    claim = ipywidgets.Button(description="It is this one", disabled=not choices)
    claim.on_click(lambda _: say({"claim": {order_id: choice.value}}))
    dismiss = ipywidgets.Button(description="Nothing was bought")
    dismiss.on_click(lambda _: say({"dismiss": [order_id]}))
    buttons = ipywidgets.HBox([choice, claim, dismiss])
    return ipywidgets.VBox([ipywidgets.HTML(markup.muted(words)), buttons])
