"""The rent panel: a number of your own, its messages, and more hours for it."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import ipywidgets
import pandas as pd

from sms_notebook.client import Client
from sms_notebook.client.waiting import EVERY
from sms_notebook.panels import markup
from sms_notebook.panels.following import FollowingPanel
from sms_notebook.panels.markup import Record, missing, records
from sms_notebook.panels.offers import money
from sms_notebook.panels.order import ANY
from sms_notebook.panels.panel import guarded
from sms_notebook.panels.picker import Choice, Picker, country_choices
from sms_notebook.panels.rent_row import LONGEST, SHORTEST, RentRow
from sms_notebook.panels.row import Shared
from sms_notebook.protocol.errors import MaxHoursExceeded, SmsError
from sms_notebook.watching.events import Event
from sms_notebook.watching.watch import masked_event

_FINISH, _CANCEL = 1, 2
_FIRST = (
    '<p class="smsn-muted">Pick a country to see what can be rented. '
    "From a day on the hours are whole days: 24, 48, 72, …</p>"
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be rented; None for what was not chosen."""

    country: str | None
    hours: int
    operator: str | None
    calls: bool


@dataclass(frozen=True, slots=True)
class _Price:
    """What an extension costs."""

    hours: int
    words: str
    maximum: int
    history: list[tuple[str, ...]]


class RentPanel(FollowingPanel):
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
    loading = "Looking for rents…"
    nothing = "No rents. One that is ordered appears here by itself."

    def __init__(self, sms: Client, *, every: float = EVERY) -> None:
        super().__init__(sms, every)
        self._messages: dict[str, list[Event]] = {}
        self._prices: dict[str, str] = {}
        self._countries: list[Choice] = []
        self._asking: Future[None] | None = None
        self._busy = False

    def _build(self) -> list[Any]:
        self._shared = Shared()
        self._country = Picker("Country", "Name, ISO code or id, such as KZ", self._country_set)
        self._service = Picker(
            "Service", "Name or code; full for all", self._service_set, "Country first"
        )
        self._hours = ipywidgets.BoundedIntText(
            value=24, min=SHORTEST, max=LONGEST, description="Hours"
        )
        self._operator = Picker("Operator", ANY, self._wish_changed, "Country first")
        self._calls = ipywidgets.Checkbox(description="Numbers that can be called", indent=False)
        for one in (self._hours, self._calls):
            one.observe(self._wish_changed, "value")
        wish = [self._country, self._service, self._hours, self._operator, self._calls]
        fields = ipywidgets.HBox(wish)
        fields.add_class("smsn-fields")
        self._note = ipywidgets.HTML('<p class="smsn-muted">Loading countries…</p>')
        self._button = ipywidgets.Button(
            description="Rent", button_style="primary", disabled=True, tooltip="Rents one number"
        )
        self._button.add_class("smsn-main")
        self._button.on_click(self._order)
        return [fields, self._note, self._button, self._status, *self._build_list()]

    def _begin(self) -> None:
        self._follow(self._sms.watch(rents=True, every=self._every))
        self.work(self._sms.get_countries, self._countries_came, self._not_loaded)

    def _end(self) -> None:
        super()._end()
        self._shared.close()
        self._messages.clear()
        self._prices, self._countries, self._busy = {}, [], False

    # Choosing -----------------------------------------------------------------------------------

    def _countries_came(self, frame: pd.DataFrame) -> None:
        self._countries = country_choices(frame)
        self._country.fill(self._countries)
        self._note.value = _FIRST

    def _not_loaded(self) -> None:
        if not self._countries:
            self._note.value = '<p class="smsn-muted">Countries could not be loaded.</p>'

    def _wish(self) -> _Wish:
        return _Wish(
            self._country.value, self._hours.value, self._operator.value, self._calls.value
        )

    @guarded
    def _country_set(self, _: str | None) -> None:
        self._operator.fill(())
        self._ask_for_offers()

    @guarded
    def _wish_changed(self, _: Any) -> None:
        self._ask_for_offers()

    @guarded
    def _service_set(self, _: str | None) -> None:
        self._allow()

    def _ask_for_offers(self) -> None:
        wish = self._wish()
        if self._asking is not None:
            self._asking.cancel()
        self._prices = {}
        self._allow()
        if wish.country is None:
            self._service.fill(())
            self._note.value = _FIRST
            return
        self._note.value = '<p class="smsn-muted" role="status">Asking for prices…</p>'
        self._asking = self.work(
            lambda: self._sms.get_rent_services_and_countries(
                rent_time=wish.hours,
                country=wish.country,
                operator=wish.operator,
                incoming_call=wish.calls or None,
            ),
            lambda frame: self._offers_came(wish, frame),
            self._no_offers,
        )

    def _no_offers(self) -> None:
        if not self._prices:
            self._note.value = '<p class="smsn-muted">Nothing to rent like that.</p>'

    def _offers_came(self, wish: _Wish, frame: pd.DataFrame) -> None:
        if wish != self._wish():
            return
        choices = []
        for row in records(frame):
            if missing(row["service"]) or missing(row["cost"]) or row["quant"] == 0:
                continue
            code, name = str(row["service"]), self._named.service(row["service"])
            currency = "" if missing(row["currency"]) else f" {row['currency']}"
            price = f"{money(float(row['cost']))}{currency}"
            stock = "" if missing(row["quant"]) else f", {row['quant']} numbers"
            words = (code, name)
            choices.append(Choice(code, f"{name} ({code}): {price}{stock}", words))
            self._prices[code] = price
        if wish.operator is None:
            names = [str(one) for one in frame.attrs.get("operators") or () if one != "any"]
            self._operator.fill(Choice(name, name) for name in names)
        self._service.fill(choices)
        country = self._named.country(wish.country)
        said = f"{country}, {wish.hours} hours: {len(choices)} services can be rented."
        self._note.value = f'<p class="smsn-muted">{markup.text(said)}</p>'
        self._allow()

    def _allow(self) -> None:
        price = self._prices.get(self._service.value or "")
        self._button.disabled = self._busy or price is None
        self._button.description = f"Rent for {price}" if price else "Rent"

    # Renting ------------------------------------------------------------------------------------

    @guarded
    def _order(self, _: Any) -> None:
        wish, service = self._wish(), self._service.value
        if self._busy or service not in self._prices or wish.country is None:
            return
        country, code = wish.country, str(service)
        self._busy = True
        self._allow()
        self.say("Renting…")
        self.work(
            lambda: self._sms.rent(
                code,
                country,
                wish.hours,
                operator=wish.operator,
                incoming_call=wish.calls or None,
            ),
            self._rented,
            self._rest,
        )

    def _rest(self) -> None:
        self.run(lambda: self._rested(self._rest_over))

    def _rest_over(self) -> None:
        self._busy = False
        self._allow()

    def _rented(self, frame: pd.DataFrame) -> None:
        row = records(frame)[0]
        self.say(f"Rented {markup.number(row['phone_number'])}{_cost(row)}.", "good")
        self.money_moved()
        self._hurry(self._sms.watch(rents=[str(row["rent_id"])], every=self._every))

    # The rents ----------------------------------------------------------------------------------

    def _take(self, record: Record) -> None:
        ref = str(record["rent_id"])
        if ref in self._rows:
            self._rows[ref].update(record)
            return
        row = self._rows[ref] = RentRow(record, self._act, self._shared, self._named, self._seen)
        for event in self._messages.pop(ref, ()):
            row.hear(event)

    def _heard(self, event: Event) -> None:
        if event.kind != "message" or event.rent_id is None or not self.is_open:
            return
        if event.rent_id in self._rows:
            self._rows[event.rent_id].hear(event)
        else:
            self._messages.setdefault(event.rent_id, []).append(event)

    def _seen(self, event: Event) -> Event:
        return masked_event(event) if self._sms.is_masked else event

    @guarded
    def _mask_changed(self) -> None:
        super()._mask_changed()
        for row in self._rows.values():
            row.show_messages()

    @guarded
    def _act(self, row: RentRow, name: str) -> None:
        if row.is_busy or (name == "extend" and row.priced != row.hours.value):
            return
        row.set_busy(True)
        self.say("Asking the provider…")
        if name == "price":
            row.forget_price()
            self.work(
                lambda: self._ask_price(row),
                lambda price: self._priced(row, price),
                lambda: row.set_busy(False),
            )
            return
        hours = row.hours.value
        row.forget_price()  # a double click pays once: the price has to be seen anew
        self.work(
            lambda: self._ask(row.ref, name, hours),
            lambda words: self._done(row.ref, words),
            lambda: row.set_busy(False),
        )

    def _ask_price(self, row: RentRow) -> _Price:
        """Ask for the price of the hours in the field: those may come after the click."""
        while True:
            hours = row.hours.value
            try:
                price = self._price_of(row.ref, hours)
            except SmsError:
                if row.hours.value == hours:
                    raise
            else:
                if row.hours.value == hours:
                    return price

    def _price_of(self, ref: str, hours: int) -> _Price:
        frame: pd.DataFrame = self._sms.continue_rent_info(ref, hours, need_history=True)
        row = records(frame)[0]
        currency = "" if missing(row["currency"]) else f" {row['currency']}"
        history: list[tuple[str, ...]] = [
            (str(one.get("createDate", "")), str(one.get("hours", "")), str(one.get("price", "")))
            for one in frame.attrs.get("history") or ()
            if isinstance(one, dict)
        ]
        words = f"{money(float(row['price']))}{currency}"
        return _Price(hours, words, self._maximum(ref), history)

    def _maximum(self, ref: str) -> int:
        """Ask for the most hours that can be had: the refusal of too many tells."""
        try:
            self._sms.continue_rent_info(ref, LONGEST)
        except MaxHoursExceeded as refusal:
            return LONGEST if refusal.maximum is None else refusal.maximum
        return LONGEST

    @guarded
    def _priced(self, row: RentRow, price: _Price) -> None:
        if price.hours != row.hours.value:
            self.say("")
            return
        row.name_price(f"Extend for {price.words}")
        words = f"{price.hours} hours more cost {price.words}; {price.maximum} hours at most."
        row.show_price(price.hours, words, price.history)
        self.say("")

    def _ask(self, ref: str, name: str, hours: int) -> str:
        if name == "extend":
            row = records(self._sms.extend(ref, hours))[0]
            return f"Extended by {hours} hours{_cost(row)}."
        self._sms.set_rent_status(ref, _FINISH if name == "finish" else _CANCEL)
        return "Finished." if name == "finish" else "Cancelled: the money is back."

    def _done(self, ref: str, words: str) -> None:
        self.say(words, "good")
        self.money_moved()
        self._hurry(self._sms.watch(rents=[ref], every=self._every))

    def _snapshot(self) -> tuple[Sequence[str], list[list[str]]]:
        columns = ("number", "service", "state", "codes")
        ledger = self._sms.ledger()
        mine = ledger[ledger["rent_id"].notna() & (ledger["state"] == "active")]
        return columns, [self._line(one, str(one["state"])) for one in records(mine)]


def _cost(row: Record) -> str:
    if missing(row["cost"]):
        return ""
    currency = "" if missing(row["currency"]) else f" {row['currency']}"
    return f" for {money(float(row['cost']))}{currency}"
