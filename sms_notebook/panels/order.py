"""The order panel: pick, see the price, click once, and watch the code come."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import ipywidgets

from sms_notebook.client import Client
from sms_notebook.client.waiting import EVERY
from sms_notebook.panels import account, markup, offers
from sms_notebook.panels.panel import Panel, guarded
from sms_notebook.panels.picker import Choice, Picker, country_choices, service_choices
from sms_notebook.panels.watch import WatchPanel

_ANEW = 20.0  # seconds between two looks at the offers
_NOT_LOADED = "Services and countries could not be loaded. Trying again by itself."
_FIRST = '<p class="smsn-muted">Pick a service to see prices.</p>'
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
        self.account: Any = None
        self._offers: offers.Offers | None = None
        self._asking: Future[None] | None = None
        self._busy = False
        self._is_loaded = False

    def _build(self) -> list[Any]:
        self.account = ipywidgets.HTML('<span class="smsn-muted">Asking for the balance…</span>')
        self._service = Picker("Service", "Name or code, such as Telegram or tg", self._service_set)
        self._country = Picker("Country", "Name, ISO code or id, such as KZ", self._country_set)
        self._operator = Picker("Operator", ANY, lambda _: None, "Country first")
        self._most = ipywidgets.Text(
            description="Highest price", placeholder="The price shown", continuous_update=True
        )
        self._most.observe(lambda _: self._allow(), "value")
        fields = ipywidgets.HBox([self._service, self._country, self._operator, self._most])
        fields.add_class("smsn-fields")
        self._table = ipywidgets.HTML('<p class="smsn-muted">Loading services and countries…</p>')
        self._button = ipywidgets.Button(
            description="Order", button_style="primary", disabled=True, tooltip="Buys one number"
        )
        self._button.add_class("smsn-main")
        self._button.on_click(self._order)
        return [
            *([self.account] if self._has_account_line else []),
            fields,
            self._table,
            self._button,
            self._status,
            self._watch.root,
        ]

    def _begin(self) -> None:
        self._load()
        self.tell_account()
        self.run(self._look_anew)

    def _end(self) -> None:
        self._watch.close()
        self._offers, self._busy, self._is_loaded = None, False, False

    # Choosing -----------------------------------------------------------------------------------

    def _load(self) -> None:
        sms = self._sms
        self.work(
            lambda: (sms.get_services_list(), sms.get_countries()), self._loaded, self._not_loaded
        )

    def _not_loaded(self) -> None:
        if not self._is_loaded:
            self._table.value = f'<p class="smsn-muted">{_NOT_LOADED}</p>'

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
            self._table.value = '<p class="smsn-muted" role="status">Asking for prices…</p>'
            self._allow()
        self._asking = self.work(
            lambda: offers.ask(self._sms, service, country),
            lambda found: self._offers_came(found, service, country),
        )

    def _offers_came(self, found: offers.Offers, service: str, country: str | None) -> None:
        if (service, country) == (self._service.value, self._country.value):
            self._offers = found
            self._table.value = offers.show(found, service, country, self._named)
            self._allow()

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
        return offers.money(self._offers.everywhere[0].price)

    def _allow(self) -> None:
        """Write the price on the button, and let it be clicked where all is known."""
        price = self._price()
        at_most = "at most " if self._most.value.strip() else ""
        known = self._service.value is not None and self._country.value is not None
        self._button.disabled = self._busy or not known or price is None
        self._button.description = f"Order for {at_most}{price}" if known and price else "Order"

    @guarded
    def _order(self, _: Any) -> None:
        service, country, price = self._service.value, self._country.value, self._price()
        if self._busy or service is None or country is None or price is None:
            return
        self._busy = True
        self._allow()
        operator = self._operator.value
        self.say("Ordering…")
        self.work(
            lambda: self._sms.order(service, country, max_price=price, operator=operator),
            self._ordered,
            self._rest,
        )

    def _ordered(self, frame: Any) -> None:
        row = markup.records(frame)[0]
        paid = "" if markup.missing(row["cost"]) else f" for {offers.money(float(row['cost']))}"
        currency = "" if markup.missing(row["currency"]) else f" {row['currency']}"
        number = markup.number(row["phone_number"])
        self.say(f"Ordered {number}{paid}{currency}. Its code appears below.", "good")
        self._watch.add(str(row["activation_id"]))

    def _rest(self) -> None:
        self.tell_account()
        self.run(lambda: self._rested(self._rest_over))

    def _rest_over(self) -> None:
        self._busy = False
        self._allow()

    def tell_account(self) -> None:
        """Ask for the balance again."""
        self.work(lambda: account.ask(self._sms), self._account_came)

    def _account_came(self, line: str) -> None:
        self.account.value = line

    def _snapshot(self) -> tuple[Sequence[str], list[list[str]]]:
        return self._watch._snapshot()  # noqa: SLF001 - what was ordered is what there is to tell
