"""A picker: a field to type in, and what matches it, the best first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
from traitlets import List, Unicode, validate

from sms_notebook.panels.markup import missing, records
from sms_notebook.protocol import catalogue as known


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
        By what it is found besides.
    """

    value: str
    label: str
    words: tuple[str, ...] = ()


def service_choices(frame: Any) -> list[Choice]:
    """Return the services of ``get_services_list()``."""
    rows = [row for row in records(frame) if not missing(row["service"])]
    return [_service(str(row["service"]), row["name"]) for row in rows]


def _service(code: str, name: Any) -> Choice:
    title = code if missing(name) else str(name)
    return Choice(code, f"{title} ({code})", (code, title))


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
        title, iso = (names or [str(key)])[0], ""
        if key in ours and ours[key].eng.casefold() == title.casefold():
            iso = ours[key].iso
        label = f"{title} ({iso}, {key})" if iso else f"{title} ({key})"
        words = (str(key), iso, *names, *called.get(iso, ()))
        choices.append(Choice(str(key), label, tuple(word for word in words if word)))
    return choices


class Picker(anywidget.AnyWidget):
    """A field and the list of what matches; the page finds it without asking the kernel.

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

    _esm = (Path(__file__).parent / "picker.js").read_text(encoding="utf-8")

    description = Unicode().tag(sync=True)
    placeholder = Unicode().tag(sync=True)
    waiting = Unicode().tag(sync=True)
    choices: Any = List().tag(sync=True)
    value = Unicode(None, allow_none=True).tag(sync=True)

    def __init__(
        self, label: str, hint: str, picked: Callable[[str | None], None], waiting: str = "Loading…"
    ) -> None:
        super().__init__(description=label, placeholder=hint, waiting=waiting)
        self.observe(lambda change: picked(change["new"]), "value")

    def fill(self, choices: Iterable[Choice]) -> None:
        """Offer these choices; what is picked stays so where it is among them."""
        with self.hold_sync():
            self.choices = [[choice.value, choice.label, list(choice.words)] for choice in choices]
            self.value = self.value

    @validate("value")
    def _offered(self, proposal: Any) -> Any:
        """Take nothing that was not offered."""
        wanted = proposal["value"]
        return wanted if any(wanted == value for value, *_ in self.choices) else None
