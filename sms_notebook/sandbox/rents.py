"""The life of a rented number: messages over hours, prolonged, finished, cancelled, revoked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from sms_notebook.sandbox.agenda import Agenda, Appointment
from sms_notebook.sandbox.books import Books
from sms_notebook.sandbox.dice import random_for
from sms_notebook.sandbox.lands import Land
from sms_notebook.sandbox.market import FULL_RENT, POPULAR
from sms_notebook.sandbox.messages import Message, code_in, language_of, new_code, sms_text
from sms_notebook.sandbox.numbers import stranger
from sms_notebook.sandbox.postbox import Postbox
from sms_notebook.sandbox.rent_market import MOST_HOURS, RentMarket, RentOffer

REFUND_SECONDS = 20 * 60
"""Within so long a rent can be cancelled with the money back."""

REORDER_SECONDS = 24 * 60 * 60
"""So long after its end a completed rent can be had again, under a new id."""

_FIRST_MESSAGE_SECONDS = (20, 120)
_NEXT_MESSAGE_SECONDS = (120, 3 * 60 * 60)
_MOST_MESSAGES = 12
_USUAL_SUCCESS = 0.95


class RentStage(Enum):
    """Where a rent is in its life."""

    ACTIVE = "active"
    FINISHED = "finished"
    CANCELLED = "cancelled with a refund"
    REVOKED = "number blocked, money returned"


@dataclass(frozen=True, slots=True)
class Prolongation:
    """One paid extension."""

    at: datetime
    cents: int
    hours: int


@dataclass(slots=True, eq=False)
class Rent:
    """One number that is kept for hours."""

    id: int
    service: str
    land: Land
    phone: str
    at: datetime
    hours: int
    offer: RentOffer
    entries: list[int]
    webhook_url: str | None = None
    stage: RentStage = RentStage.ACTIVE
    closed_at: datetime | None = None
    messages: list[Message] = field(default_factory=list)
    prolongations: list[Prolongation] = field(default_factory=list)
    due: int = 0
    arrival: Appointment | None = None
    end: Appointment | None = None

    @property
    def ends_at(self) -> datetime:
        """When the paid hours are over."""
        return self.at + timedelta(hours=self.hours)

    @property
    def is_active(self) -> bool:
        """Whether the number still receives."""
        return self.stage is RentStage.ACTIVE

    @property
    def hours_left(self) -> int:
        """By how many hours it may be prolonged; a completed one starts anew."""
        return MOST_HOURS - self.hours if self.is_active else MOST_HOURS


class Rents:
    """All rents and what happens to them."""

    def __init__(
        self,
        *,
        seed: int,
        books: Books,
        agenda: Agenda,
        market: RentMarket,
        postbox: Postbox,
        success: float | None,
    ) -> None:
        self.success = success
        self._all: dict[int, Rent] = {}
        self._seed = seed
        self._books = books
        self._agenda = agenda
        self._market = market
        self._postbox = postbox
        self._steps = random_for(seed, "rent ids")
        self._last_id = 18_000_000 + self._steps.randrange(900_000)

    def next_id(self) -> int:
        """Return the id of the next rent."""
        self._last_id += self._steps.randint(1, 9)
        return self._last_id

    @property
    def all(self) -> Mapping[int, Rent]:
        """Every one, in the order of buying."""
        return self._all

    def active(self) -> list[Rent]:
        """Those that still receive, the newest first."""
        return [rent for rent in reversed(self._all.values()) if rent.is_active]

    def begin(self, rent: Rent) -> None:
        """Start the life of a number that was just paid for."""
        self._all[rent.id] = rent
        rent.offer.stock -= 1
        self._set_end(rent)
        chance = random_for(self._seed, f"rent:{rent.id}")
        success = _USUAL_SUCCESS if self.success is None else self.success
        if chance.random() < success:
            rent.due = chance.randint(3, _MOST_MESSAGES)
            self._expect(rent, rent.at + timedelta(seconds=chance.uniform(*_FIRST_MESSAGE_SECONDS)))

    def prolong(self, rent: Rent, extension: Prolongation, entry: int) -> None:
        """Add hours that were just paid for."""
        rent.hours += extension.hours
        rent.entries.append(entry)
        rent.prolongations.append(extension)
        self._set_end(rent)

    def receive(self, rent: Rent, message: Message) -> None:
        """Let a message arrive."""
        rent.messages.append(message)
        self._postbox.put(rent.webhook_url, rent.id, rent.land.id, message)

    def send(self, rent: Rent, now: datetime, text: str, code: str | None) -> None:
        """Let a message with this text arrive."""
        if not rent.is_active:
            raise ValueError(f"rent {rent.id} is over: {rent.stage.value}")
        chance = random_for(self._seed, f"by hand:{rent.id}:{len(rent.messages)}")
        found = code_in(text) if code is None else code
        sender = stranger(chance, rent.land.country)
        self.receive(rent, Message(text, found, now, sender, self._service(rent, "ot")))

    def finish(self, rent: Rent, now: datetime) -> None:
        """End it; it stays paid."""
        self._close(rent, RentStage.FINISHED, now)
        for entry in rent.entries:
            self._books.reward(entry)

    def cancel(self, rent: Rent, now: datetime) -> None:
        """End it at the customer's wish, with the money back."""
        self._close(rent, RentStage.CANCELLED, now)
        self._return(rent)

    def revoke(self, rent: Rent, now: datetime) -> None:
        """End it because the number got blocked, with the money back."""
        if not rent.is_active:
            raise ValueError(f"rent {rent.id} is over: {rent.stage.value}")
        self._close(rent, RentStage.REVOKED, now)
        self._return(rent)

    def _close(self, rent: Rent, stage: RentStage, now: datetime) -> None:
        rent.stage = stage
        rent.closed_at = now
        rent.offer.stock += 1
        for appointment in (rent.arrival, rent.end):
            if appointment is not None:
                appointment.called_off = True

    def _return(self, rent: Rent) -> None:
        for entry in rent.entries:
            self._books.refund(entry)

    def _set_end(self, rent: Rent) -> None:
        if rent.end is not None:
            rent.end.called_off = True
        rent.end = self._agenda.add(rent.ends_at, lambda now: self.finish(rent, now))

    def _expect(self, rent: Rent, at: datetime) -> None:
        """Arrange the next message, and after it the one that follows."""

        def arrive(now: datetime) -> None:
            chance = random_for(self._seed, f"rent message:{rent.id}:{rent.due}")
            service = self._service(rent, chance.choice(POPULAR[:12]))
            code = new_code(service, chance)
            text = sms_text(service, code, language_of(rent.land.country), chance)
            sender = stranger(chance, rent.land.country)
            self.receive(rent, Message(text, code, now, sender, service))
            rent.due -= 1
            if rent.due:
                gap = chance.uniform(*_NEXT_MESSAGE_SECONDS)
                self._expect(rent, now + timedelta(seconds=gap))

        rent.arrival = self._agenda.add(at, arrive)

    @staticmethod
    def _service(rent: Rent, otherwise: str) -> str:
        """Return whose message it is: a number rented in full receives from everybody."""
        return otherwise if rent.service in (FULL_RENT, "ot") else rent.service
