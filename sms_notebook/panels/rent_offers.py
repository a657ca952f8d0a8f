"""What can be rented, by service and hours in one country, and what more hours cost."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.panels.choices import Choice
from sms_notebook.panels.section import PanelSection
from sms_notebook.panels.text import Record, clean, missing, price, records
from sms_notebook.protocol.errors import BadRentTime, MaxHoursExceeded, NoNumbers, SmsError
from sms_notebook.providers.row import Provider

LONGEST = 1344
"""Hours of a rent or of an extension."""

_USUAL = (4, 12, 24, 48, 72, 168, 336, 720)  # hours that are compared where any can be had
_PICK = "Pick a country to see what can be rented."
_WHOLE_DAYS = f"{_PICK} From a day on the hours are whole days: 24, 48, 72, …"


OffersByHours = dict[int, pd.DataFrame | SmsError]
"""Offers by their hours, or why there are none."""


class RentChoice(NamedTuple):
    """What prices are for, but the hours.

    Attributes
    ----------
    country : str
        Its id.
    operator : str or None
        None for any.
    incoming_call : bool or None
        True for numbers that can be called.
    """

    country: str
    operator: str | None
    incoming_call: bool | None


def hours_of(provider: Provider) -> dict[str, Any]:
    """Tell which hours can be had: these only, or any between two; and which stand there first."""
    fixed = list(provider.rent_hours)
    if fixed:
        return {"fixed": fixed, "least": fixed[0], "most": fixed[-1], "first": fixed[0]}
    return {"fixed": [], "least": provider.shortest_rent, "most": LONGEST, "first": 24}


class RentOffers:
    """Asks for offers when somebody chooses, and keeps them while they are for the same.

    Parameters
    ----------
    section : PanelSection
        It is drawn with; its `choice` tells what is chosen.
    countries : callable
        Returns the countries that can be chosen, their ids first.
    """

    def __init__(self, section: PanelSection, countries: Callable[[], list[Choice]]) -> None:
        self._section = section
        self._countries = countries
        self._sms: Client = section.sms
        self.hours = hours_of(self._sms.about.provider)
        self.forget()

    def forget(self) -> None:
        """Forget everything."""
        self.note = _PICK if self.hours["fixed"] else _WHOLE_DAYS
        self._choice: RentChoice | None = None
        self._rows: dict[int, list[dict[str, Any]]] = {}
        self._refused: set[int] = set()
        self._operators: list[str] = []
        self._asking: Future[None] | None = None
        self._pending_hours: set[int] = set()
        self._failed = False

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        return {
            "hours": self.hours,
            "note": self.note,
            "country": self._choice.country if self._choice else None,
            "is_asking": sorted(self._pending_hours),
            "has_failed": self._failed and not self._pending_hours,
            "others": self._others() if self._rows else [],
            "rows": [row for hours in sorted(self._rows) for row in self._rows[hours]],
            "operators": self._operators,
        }

    # Choosing -----------------------------------------------------------------------------------

    def choice(self) -> RentChoice | None:
        """Return what is chosen, as far as it was offered."""
        choice = self._section.choice
        country, operator = choice.get("country"), choice.get("operator")
        if country not in [value for value, *_ in self._countries()]:
            return None
        is_known = self._choice is not None and self._choice.country == country
        operator = operator if is_known and operator in self._operators else None
        return RentChoice(str(country), operator, True if choice.get("calls") is True else None)

    def chosen_hours(self) -> int:
        """Return the hours that are chosen."""
        hours = self._section.choice.get("hours")
        fixed, least, most = (self.hours[name] for name in ("fixed", "least", "most"))
        is_right = isinstance(hours, int) and (hours in fixed if fixed else least <= hours <= most)
        return int(hours) if is_right and not isinstance(hours, bool) else int(self.hours["first"])  # type: ignore[arg-type]  # none is None

    def chosen(self) -> None:
        """Ask for what is chosen, where it is not known yet."""
        choice, hours = self.choice(), self.chosen_hours()
        if choice != self._choice:
            if choice is None or self._choice is None or choice.country != self._choice.country:
                self._operators = []
            self._stop()
            self._choice, self._rows = choice, {}
            self._refused.clear()
        if choice is None:
            self.note = _PICK if self.hours["fixed"] else _WHOLE_DAYS
        elif hours not in self._rows and hours not in self._pending_hours:
            self._refused.discard(hours)
            self._stop()
            self._ask([hours])
        elif hours in self._rows:
            self._tell()
        self._section.publish()

    def compare(self) -> None:
        """Ask for the prices of other hours too, with one request each."""
        if self._choice is not None and self._rows and not self._pending_hours:
            self._ask(self._others())
            self._section.publish()

    def ask_anew(self) -> None:
        """Ask again for what is chosen: something was rented, or could not be asked for."""
        if self._choice is not None:
            self._stop()
            self._ask([self.chosen_hours()], is_anew=True)
            self._section.publish()

    def words_of(self, choice: RentChoice, service: str, hours: int) -> str | None:
        """Return the price that is shown for something; None where none is."""
        if choice != self._choice:
            return None
        rows = (row for row in self._rows.get(hours, ()) if row["service"] == service)
        return next((str(row["words"]) for row in rows), None)

    # Asking -------------------------------------------------------------------------------------

    def _others(self) -> list[int]:
        least = int(self.hours["least"])
        usual: Sequence[int] = self.hours["fixed"] or [each for each in _USUAL if each >= least]
        return [each for each in usual if each not in self._rows and each not in self._refused]

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking, self._pending_hours = None, set()

    def _ask(self, hours: list[int], *, is_anew: bool = False) -> None:
        choice, sms = self._choice, self._sms
        if choice is None or not hours:
            return
        self._pending_hours = set(hours)
        self.note = "Asking for prices…"

        def ask() -> OffersByHours:
            offers: OffersByHours = {}
            for each in hours:
                try:
                    offers[each] = sms.get_rent_services_and_countries(
                        rent_time=each, **choice._asdict()
                    )
                except (BadRentTime, NoNumbers) as refusal:
                    offers[each] = refusal
            return offers

        def take(offers: OffersByHours) -> None:
            if self._asking is future:
                if is_anew:
                    self._rows = {}
                self._take(offers)
                self._failed = False

        def ended() -> None:
            if self._asking is future:
                self._asking, self._pending_hours = None, set()
                self._tell()
                self._section.publish()

        self._failed = True  # until something comes
        future = self._asking = self._section.panel.work(ask, take, ended)

    def _take(self, offers: OffersByHours) -> None:
        for hours, frame in offers.items():
            if isinstance(frame, SmsError):
                self._refused.add(hours)
                if len(offers) == 1:
                    self._section.panel.fail(frame)
                continue
            self._rows[hours] = [self._row(hours, row) for row in records(frame) if _is_there(row)]
            if self._choice is not None and self._choice.operator is None:
                names = [clean(name) for name in frame.attrs.get("operators") or ()]
                self._operators = [name for name in dict.fromkeys(names) if name != "any"]

    def _row(self, hours: int, row: Record) -> dict[str, Any]:
        code = str(row["service"])
        return {
            "service": code,
            "name": clean(self._section.panel.names.service(code)),
            "hours": hours,
            "price": float(row["cost"]),
            "words": price(row["cost"], row["currency"]),
            "stock": None if missing(row["quant"]) else int(row["quant"]),
        }

    def _tell(self) -> None:
        """Say what was found."""
        hours = self.chosen_hours()
        if self._choice is None:
            return
        if self._failed:
            self.note = "Prices could not be asked for."
            return
        if hours not in self._rows or not self._rows[hours]:
            self.note = "Nothing to rent like that."
            return
        country = self._section.panel.names.country(self._choice.country)
        self.note = f"{country}, {hours} hours: {len(self._rows[hours])} services can be rented."
        if self._refused:
            none = ", ".join(map(str, sorted(self._refused)))
            self.note += f" Not to be had for {none} hours."


def _is_there(row: Record) -> bool:
    """Tell whether something can be rented: it has a price, and is not sold out."""
    return not (missing(row["service"]) or missing(row["cost"]) or row["quant"] == 0)


def extension_price(sms: Client, rent: str, hours: int) -> dict[str, Any]:
    """Ask what more hours of a rent cost, the most that can be had, and what was paid before."""
    frame: Any = sms.continue_rent_info(rent, hours, need_history=True)
    row = records(frame)[0]
    history = [
        [clean(entry.get(name)) for name in ("createDate", "hours", "price")]
        for entry in frame.attrs.get("history") or ()
        if isinstance(entry, dict)
    ]
    words = price(row["price"], row["currency"])
    return {"hours": hours, "words": words, "most": _most(sms, rent), "history": history}


def _most(sms: Client, rent: str) -> int:
    """Ask for the most hours that can be had: the refusal of too many tells."""
    try:
        sms.continue_rent_info(rent, LONGEST)
    except MaxHoursExceeded as refusal:
        return LONGEST if refusal.maximum is None else refusal.maximum
    except BadRentTime as refusal:
        return max(refusal.available, default=LONGEST)
    return LONGEST
