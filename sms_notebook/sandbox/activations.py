"""The life of an activation: bought, waiting, code, one more code, finished or cancelled."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum

from sms_notebook.sandbox.agenda import Agenda, Appointment
from sms_notebook.sandbox.books import Books
from sms_notebook.sandbox.dice import random_for
from sms_notebook.sandbox.lands import Land
from sms_notebook.sandbox.market import Market, Offer
from sms_notebook.sandbox.messages import (
    Message,
    code_in,
    language_of,
    new_code,
    sms_text,
    voice_text,
)
from sms_notebook.sandbox.numbers import stranger
from sms_notebook.sandbox.postbox import Postbox

LIFE_SECONDS = 20 * 60
"""After so long an activation ends by itself."""

EARLY_CANCEL_SECONDS = 2 * 60
"""A number cannot be cancelled before."""

CODE_SECONDS = (3, 25)
"""How long a code takes, from purchase or from the request for one more."""

MAX_PARSINGS = 4
"""A call is turned into text at most so often; when it arrives is the first time."""


class Kind(IntEnum):
    """How the service verifies: ``activationType`` and ``verificationType``."""

    SMS = 0
    CALL = 1
    VOICE = 2


class Stage(Enum):
    """Where an activation is in its life."""

    WAITING = "waiting for a message"
    RECEIVED = "a code has come"
    RETRYING = "one more was asked for"
    FINISHED = "finished with a code"
    CANCELLED = "cancelled by the customer"
    RETURNED = "ended without a code"


_OVER = frozenset({Stage.FINISHED, Stage.CANCELLED, Stage.RETURNED})


@dataclass(slots=True, eq=False)
class Activation:
    """One number for one service."""

    id: int
    kind: Kind
    service: str
    land: Land
    operator: str
    phone: str
    at: datetime
    entry: int
    offer: Offer | None
    tier: int = 0
    user: str | None = None
    language: str = "en"
    repeated: bool = False
    stage: Stage = Stage.WAITING
    messages: list[Message] = field(default_factory=list)
    parsings: int = 0
    retries: int = 0
    arrival: Appointment | None = None
    end: Appointment | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.stage in _OVER

    @property
    def last(self) -> Message | None:
        """The latest message."""
        return self.messages[-1] if self.messages else None


class Activations:
    """All activations and what happens to them."""

    def __init__(
        self,
        *,
        seed: int,
        books: Books,
        agenda: Agenda,
        market: Market,
        postbox: Postbox,
        success: float | None,
    ) -> None:
        self.success = success
        self.webhook_url: str | None = None
        self.order_ids: set[str] = set()
        self._active: dict[int, Activation] = {}
        self._all: dict[int, Activation] = {}
        self._seed = seed
        self._books = books
        self._agenda = agenda
        self._market = market
        self._postbox = postbox
        self._steps = random_for(seed, "activation ids")
        self._last_id = 3_900_000_000 + self._steps.randrange(50_000_000)

    def next_id(self) -> int:
        """Return the id of the next activation: other customers buy in between."""
        self._last_id += self._steps.randint(1, 60)
        return self._last_id

    def chance(self, activation_id: int) -> random.Random:
        """Return the chance that decides about the number of an activation."""
        return random_for(self._seed, f"activation:{activation_id}")

    @property
    def active(self) -> Mapping[int, Activation]:
        """Those that are not over, in the order of buying."""
        return self._active

    @property
    def all(self) -> Mapping[int, Activation]:
        """Every one, in the order of buying."""
        return self._all

    def newest_first(self) -> Iterator[Activation]:
        """Walk through every one, the latest bought first."""
        return (self._all[number_id] for number_id in reversed(self._all))

    def begin(self, activation: Activation) -> None:
        """Start the life of a number that was just bought."""
        self._all[activation.id] = self._active[activation.id] = activation
        ends = activation.at + timedelta(seconds=LIFE_SECONDS)
        activation.end = self._agenda.add(ends, lambda now: self._end(activation, now))
        self._expect(activation, activation.at)

    def receive(self, activation: Activation, message: Message) -> None:
        """Let a message or a call arrive."""
        activation.messages.append(message)
        activation.stage = Stage.RECEIVED
        activation.parsings = 1 if activation.kind is Kind.VOICE else 0
        self._books.account.note_code(activation.user)
        if activation.kind is Kind.SMS:
            self._postbox.put(self.webhook_url, activation.id, activation.land.id, message)

    def send(self, activation: Activation, now: datetime, text: str, code: str | None) -> None:
        """Let a message with this text arrive; it takes the place of the one on its way."""
        if activation.is_over:
            raise ValueError(f"activation {activation.id} is over: {activation.stage.value}")
        _call_off(activation.arrival)
        chance = random_for(self._seed, f"by hand:{activation.id}:{len(activation.messages)}")
        found = code_in(text) if code is None else code
        sender = stranger(chance, activation.land.country)
        self.receive(activation, Message(text, found, now, sender, activation.service))

    def retry(self, activation: Activation, now: datetime) -> None:
        """Ask for one more code."""
        activation.stage = Stage.RETRYING
        activation.retries += 1
        self._expect(activation, now)

    def finish(self, activation: Activation) -> None:
        """End it as a success: it is paid for."""
        self._close(activation, Stage.FINISHED)
        self._books.reward(activation.entry)

    def cancel(self, activation: Activation) -> None:
        """End it at the customer's wish, with the money back."""
        self._close(activation, Stage.CANCELLED)
        self._return(activation)
        self._books.account.note_cancel(activation.user)

    def parse_again(self, activation: Activation, language: str | None) -> None:
        """Turn the call into text once more, in another language."""
        call = activation.messages[-1]
        activation.parsings += 1
        activation.language = language or activation.language
        text = voice_text(call.code, activation.language)
        activation.messages[-1] = Message(text, call.code, call.at, call.phone_from, call.service)

    def _end(self, activation: Activation, _now: datetime) -> None:
        if activation.messages:
            self.finish(activation)
        else:
            self._close(activation, Stage.RETURNED)
            self._return(activation)

    def _close(self, activation: Activation, stage: Stage) -> None:
        activation.stage = stage
        _call_off(activation.arrival)
        _call_off(activation.end)
        del self._active[activation.id]

    def _return(self, activation: Activation) -> None:
        self._books.refund(activation.entry)
        if activation.offer is not None:
            self._market.put_back(activation.offer, activation.tier)

    def _expect(self, activation: Activation, now: datetime) -> None:
        """Decide whether a code will come, which, and when."""
        chance = random_for(self._seed, f"code:{activation.id}:{activation.retries}")
        comes = chance.random()
        after = chance.uniform(*CODE_SECONDS)
        code = new_code(activation.service, chance)
        sender = stranger(chance, activation.land.country)
        if comes >= self._success_of(activation):
            return
        if activation.kind is Kind.CALL:
            code, text = sender[-4:], ""
        elif activation.kind is Kind.VOICE:
            text = voice_text(code, activation.language)
        else:
            text = sms_text(activation.service, code, language_of(activation.land.country), chance)

        def arrive(at: datetime) -> None:
            self.receive(activation, Message(text, code, at, sender, activation.service))

        activation.arrival = self._agenda.add(now + timedelta(seconds=after), arrive)

    def _success_of(self, activation: Activation) -> float:
        if self.success is not None:
            return self.success
        offer = activation.offer
        return offer.success / 100 if offer is not None else 0.9


def _call_off(appointment: Appointment | None) -> None:
    if appointment is not None:
        appointment.called_off = True
