"""Services and countries as people find them: by code, ISO code, id and any of their names."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.panels.section import PanelSection, SectionHost, attempt
from sms_notebook.panels.text import Record, clean, missing, plain, records
from sms_notebook.protocol import catalogue as known
from sms_notebook.protocol.errors import BadAction, SmsError

Choice = list[Any]
"""Of a service: its code, its label, and the words it is found by. Of a country: id, name, ISO code
(empty where nobody knows it), words."""


def service_choices(sms: Client) -> list[Choice]:
    """Return the services of a provider; of one that has no list, those of the protocol.

    Examples
    --------
    >>> [choice for choice in service_choices(sms) if choice[0] == "tg"]
    [['tg', 'Telegram (tg)', ['tg', 'Telegram']]]
    """
    frame = _listed(sms, "get_services_list")
    if frame is None:
        named = dict(sms.names.services)
    else:
        named = {row["service"]: row["name"] for row in records(frame)}
    return [
        [str(code), f"{title} ({code})", [str(code), title]]
        for code, name in named.items()
        if not missing(code)
        for title in [clean(name) or str(code)]
    ]


def country_choices(sms: Client) -> list[Choice]:
    """Return the countries of a provider; of one that has no list, those of the protocol.

    Examples
    --------
    >>> key, name, iso, words = country_choices(sms)[2]
    >>> key, name, iso, "Kazakhstan" in words
    ('2', 'Kazakhstan', 'KZ', True)
    """
    frame = _listed(sms, "get_countries")
    if frame is None:
        rows: list[Record] = [{"country": key, "eng": n} for key, n in sms.names.countries.items()]
    else:
        rows = [row for row in records(frame) if not missing(row["country"])]
    ours = {country.eng.casefold(): country for country in known.countries()}
    called: dict[str, list[str]] = defaultdict(list)
    for name, iso in known.ALSO_CALLED.items():
        called[iso].append(name)
    choices = []
    for row in rows:
        key = str(int(row["country"]))
        names = [clean(row.get(name)) for name in ("eng", "rus", "chn")]
        title = next(filter(None, names), key)
        same = ours.get(title.casefold())
        iso = same.iso if same else ""
        words = {key, iso, *names, *called[iso], *((same.rus, same.chn) if same else ())}
        choices.append([key, title, iso, sorted(words - {""})])
    return choices


def _listed(sms: Client, method: str) -> pd.DataFrame | None:
    """Ask for a list; None where the provider has none."""
    if not sms.has(method):
        return None
    ask: Callable[[], pd.DataFrame] = getattr(sms, method)
    try:
        return ask()
    except BadAction:
        return None


class CatalogueSection(PanelSection):
    """What can be chosen, in a trait of its own: it is long, and does not change with prices.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    loaded : callable
        Called when it is there.
    """

    name = "catalogue"

    def __init__(self, panel: SectionHost, loaded: Callable[[], object]) -> None:
        super().__init__(panel)
        self._loaded = loaded
        self.countries: list[Choice] = []
        """The countries, as `country_choices` returns them."""
        self.is_loaded = False
        """Whether they, and the services, are there."""
        self._services: list[Choice] = []
        self._trouble = ""

    def begin(self) -> None:
        """Ask for it, unless it is there."""
        if not self.is_loaded:
            self.panel.work(lambda: attempt(self._ask), self._take)

    def end(self) -> None:
        """Forget it: what is opened anew, asks anew."""
        self.countries, self._services = [], []
        self.is_loaded, self._trouble = False, ""

    def _ask(self) -> tuple[list[Choice], list[Choice]]:
        if self.sms.about.provider.named_places:
            return [], []  # nobody has a list of its words
        return service_choices(self.sms), country_choices(self.sms)

    def _take(self, answer: tuple[list[Choice], list[Choice]] | SmsError) -> None:
        if isinstance(answer, SmsError):
            self._trouble = plain(answer)
        elif not self.is_loaded:
            self._services, self.countries = answer
            self.is_loaded, self._trouble = True, ""
            self._loaded()
        self.publish()

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        provider = self.sms.about.provider
        return {
            "services": self._services,
            "countries": self.countries,
            "is_loaded": self.is_loaded,
            "is_free": provider.named_places,
            "trouble": self._trouble,
            "provider": provider.title,
            "currency": provider.currency,
            "takes_operator": "operator" not in provider.ignores,
            "has_tiers": self.sms.has("get_prices_extended") or self.sms.has("get_price_tiers"),
        }
