"""Ordering in a panel: choose a country in a table, see the price, click once."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.panels.choices import CatalogueSection
from sms_notebook.panels.section import PanelSection, SectionHost, attempt
from sms_notebook.panels.text import clean, missing, money, plain, purchase_words, records
from sms_notebook.protocol.errors import BadAction, SmsError, UsageProblem

if TYPE_CHECKING:
    from sms_notebook.client.offers import Deliveries, DeliveryPlace
    from sms_notebook.panels.text import DisplayNames

_ANEW = 20.0  # seconds between two looks at the offers
_AGAIN = 5.0  # likewise, until services and countries are there
_LOOKED_AT = 500  # purchases of the ledger, for what was bought most
_FAVOURITES = 5
_TIERS = 40  # prices of a country that are shown
_ANY = "any"  # the operator that is none
_LONGEST = 200  # characters of a code or a word
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

ChosenPlace = tuple[str | None, str | None]
"""Service and country, as far as they are chosen."""


class OrderSection(PanelSection):
    """What can be bought, and the button that buys it.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    """

    name = "order"
    actions = ("buy", "tiers")

    def __init__(self, panel: SectionHost) -> None:
        super().__init__(panel)
        self.catalogue = CatalogueSection(panel, self._ask_for_offers)
        self._asking: Future[None] | None = None
        self.end()

    def begin(self) -> None:
        """Ask what there is, and what was bought before."""
        self.catalogue.publish()
        self.catalogue.begin()
        self._remember()
        self.panel.run(self._look_anew)

    def end(self) -> None:
        """Forget what was loaded."""
        self.catalogue.end()
        self._offers: list[list[Any]] | None = None
        self._is_asking, self._trouble = False, ""
        self._operators: dict[str, Any] | None = None
        self._tiers: dict[str, Any] | None = None
        self._habits: dict[str, Any] = {"again": None, "favourites": None}
        self._ledger_as_of = 0  # tells whether it is still the same
        self._own: tuple[tuple[str, int], Mapping[DeliveryPlace, Deliveries]] | None = None

    def state(self) -> dict[str, Any]:
        """Return what is drawn; prices as they are written."""
        service, country = self._place
        return {
            "is_busy": self.panel.is_busy,
            "service": service,
            "country": country,
            "is_asking": self._is_asking,
            "trouble": self._trouble,
            "offers": self._offers,
            "operators": self._operators,
            "tiers": self._tiers,
            **self._habits,
        }

    def mask_changed(self) -> None:
        """Forget what was looked for, if it may be a number."""
        self.panel.widget.order_choice = self.without_secrets(self.choice)
        super().mask_changed()

    def without_secrets(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return a choice without what was looked for, if it may be a number."""
        looked_for = str(choice.get("filter") or "")
        is_secret = self.sms.shown(looked_for) != looked_for
        return {**choice, "filter": ""} if is_secret else choice

    # Choosing -----------------------------------------------------------------------------------

    @property
    def _place(self) -> ChosenPlace:
        return _word(self.choice.get("service")), _word(self.choice.get("country"))

    @property
    def _is_named(self) -> bool:
        """Whether places are words of the provider's own, of which it lists none."""
        return self.sms.about.provider.named_places

    def chosen(self, before: dict[str, Any]) -> None:
        """Ask for what another service or country costs."""
        service, country = self._place
        is_other_service = service != _word(before.get("service"))
        is_other_country = country != _word(before.get("country"))
        if not is_other_service and not is_other_country:
            return
        if is_other_country:
            self._operators = None
            self._ask_for_operators()
        if is_other_service or self._is_named:
            self._offers, self._trouble = None, ""
            self._ask_for_offers()
        self.publish()

    def _ask_for_offers(self) -> None:
        """Ask what the service costs, in all countries, or where it has to be named in that one."""
        service, country = self._place
        if self._asking is not None:
            self._asking.cancel()
        is_known = service is not None and not (self._is_named and country is None)
        self._is_asking = is_known and self._offers is None
        if service is None or not is_known or not self.catalogue.is_loaded:
            return
        place = service, country if self._is_named else None
        self._asking = self.panel.work(
            lambda: attempt(lambda: self._offered(*place)),
            lambda answer: self._take_offers(answer, place),
        )

    def _offered(self, service: str, country: str | None) -> list[list[Any]]:
        about, counted = self.sms.about, (service, self._ledger_as_of)
        if self._own is None or self._own[0] != counted:
            self._own = counted, about.deliveries(service)
        own = self._own[1]
        offers = about.offers(service, country, own)
        if not offers and country is None and self.catalogue.countries:  # perhaps without prices
            offers = about.offers(service, [key for key, *_ in self.catalogue.countries], own)
        return [
            [
                offer.name if offer.country is None else str(offer.country),
                None if offer.price is None else money(offer.price),
                offer.stock,
                offer.success,
                offer.seconds,
            ]
            for offer in offers
            if (offer.country is not None or offer.name)
            and not (offer.price is None and offer.stock == 0)
        ]

    def _take_offers(self, answer: list[list[Any]] | SmsError, place: ChosenPlace) -> None:
        service, country = self._place
        if place != (service, country if self._is_named else None):
            return
        self._is_asking = False
        if isinstance(answer, SmsError):
            self._trouble = plain(answer)
        else:
            self._offers, self._trouble = answer, ""
        self.publish()

    def _ask_for_operators(self) -> None:
        _, country = self._place
        if country is not None:
            self.panel.work(
                lambda: attempt(lambda: _operators(self.sms, country)),
                lambda answer: self._take_operators(answer, country),
            )

    def _take_operators(self, answer: list[str] | SmsError, country: str) -> None:
        if country != self._place[1]:
            return
        if isinstance(answer, SmsError):
            self._operators = {"country": country, "names": [], "trouble": plain(answer)}
        else:
            self._operators = {"country": country, "names": answer, "trouble": ""}
        self.publish()

    def do_tiers(self, service: Any, country: Any) -> None:
        """Ask for how much more numbers there are at which price."""
        code, place = _word(service), _word(country)
        if code is None or place is None:
            return
        self.panel.work(
            lambda: attempt(lambda: _tiers(self.sms, code, place)),
            lambda answer: self._take_tiers(answer, code, place),
        )

    def _take_tiers(self, answer: dict[str, Any] | SmsError, service: str, country: str) -> None:
        if isinstance(answer, SmsError):
            answer = {"kind": "", "rows": [], "trouble": plain(answer)}
        self._tiers = {"service": service, "country": country, **answer}
        self.publish()

    async def _look_anew(self) -> None:
        while True:
            await asyncio.sleep(_ANEW if self.catalogue.is_loaded else _AGAIN)
            self.panel.guard(self._look)

    def _look(self) -> None:
        """Look at all anew, quietly: what is there stays until something else comes."""
        self.catalogue.begin()
        is_idle = self._asking is None or self._asking.done()
        if self.catalogue.is_loaded and is_idle and not self.panel.is_busy:
            self._ask_for_offers()
        if self._operators is None or self._operators["trouble"]:
            self._ask_for_operators()
        self._remember()

    # What was bought before ---------------------------------------------------------------------

    def _remember(self) -> None:
        self.panel.work(
            lambda: attempt(lambda: _habits(self.sms, self.panel.names)), self._remembered
        )

    def _remembered(self, answer: tuple[int, dict[str, Any]] | SmsError) -> None:
        if not isinstance(answer, SmsError):  # of the ledger, which the account tells
            self._ledger_as_of, self._habits = answer
            self.publish()

    # Ordering -----------------------------------------------------------------------------------

    def do_buy(self, service: Any, country: Any, operator: Any, most: Any) -> None:
        """Order a number, for the price that stands on the button and not more."""
        code, place = _word(service), _word(country)
        if code is None or place is None:
            return
        if not isinstance(most, str) or not _AMOUNT.fullmatch(most):
            raise UsageProblem("the highest price is no amount. Nothing was ordered.")
        wished = _word(operator)
        self.panel.buy(
            "Ordering…",
            lambda: self.sms.order(code, place, max_price=most, operator=wished),
            self._ordered,
        )

    def _ordered(self, frame: pd.DataFrame) -> None:
        row = records(frame)[0]
        words = purchase_words("Ordered", row, is_masked=self.sms.is_masked)
        self.panel.say(f"{words} Its code appears below.", "good")
        self.panel.section("watch").add(str(row["activation_id"]))
        self._remember()


def _word(value: Any) -> str | None:
    """Return what the browser says is a code; None where it is none."""
    is_word = isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
    return value if is_word else None


def _operators(sms: Client, country: str) -> list[str]:
    """Return the operators of a country; none where the provider does not name them."""
    if not sms.has("get_operators"):
        return []
    try:
        frame = sms.get_operators(country=country)
    except BadAction:
        return []
    names = [clean(name) for name in frame["operator"] if not missing(name)]
    return [name for name in dict.fromkeys(names) if name != _ANY]


def _tiers(sms: Client, service: str, country: str) -> dict[str, Any]:
    """Return how many numbers there are at which price, and what that count says."""
    frame: pd.DataFrame
    columns: Any
    if sms.has("get_prices_extended"):
        frame = sms.get_prices_extended(service, country, free_price=True)
        columns = frame[["free_price", "free_price_count", "count_kind"]]
    else:
        frame = sms.get_price_tiers(service, country)
        columns = frame[["price", "count", "count_kind"]]
    by_price: dict[float, int | None] = {}
    rows: list[tuple[Any, Any, Any]] = list(columns.itertuples(index=False, name=None))
    for price, count, kind in rows:
        if missing(price) or price <= 0:
            continue
        listed = None if missing(count) else int(count)
        before = by_price.get(float(price))
        if before is not None and listed is not None and kind == "exact":
            listed += before  # of another supplier
        by_price[float(price)] = listed
    kind = next((str(kind) for *_, kind in rows if not missing(kind)), "")
    listing = [[money(price), count] for price, count in sorted(by_price.items())]
    return {"kind": kind, "rows": listing[:_TIERS], "trouble": ""}


def _habits(sms: Client, names: "DisplayNames") -> tuple[int, dict[str, Any]]:
    """Return what tells whether the ledger is the same, and what was bought last and most often."""
    frame = sms.ledger(kind="activation", limit=_LOOKED_AT)
    as_of = hash(tuple(frame[["order_id", "state", "first_code_at"]].itertuples(index=False)))
    is_bought = frame["bought_at"].notna() & (frame["action"] != "getExtraActivation")
    is_placed = frame["service"].notna() & (frame["country"] >= 0).fillna(value=False)
    frame = frame[is_bought & is_placed]
    counted = frame.groupby(["service", "country"], sort=False).size()
    often = counted.sort_values(ascending=False, kind="stable")[:_FAVOURITES]
    favourites = [
        [str(service), str(int(country)), _named(names, service, country)]
        for service, country in often.index
    ]
    return as_of, {"again": _last(sms, frame, names), "favourites": favourites}


def _last(sms: Client, frame: pd.DataFrame, names: "DisplayNames") -> dict[str, Any] | None:
    """Return what it takes to buy the last number once more."""
    if frame.empty:
        return None
    row = records(frame.iloc[[-1]])[0]
    is_ours = not missing(row["cost"]) and float(row["cost"]) > 0
    takes_operator = "operator" not in sms.about.provider.ignores and row["operator"] != _ANY
    operator = clean(row["operator"]) if takes_operator else ""
    label = _named(names, row["service"], row["country"])
    return {
        "service": str(row["service"]),
        "country": str(int(row["country"])),
        "operator": operator or None,
        "label": f"{label} · {operator}" if operator else label,
        "price": money(float(row["cost"])) if is_ours else None,
        "currency": clean(row["currency"]),
    }


def _named(names: "DisplayNames", service: str, country: int) -> str:
    return clean(f"{names.service(service)} · {names.country(country)}")
