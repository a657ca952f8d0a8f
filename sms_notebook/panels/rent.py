"""The rent panel: a number of your own, its messages, and more hours for it."""

from concurrent.futures import Future
from typing import Any

import ipywidgets
import pandas as pd

from sms_notebook.client import Client
from sms_notebook.client.activation_steps import EVERY
from sms_notebook.panels import markup
from sms_notebook.panels.live_panel import LivePanel
from sms_notebook.panels.markup import Record, cost, missing, price, records
from sms_notebook.panels.order import ANY
from sms_notebook.panels.panel import guarded
from sms_notebook.panels.picker import Choice, Picker, country_choices
from sms_notebook.panels.rows import LONGEST, ExtensionPrice, RentRow, Shared, hours_field
from sms_notebook.protocol.errors import BadRentTime, MaxHoursExceeded, SmsError
from sms_notebook.watching.events import Event
from sms_notebook.watching.watch import masked_event

_FINISH, _CANCEL = 1, 2
_FIRST = markup.muted(
    "Pick a country to see what can be rented. "
    "From a day on the hours are whole days: 24, 48, 72, …"
)


class RentPanel(LivePanel):
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

    def _build(self) -> list[Any]:
        self._shared = Shared(self._sms.about.provider, self._names)
        self._country = Picker("Country", "Name, ISO code or id, such as KZ", self._country_set)
        self._service = Picker(
            "Service", "Name or code; full for all", self._service_set, "Country first"
        )
        self._hours = hours_field(self._shared.provider, description="Hours")
        self._operator = Picker("Operator", ANY, self._choice_changed, "Country first")
        self._calls = ipywidgets.Checkbox(description="Numbers that can be called", indent=False)
        for field in (self._hours, self._calls):
            field.observe(self._choice_changed, "value")
        choice = [self._country, self._service, self._hours, self._operator, self._calls]
        fields = ipywidgets.HBox(choice).add_class("smsn-fields")
        self._note = ipywidgets.HTML(markup.muted("Loading countries…"))
        self._button = self._purchase_button("Rent", "Rents one number", self._order)
        return [fields, self._note, self._button, self._status, *self._build_list()]

    def _begin(self) -> None:
        self._follow(self._sms.watch(rents=True, every=self._every))
        self.work(self._sms.get_countries, self._countries_came, self._not_loaded)

    def _end(self) -> None:
        super()._end()
        self._shared.close()
        self._messages.clear()
        self._prices, self._countries = {}, []

    # Choosing -----------------------------------------------------------------------------------

    def _countries_came(self, frame: pd.DataFrame) -> None:
        self._countries = country_choices(frame)
        self._country.fill(self._countries)
        self._note.value = _FIRST

    def _not_loaded(self) -> None:
        if not self._countries:
            self._note.value = markup.muted("Countries could not be loaded.")

    def _choice(self) -> dict[str, Any]:
        """Return the arguments of a rent; None for what was not chosen."""
        return {
            "country": self._country.value,
            "operator": self._operator.value,
            "incoming_call": self._calls.value or None,
        }

    @guarded
    def _country_set(self, _: str | None) -> None:
        self._operator.fill(())
        self._ask_for_offers()

    @guarded
    def _choice_changed(self, _: Any) -> None:
        self._ask_for_offers()

    @guarded
    def _service_set(self, _: str | None) -> None:
        self._allow()

    def _ask_for_offers(self) -> None:
        choice, hours = self._choice(), self._hours.value
        if self._asking is not None:
            self._asking.cancel()
        self._prices = {}
        self._allow()
        if choice["country"] is None:
            self._service.fill(())
            self._note.value = _FIRST
            return
        self._note.value = markup.muted("Asking for prices…")
        self._asking = self.work(
            lambda: self._sms.get_rent_services_and_countries(rent_time=hours, **choice),
            lambda frame: self._offers_came(choice, hours, frame),
            self._no_offers,
        )

    def _no_offers(self) -> None:
        if not self._prices:
            self._note.value = markup.muted("Nothing to rent like that.")

    def _offers_came(self, choice: dict[str, Any], hours: int, frame: pd.DataFrame) -> None:
        if (choice, hours) != (self._choice(), self._hours.value):
            return
        choices = []
        for row in records(frame):
            if missing(row["service"]) or missing(row["cost"]) or row["quant"] == 0:
                continue
            code, name = str(row["service"]), self._names.service(row["service"])
            paid = price(row["cost"], row["currency"])
            stock = "" if missing(row["quant"]) else f", {row['quant']} numbers"
            choices.append(Choice(code, f"{name} ({code}): {paid}{stock}", (code, name)))
            self._prices[code] = paid
        if choice["operator"] is None:
            names = [str(name) for name in frame.attrs.get("operators") or () if name != "any"]
            self._operator.fill(Choice(name, name) for name in names)
        self._service.fill(choices)
        country = self._names.country(choice["country"])
        found = f"{country}, {hours} hours: {len(choices)} services can be rented."
        self._note.value = markup.muted(found)
        self._allow()

    def _allow(self) -> None:
        amount = self._prices.get(self._service.value or "")
        self._button.disabled = self._busy or amount is None
        self._button.description = f"Rent for {amount}" if amount else "Rent"

    # Renting ------------------------------------------------------------------------------------

    @guarded
    def _order(self, _: Any) -> None:
        choice, hours, service = self._choice(), self._hours.value, self._service.value
        if self._busy or service not in self._prices or choice["country"] is None:
            return
        self._buy(
            "Renting…", lambda: self._sms.rent(str(service), hours=hours, **choice), self._rented
        )

    def _rented(self, frame: pd.DataFrame) -> None:
        row = records(frame)[0]
        self.say(f"Rented {markup.number(row['phone_number'])}{cost(row)}.", "good")
        self._hurry(self._sms.watch(rents=[str(row["rent_id"])], every=self._every))

    # The rents ----------------------------------------------------------------------------------

    def _take(self, record: Record) -> None:
        ref = str(record["rent_id"])
        if ref in self._rows:
            self._rows[ref].update(record)
            return
        row = self._rows[ref] = RentRow(record, self._act, self._shared, self._seen)
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
                lambda quote: self._priced(row, quote),
                lambda: row.set_busy(False),
            )
            return
        hours = row.hours.value
        row.forget_price()  # a double click pays once: the price has to be seen anew
        self.work(
            lambda: self._ask(row.ref, name, hours),
            lambda words: self._done(words, self._sms.watch(rents=[row.ref], every=self._every)),
            lambda: row.set_busy(False),
        )

    def _ask_price(self, row: RentRow) -> ExtensionPrice:
        """Ask for the price of the hours in the field: those may come after the click."""
        while True:
            hours = row.hours.value
            try:
                quote = self._price_of(row.ref, hours)
            except SmsError:
                if row.hours.value == hours:
                    raise
            else:
                if row.hours.value == hours:
                    return quote

    def _price_of(self, ref: str, hours: int) -> ExtensionPrice:
        frame: pd.DataFrame = self._sms.continue_rent_info(ref, hours, need_history=True)
        row = records(frame)[0]
        history = [
            tuple(str(entry.get(name, "")) for name in ("createDate", "hours", "price"))
            for entry in frame.attrs.get("history") or ()
            if isinstance(entry, dict)
        ]
        return ExtensionPrice(
            hours, price(row["price"], row["currency"]), self._maximum(ref), history
        )

    def _maximum(self, ref: str) -> int:
        """Ask for the most hours that can be had: the refusal of too many tells."""
        try:
            self._sms.continue_rent_info(ref, LONGEST)
        except MaxHoursExceeded as refusal:
            return LONGEST if refusal.maximum is None else refusal.maximum
        except BadRentTime as refusal:
            return max(refusal.available, default=LONGEST)
        return LONGEST

    @guarded
    def _priced(self, row: RentRow, quote: ExtensionPrice) -> None:
        if quote.hours != row.hours.value:
            self.say("")
            return
        row.show_price(quote)
        self.say("")

    def _ask(self, ref: str, name: str, hours: int) -> str:
        if name == "extend":
            row = records(self._sms.extend(ref, hours))[0]
            return f"Extended by {hours} hours{cost(row)}."
        self._sms.set_rent_status(ref, _FINISH if name == "finish" else _CANCEL)
        return "Finished." if name == "finish" else "Cancelled: the money is back."

    def snapshot(self) -> list[list[str]]:
        """Return the rents that are alive."""
        mine = self._sms.ledger(kind=("rent", "extension"), state="active")
        mine = mine.drop_duplicates("rent_id")  # an extension is a row of its own
        return [self._line(record, str(record["state"])) for record in records(mine)]
