"""A picker: a field to type in, and what matches it, the best first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets

from sms_notebook.panels.markup import missing, records
from sms_notebook.protocol import catalogue as known

_SHOWN = 40  # matches; whoever sees more types another letter


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick.

    Attributes
    ----------
    value : str
        What the client takes.
    label : str
        What a person reads.
    words : tuple of str
        By what it is found besides, folded; a whole one of them picks it.
    """

    value: str
    label: str
    words: tuple[str, ...] = ()


def match(choices: Iterable[Choice], typed: str) -> list[Choice]:
    """Return the choices that fit, the best first.

    Examples
    --------
    >>> some = [Choice("2", "Kazakhstan", ("kz", "2")), Choice("10", "Vietnam", ("vn", "10"))]
    >>> [choice.label for choice in match(some, "kz")], len(match(some, ""))
    (['Kazakhstan'], 2)
    """
    wanted = typed.strip().casefold()
    ranked = ((_rank(choice, wanted), choice) for choice in choices)
    fitting = [(rank, choice) for rank, choice in ranked if rank is not None]
    fitting.sort(key=lambda pair: pair[0])
    return [choice for _, choice in fitting]


def _rank(choice: Choice, wanted: str) -> int | None:
    label = choice.label.casefold()
    if wanted in (label, *choice.words):
        return 0
    if label.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in choice.words):
        return 2
    if f" {wanted}" in label:
        return 3
    in_words = len(wanted) > 1 and any(wanted in word for word in choice.words)
    return 4 if wanted in label or in_words else None


def service_choices(frame: Any) -> list[Choice]:
    """Return the services of ``get_services_list()``."""
    rows = [row for row in records(frame) if not missing(row["service"])]
    return [_service(str(row["service"]), row["name"]) for row in rows]


def _service(code: str, name: Any) -> Choice:
    shown = code if missing(name) else str(name)
    return Choice(code, f"{shown} ({code})", (code.casefold(), shown.casefold()))


def country_choices(frame: Any) -> list[Choice]:
    """Return the countries of ``get_countries()``, with their ISO codes where ids agree."""
    ours = {country.id: country for country in known.countries()}
    called: dict[str, list[str]] = {}
    for name, iso in known.ALSO_CALLED.items():
        called.setdefault(iso, []).append(name)
    choices = []
    for row in records(frame):
        if missing(row["country"]):
            continue
        key = int(row["country"])
        names = [str(row[name]) for name in ("eng", "rus", "chn") if not missing(row[name])]
        shown, iso = (names or [str(key)])[0], ""
        if key in ours and ours[key].eng.casefold() == shown.casefold():
            iso = ours[key].iso
        label = f"{shown} ({iso}, {key})" if iso else f"{shown} ({key})"
        words = (str(key), iso, *names, *called.get(iso, ()))
        choices.append(Choice(str(key), label, tuple(one.casefold() for one in words if one)))
    return choices


class Picker:
    """A field and the list of what matches; typing a whole code or name picks it.

    Parameters
    ----------
    label : str
        What is picked.
    hint : str
        What can be typed.
    picked : callable
        Told of each other choice, and of None where nothing is chosen any more.
    waiting : str
        Shown until there are choices.
    """

    def __init__(
        self,
        label: str,
        hint: str,
        picked: Callable[[str | None], None],
        waiting: str = "Loading…",
    ) -> None:
        self._picked = picked
        self._choices: Sequence[Choice] = ()
        self._filtering = False
        self.value: str | None = None
        self._typed = ipywidgets.Text(description=label, placeholder=hint, continuous_update=True)
        self._list = ipywidgets.Select(options=[(waiting, "")], rows=5, tooltip=f"Matches: {label}")
        self._list.index = None
        self._typed.observe(self._search, "value")
        self._list.observe(self._choose, "index")
        self.root = ipywidgets.VBox([self._typed, self._list])

    @property
    def label(self) -> str:
        """What was picked, for people."""
        return next((one.label for one in self._choices if one.value == self.value), "")

    def fill(self, choices: Sequence[Choice]) -> None:
        """Offer these choices; what is picked stays so where it is among them."""
        self._choices = choices
        if self.value is not None and not self.label:
            self._set(None)
        self._search(None)

    def _search(self, _: Any) -> None:
        found = match(self._choices, self._typed.value)[:_SHOWN]
        whole = self._typed.value.strip().casefold()
        sure = [one for one in found if whole and _rank(one, whole) == 0]
        certain = sure if len(sure) == 1 else found if len(found) == 1 and whole else []
        values = [one.value for one in found]
        chosen = certain[0].value if certain else self.value
        self._filtering = True
        try:
            with self._list.hold_sync():
                self._list.options = [(one.label, one.value) for one in found]
                self._list.index = values.index(chosen) if chosen in values else None
        finally:
            self._filtering = False
        if certain:
            self._set(certain[0].value)

    def _choose(self, _: Any) -> None:
        if not self._filtering and self._list.index is not None and self._choices:
            self._set(self._list.value)

    def _set(self, value: str | None) -> None:
        if value != self.value:
            self.value = value
            self._picked(value)
