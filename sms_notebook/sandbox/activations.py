"""The life of an activation: bought, waiting, code, one more code, finished or cancelled."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, IntEnum

from sms_notebook.sandbox.account import Payments
from sms_notebook.sandbox.activation_market import ActivationMarket, ActivationOffer
from sms_notebook.sandbox.country_markets import SILENT, SLOW, TWICE, CountryMarket, random_sender
from sms_notebook.sandbox.messages import (
    ReceivedMessage,
    WebhookOutbox,
    code_in,
    new_code,
    sms_text,
    voice_text,
)
from sms_notebook.sandbox.simulation import ScheduledEvent, Scheduler, cancel, random_for

LIFE_SECONDS = 20 * 60
"""After so long an activation ends by itself."""

EARLY_CANCEL_SECONDS = 2 * 60
"""A number cannot be cancelled before."""

FIRST_ID = 3_900_000_000
"""Ids of activations begin somewhere above."""

CODE_SECONDS = (1, 4)
"""How long a code takes, from purchase or from the request for one more."""

MARKET_SECONDS = (3, 25)
"""The same as on a real market."""

SLOW_SECONDS = (60, 90)
"""The same with the operator that is slow."""

MAX_PARSINGS = 4
"""A call is turned into text at most so often; when it arrives is the first time."""


class VerificationKind(IntEnum):
    """How the service verifies: ``activationType`` and ``verificationType``."""

    SMS = 0
    CALL = 1
    VOICE = 2


class ActivationStage(Enum):
    """Where an activation is in its life."""

    WAITING = "waiting for a message"
    RECEIVED = "a code has come"
    RETRYING = "one more was asked for"
    FINISHED = "finished with a code"
    CANCELLED = "cancelled by the customer"
    RETURNED = "ended without a code"


_OVER = frozenset({ActivationStage.FINISHED, ActivationStage.CANCELLED, ActivationStage.RETURNED})


@dataclass(slots=True, eq=False)
class Activation:
    """One number for one service."""

    id: int
    kind: VerificationKind
    service: str
    country_market: CountryMarket
    operator: str
    phone: str
    at: datetime
    offer: ActivationOffer | None
    payment_id: int = -1
    tier: int = 0
    user: str | None = None
    language: str = "en"
    repeated: bool = False
    stage: ActivationStage = ActivationStage.WAITING
    messages: list[ReceivedMessage] = field(default_factory=list)
    parsings: int = 0
    retries: int = 0
    arrival: ScheduledEvent | None = None
    end: ScheduledEvent | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.stage in _OVER

    @property
    def ends_at(self) -> datetime:
        """When it ends by itself."""
        return self.at if self.end is None else self.end.at

    @property
    def last(self) -> ReceivedMessage | None:
        """The latest message."""
        return self.messages[-1] if self.messages else None


class SandboxActivations:
    """All activations and what happens to them."""

    def __init__(
        self,
        seed: int,
        payments: Payments,
        scheduler: Scheduler,
        outbox: WebhookOutbox,
        market: ActivationMarket,
        *,
        success: float | None,
        first_id: int = FIRST_ID,
        lives: Mapping[str, Mapping[int, int]] | None = None,
    ) -> None:
        self.success = success
        self.webhook_url: str | None = None
        self.order_ids: set[str] = set()
        self.active: dict[int, Activation] = {}
        """Those that are not over, in the order of buying."""
        self.all: dict[int, Activation] = {}
        """Every one, in the order of buying."""
        self._seed = seed
        self._payments = payments
        self._scheduler = scheduler
        self._market = market
        self._outbox = outbox
        self._steps = random_for(seed, "activation ids")
        self._lives = lives or {}
        self._last_id = first_id + self._steps.randrange(50_000_000)

    def next_id(self) -> int:
        """Return the id of the next activation: other customers buy in between."""
        self._last_id += self._steps.randint(1, 60)
        return self._last_id

    def chance(self, activation_id: int) -> random.Random:
        """Return the chance that decides about the number of an activation."""
        return random_for(self._seed, f"activation:{activation_id}")

    def begin(self, activation: Activation) -> None:
        """Start the life of a number that was just bought."""
        self.all[activation.id] = self.active[activation.id] = activation
        own = self._lives.get(activation.service, {}).get(activation.country_market.id)
        life = LIFE_SECONDS if own is None else own * 60
        ends = activation.at + timedelta(seconds=life)
        activation.end = self._scheduler.add(ends, lambda now: self._end(activation, now))
        self._expect(activation, activation.at)

    def receive(self, activation: Activation, message: ReceivedMessage) -> None:
        """Let a message or a call arrive."""
        activation.messages.append(message)
        activation.stage = ActivationStage.RECEIVED
        activation.parsings = 1 if activation.kind is VerificationKind.VOICE else 0
        self._payments.account.note_code(activation.user)
        if activation.kind is VerificationKind.SMS:
            self._outbox.put(self.webhook_url, activation.id, activation.country_market.id, message)

    def send(self, activation: Activation, now: datetime, text: str, code: str | None) -> None:
        """Let a message with this text arrive; it takes the place of the one on its way."""
        if activation.is_over:
            raise ValueError(f"activation {activation.id} is over: {activation.stage.value}")
        cancel(activation.arrival)
        chance = random_for(self._seed, f"by hand:{activation.id}:{len(activation.messages)}")
        digits = code_in(text) if code is None else code
        sender = random_sender(chance, activation.country_market.country)
        self.receive(activation, ReceivedMessage(text, digits, now, sender, activation.service))

    def retry(self, activation: Activation, now: datetime) -> None:
        """Ask for one more code."""
        activation.stage = ActivationStage.RETRYING
        activation.retries += 1
        self._expect(activation, now)

    def finish(self, activation: Activation) -> None:
        """End it as a success: it is paid for."""
        self._close(activation, ActivationStage.FINISHED)
        self._payments.reward(activation.payment_id)

    def cancel(self, activation: Activation) -> None:
        """End it for the customer, with the money back."""
        self._close(activation, ActivationStage.CANCELLED)
        self._return(activation)
        self._payments.account.note_cancel(activation.user)

    def parse_again(self, activation: Activation, language: str | None) -> None:
        """Turn the call into text once more, in another language."""
        call = activation.messages[-1]
        activation.parsings += 1
        activation.language = language or activation.language
        text = voice_text(call.code, activation.language)
        activation.messages[-1] = replace(call, text=text)

    def _end(self, activation: Activation, _now: datetime) -> None:
        if activation.messages:
            self.finish(activation)
        else:
            self._close(activation, ActivationStage.RETURNED)
            self._return(activation)

    def _close(self, activation: Activation, stage: ActivationStage) -> None:
        activation.stage = stage
        cancel(activation.arrival, activation.end)
        del self.active[activation.id]

    def _return(self, activation: Activation) -> None:
        self._payments.refund(activation.payment_id)
        if activation.offer is not None:
            self._market.put_back(activation.offer, activation.tier)

    def _expect(self, activation: Activation, now: datetime) -> None:
        """Decide whether a code will come, which, and when."""
        chance = random_for(self._seed, f"code:{activation.id}:{activation.retries}")
        comes = chance.random()
        usual_seconds = MARKET_SECONDS if self.success is None else CODE_SECONDS
        is_slow = activation.operator == SLOW
        after = chance.uniform(*(SLOW_SECONDS if is_slow else usual_seconds))
        code = new_code(activation.service, chance)
        sender = random_sender(chance, activation.country_market.country)
        usual = 0.9 if activation.offer is None else activation.offer.success / 100
        share = usual if self.success is None else self.success
        if activation.operator == SILENT or comes >= share:
            return
        if activation.kind is VerificationKind.CALL:
            code, text = sender[-4:], ""
        elif activation.kind is VerificationKind.VOICE:
            text = voice_text(code, activation.language)
        else:
            text = sms_text(activation.service, code, activation.country_market.country, chance)

        def arrive(at: datetime) -> None:
            self.receive(activation, ReceivedMessage(text, code, at, sender, activation.service))
            if activation.operator == TWICE and not activation.retries:
                activation.retries += 1
                self._expect(activation, at)

        activation.arrival = self._scheduler.add(now + timedelta(seconds=after), arrive)
