"""Renting in a panel: a number of your own, its messages, and more hours for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sms_notebook.panels.choices import CatalogueSection
from sms_notebook.panels.rent_offers import RentChoice, RentOffers, extension_price
from sms_notebook.panels.section import LiveSection, SectionHost
from sms_notebook.panels.text import Record, clean, cost, epoch, number, purchase_words, records
from sms_notebook.protocol.replies import Status
from sms_notebook.providers.row import Rents
from sms_notebook.watching.events import Event
from sms_notebook.watching.watch import Watch, masked_event

_FINISH, _CANCEL = 1, 2
_AGAIN = 3.0  # seconds until what could not be loaded is asked for again
_MOST_MESSAGES = 200  # messages of a rent that are shown
_ENDED: dict[str, str] = {
    Status.CANCEL: "Cancelled",
    Status.FINISH: "Finished",
    Status.REVOKE: "Revoked",
}


@dataclass(slots=True)
class Messages:
    """The messages of a rent, the latest last.

    Attributes
    ----------
    events : list of (int, Event)
        Each with its place among all that came.
    total : int
        How many came in all.
    """

    events: list[tuple[int, Event]] = field(default_factory=list)
    total: int = 0

    def add(self, event: Event) -> None:
        """Take one more."""
        self.total += 1
        entries = [*self.events, (self.total, event)]
        # A new list: another thread may draw this one.
        self.events = sorted(entries, key=lambda entry: (entry[1].at, entry[0]))[-_MOST_MESSAGES:]


class RentSection(LiveSection):
    """What can be rented, and the rents that are alive.

    Parameters
    ----------
    panel : SectionHost
        It belongs to.
    every : float
        Seconds between two polls.
    """

    name = "rent"
    actions = (
        "ask_again", "cancel", "close", "compare", "extend", "finish", "open", "price", "rent",
    )  # fmt: skip

    def __init__(self, panel: SectionHost, every: float) -> None:
        super().__init__(panel, every)
        self._provider = self.sms.about.provider
        self._can_rent = self._provider.rents is not Rents.NONE
        self._own_catalogue = CatalogueSection(panel, self.publish)
        self._offers = RentOffers(self, lambda: self._catalogue.countries)
        self._messages: dict[str, Messages] = {}
        self._opened: str | None = None
        self._is_closed = False
        self._quote: dict[str, Any] | None = None
        self._busy: set[str] = set()
        self._watch: Watch | None = None
        self._has_masked = False

    def begin(self) -> None:
        """Begin to watch, and ask for the countries."""
        if self._can_rent:
            self._watch_all()
            if self._catalogue is self._own_catalogue:
                self._own_catalogue.publish()
                self.panel.run(self._load)

    @property
    def _catalogue(self) -> CatalogueSection:
        """What can be chosen; where numbers are ordered in this panel, it is asked for there."""
        order = self.panel.section("order")
        return self._own_catalogue if order is None else cast("CatalogueSection", order.catalogue)

    async def _load(self) -> None:
        while not self._own_catalogue.is_loaded:
            self.panel.guard(self._own_catalogue.begin)
            await asyncio.sleep(_AGAIN)

    def _watch_all(self) -> None:
        self._watch = self.sms.watch(rents=True, every=self.every)
        self.follow(self._watch)

    def end(self) -> None:
        """Forget all."""
        super().end()
        self._own_catalogue.end()
        self._offers.forget()
        self._messages.clear()
        self._busy.clear()
        self._opened = self._quote = self._watch = None
        self._has_masked = self._is_closed = False

    def key_of(self, record: Record) -> str:
        """Return the id of a rent."""
        return str(record["rent_id"])

    def add(self, rent_id: str) -> None:
        """Show a rent that was just bought, without waiting for the next poll."""
        if self.panel.is_open:
            self.hurry(self.sms.watch(rents=[rent_id], every=self.every))

    # Drawing ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what is drawn."""
        rents = [self._line(key, record) for key, record in self.rows.items()]
        rents.sort(key=lambda line: (line["is_over"], -(line["since"] or 0)))
        return {
            "can_rent": self._can_rent,
            "provider": self._provider.title,
            "trouble": self.sms.shown(self.trouble),
            "is_loading": not self.has_looked,
            "is_busy": self.panel.is_busy,
            "offers": self._offers.state(),
            "rents": rents,
            "opened": self._details(),
        }

    def _line(self, key: str, record: Record) -> dict[str, Any]:
        """Return one rent as it is drawn."""
        since = epoch(record["since"])
        provider = self._provider
        rests = provider.first_cancel if provider.rents is Rents.AS_ACTIVATIONS else 0.0
        return {
            "id": key,
            "number": number(record["phone_number"]),
            "bare": clean(record["phone_number"]),
            "place": clean(self.panel.names.place(record)),
            "state": _state(record),
            "is_over": bool(record["is_over"]),
            "is_busy": key in self._busy,
            "code": clean(record["code"]),
            "messages": int(record["messages"]),
            "since": since,
            "ends": epoch(record["ends_at"]),
            "cancel_from": None if since is None else since + rests,
            "cancel_until": None if since is None else since + provider.rent_refund,
        }

    def _details(self) -> dict[str, Any] | None:
        """Return the messages of the rent that is open, and what more hours of it cost."""
        if self._opened not in self.rows:
            return None
        messages = self._messages.get(self._opened, Messages())
        return {
            "id": self._opened,
            "messages": [
                _message(at, self._visible(event)) for at, event in reversed(messages.events)
            ],
            "total": messages.total,
            "quote": self._quote,
        }

    def _visible(self, event: Event) -> Event:
        return masked_event(event) if self.sms.is_masked else event

    def take(self, watch: Watch) -> None:
        """Take how the rents stand; the latest is open until a person opens another, or none."""
        super().take(watch)
        if self._opened is None and not self._is_closed:
            alive = [key for key, record in self.rows.items() if not record["is_over"]]
            self._opened = max(alive, key=self._begun, default=None)

    def _begun(self, key: str) -> float:
        return epoch(self.rows[key]["since"]) or 0.0

    def hear(self, event: Event) -> None:
        """Take a message; the watch of a rent that was just bought tells nothing new."""
        if event.kind == "message" and event.rent_id is not None:
            self._has_masked = self._has_masked or self.sms.is_masked
            self._messages.setdefault(event.rent_id, Messages()).add(event)

    def mask_changed(self) -> None:
        """Show what is there masked; what came masked is told anew once it may be seen."""
        if self._has_masked and not self.sms.is_masked and self._watch is not None:
            before, self._has_masked = self._watch, False
            self._messages.clear()
            self._watches.remove(before)
            before.close()
            self._watch_all()
        super().mask_changed()

    # Choosing and renting -----------------------------------------------------------------------

    def chosen(self, _: dict[str, Any]) -> None:
        """Ask for what is chosen."""
        self._offers.chosen()

    def do_compare(self) -> None:
        """Ask for the prices of other hours."""
        self._offers.compare()

    def do_ask_again(self) -> None:
        """Ask for the prices again."""
        self._offers.ask_anew()

    def do_rent(self, service: str, hours: int, given: dict[str, Any], words: str) -> None:
        """Rent what is shown for the price that is shown; anything else is not from our page."""
        try:
            choice = RentChoice(**given)
        except TypeError:
            return
        if self._offers.words_of(choice, service, hours) != words:
            self.panel.say("The price has changed: look again.", "bad")
            return
        sms = self.sms
        self.panel.buy(
            "Renting…",
            lambda: sms.rent(service, hours=hours, **choice._asdict()),
            self._rented,
        )

    def _rented(self, frame: Any) -> None:
        row = records(frame)[0]
        self.panel.say(purchase_words("Rented", row, is_masked=self.sms.is_masked), "good")
        self._opened, self._quote = str(row["rent_id"]), None
        self.add(self._opened)
        self._offers.ask_anew()

    # The rents ----------------------------------------------------------------------------------

    def do_open(self, rent: str) -> None:
        """Show the messages of a rent."""
        if rent in self.rows and rent != self._opened:
            self._opened, self._quote = rent, None
            self.publish()

    def do_close(self) -> None:
        """Show no messages."""
        self._opened, self._quote, self._is_closed = None, None, True
        self.publish()

    def do_finish(self, rent: str) -> None:
        """End a rent."""
        self._change(rent, _FINISH, "Finished.")

    def do_cancel(self, rent: str) -> None:
        """Give a rent back."""
        self._change(rent, _CANCEL, "Cancelled: the money is back.")

    def _change(self, rent: str, status: int, words: str) -> None:
        def changed(_: Any) -> None:
            self.panel.say(words, "good")
            self.add(rent)

        self._ask(rent, lambda: self.sms.set_rent_status(rent, status), changed)

    def _ask(self, rent: str, ask: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Ask something about a rent, one thing at a time."""
        if rent not in self.rows or rent in self._busy:
            return
        self._busy.add(rent)
        self.panel.say("Asking the provider…")
        self.publish()

        def ended() -> None:
            self._busy.discard(rent)
            self.publish()

        self.panel.work(ask, then, ended)

    def do_price(self, rent: str, hours: int) -> None:
        """Ask what more hours cost, how many can be had, and what was paid for more before."""
        if not _is_hours(hours):
            return
        self._quote = None

        def priced(quote: dict[str, Any]) -> None:
            self.panel.say("")
            if self._opened == rent:
                self._quote = quote

        self._ask(rent, lambda: extension_price(self.sms, rent, hours), priced)

    def do_extend(self, rent: str, hours: int, words: str) -> None:
        """Pay for more hours; a double click pays once, since the price has to be seen anew."""
        quote = self._quote
        is_shown = quote is not None and (quote["hours"], quote["words"]) == (hours, words)
        if rent != self._opened or not is_shown or self.panel.is_busy or rent in self._busy:
            return
        self._quote = None

        def extended(frame: Any) -> None:
            row = records(frame)[0]
            self.panel.say(f"Extended by {hours} hours{cost(row)}.", "good")
            self.add(rent)

        self.panel.buy("Extending…", lambda: self.sms.extend(rent, hours), extended)

    def snapshot(self) -> list[list[str]]:
        """Return the rents that are alive."""
        mine = self.sms.ledger(kind=("rent", "extension"), state="active")
        mine = mine.drop_duplicates("rent_id")  # an extension is a row of its own
        return [
            [
                number(record["phone_number"]),
                self.panel.names.service(record["service"]),
                str(record["state"]),
                ", ".join(map(clean, record["codes"])),
            ]
            for record in records(mine)
        ]


def _is_hours(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _state(record: Record) -> str:
    """Say how a rent stands."""
    if record["is_over"]:
        return _ENDED.get(str(record["status"]), "Over")
    count = int(record["messages"])
    return "No messages yet" if not count else f"{count} message{'s' if count > 1 else ''}"


def _message(place: int, event: Event) -> dict[str, Any]:
    """Return a message as it is drawn."""
    return {
        "id": place,
        "at": event.at.timestamp(),
        "text": clean(event.text),
        "code": clean(event.code),
        "sender": clean(event.phone_from),
    }
