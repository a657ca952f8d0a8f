"""The sandbox: a provider of the protocol to run anywhere."""

import copy
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Self

from sms_notebook.forking import GatedLock
from sms_notebook.sandbox.account import Payment, SandboxAccount
from sms_notebook.sandbox.dialects import dialect_named
from sms_notebook.sandbox.dialects.dialect import Dialect
from sms_notebook.sandbox.messages import WebhookEvent
from sms_notebook.sandbox.simulation import Clock
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import Answer, SandboxRequest, id_of

WAITING_ACTIONS: Final = frozenset(
    {"getActiveActivations", "getIncomingCallStatus", "getRentStatus", "getStatus", "getStatusV2"}
)
"""Actions that people wait with: each moves the clock of a sandbox that ticks."""

MAX_TICK: Final = 3600
"""The most seconds that one of them moves it."""


class Sandbox:
    """A provider without a network and without real money; safe to use from any thread.

    With the same seed, a standing clock and the same calls, two sandboxes answer byte for byte
    the same.

    Parameters
    ----------
    seed : int
        Decides prices, stock, numbers, codes and delays.
    api_key : str, optional
        The only key that is accepted; None: any key, and none at all.
    balance, cashback : str or Decimal
        Dollars at the beginning, up to 1,000,000,000.
    speed, start : float, datetime, optional
        Of the clock, see `Clock`.
    account : str
        State of the account: ``active``, ``inactive``, ``blocked``, ``banned``, ``unverified``.
    webhook_url : str, optional
        Where messages are announced.
    success : float, optional
        The share of numbers that get their code, 0 to 1: by default each gets one within seconds,
        and another one when asked for. None: as on a real market, where some numbers get none,
        some countries have no second code, and some offers nothing in stock.
    channels : int
        How many activations may be active at the same time.
    tick : float
        Seconds that the clock moves with each look at numbers (``getStatus``, ``getRentStatus``,
        …): with a standing clock time passes for those who wait, and for nobody else.
    dialect : str
        Whose way of speaking the protocol: ``reference`` (SMS-Activate's), ``herosms``, …; a
        ValueError names them all.
    list_lag : float
        Seconds of the clock until a purchase is in the lists; at once by default.
    list_page : int, optional
        How many rows a list has at most, so that a few purchases fill a page; by default what the
        dialect says. Lists that the dialect does not part in pages are always whole.

    Attributes
    ----------
    dialect : Dialect
        How it speaks.
    clock : Clock
        The sandbox's time.
    account : SandboxAccount
        State and money; every attribute may be changed at run time.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> sandbox = Sandbox(speed=0, start=datetime(2026, 1, 1, tzinfo=UTC))
    >>> sandbox.answer({"action": "getBalance"}).text
    'ACCESS_BALANCE:50.00'
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        api_key: str | None = None,
        balance: str | Decimal = "50.00",
        cashback: str | Decimal = "0.00",
        speed: float = 1.0,
        start: datetime | None = None,
        account: str = "active",
        webhook_url: str | None = None,
        success: float | None = 1.0,
        channels: int = 2500,
        tick: float = 0.0,
        dialect: str = "reference",
        list_lag: float = 0.0,
        list_page: int | None = None,
    ) -> None:
        if success is not None and not 0 <= success <= 1:
            raise ValueError(f"success is a share from 0 to 1, not {success}")
        if not 0 <= tick <= MAX_TICK:
            raise ValueError(f"a tick is {MAX_TICK} seconds at most, not {tick}")
        if not 0 <= list_lag <= MAX_TICK:
            raise ValueError(f"lists lag {MAX_TICK} seconds at most, not {list_lag}")
        if list_page is not None and list_page < 1:
            raise ValueError(f"a list's page has one row at least, not {list_page}")
        self.dialect: Dialect = dialect_named(dialect)
        self.clock = Clock(start=start, speed=speed)
        self.account = SandboxAccount(self.clock, balance=balance, cashback=cashback, state=account)
        self._api_key = api_key
        self._tick = tick
        self._lock = GatedLock()
        self._state = ProviderState(
            seed=seed,
            now=self.clock.now(),
            account=self.account,
            channels=channels,
            success=success,
            rules=self.dialect.rules,
            list_lag=list_lag,
            list_page=list_page,
        )
        self.webhook_url = webhook_url

    def __repr__(self) -> str:
        speaks = "" if self.dialect.name == "reference" else f" {self.dialect.name}"
        return f"<Sandbox{speaks}: no real money, balance {self.account.balance} USD>"

    def behind(self, api_key: str) -> Self:
        """Return another door to this same market: it asks for a key."""
        door = copy.copy(self)
        door._api_key = api_key  # noqa: SLF001 - its own class
        return door

    @property
    def webhook_url(self) -> str | None:
        """Where messages for activations are announced; may be changed at run time."""
        return self._state.activations.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._state.activations.webhook_url = url

    def answer(self, params: Mapping[str, str]) -> Answer:
        """Answer a request: query and form together, with ``api_key`` and ``action``."""
        with self._lock:
            self._look(params.get("action", ""))
            return self.dialect.answer(self._state, params, self._api_key)

    def respond(self, request: SandboxRequest) -> Answer:
        """Answer a request as it came over HTTP: method, path and headers count, too."""
        rest = self.dialect.rest_for(request)
        if rest is not None:
            with self._lock:
                self._look(request.path)
                return rest(self._state, request, self._api_key)
        if not self.dialect.takes(request):
            return self.dialect.wrong_method
        return self.answer(self.dialect.params_of(request))

    def _look(self, action: str) -> None:
        """Let happen what is due, after a tick where the action is one that people wait with."""
        if self._tick and (action in WAITING_ACTIONS or action in self.dialect.looks):
            self.clock.step(self._tick)
        self.advance()

    def advance(self) -> None:
        """Let everything happen that is due: messages arrive, lives end, money comes back."""
        with self._lock:
            now = self.clock.now()
            self._state.now = now
            self._state.scheduler.run_until(now)

    def next_event_at(self) -> datetime | None:
        """Return when `advance` will next have something to do."""
        with self._lock:
            return self._state.scheduler.next_at()

    def step(self, seconds: float) -> None:
        """Jump forward, and let happen what is due then."""
        with self._lock:
            self.clock.step(seconds)
            self.advance()

    def purchases(self) -> tuple[Payment, ...]:
        """Return every payment, in the order of buying."""
        with self._lock:
            return self._state.payments.all()

    def send_sms(self, activation_id: str, text: str, code: str | None = None) -> None:
        """Let a message arrive now, at an activation or a rent.

        Without a code, the code is searched for in the text. An unknown id is a LookupError, a
        number that is over a ValueError.
        """
        with self._lock:
            self.advance()
            state, number_id = self._state, id_of({"id": str(activation_id)}, "id")
            if number_id in state.activations.all:
                activation = state.activations.all[number_id]
                state.activations.send(activation, state.now, text, code)
            elif number_id in state.rents.all:
                state.rents.send(state.rents.all[number_id], state.now, text, code)
            else:
                raise LookupError(f"there is no activation or rent {activation_id}")

    def revoke(self, rent_id: str) -> None:
        """Block the number of a rent, with the money back (STATUS_REVOKE)."""
        with self._lock:
            self.advance()
            rent = self._state.rents.all.get(id_of({"id": str(rent_id)}, "id"))
            if rent is None:
                raise LookupError(f"there is no rent {rent_id}")
            self._state.rents.revoke(rent, self._state.now)

    def take_webhooks(self) -> list[WebhookEvent]:
        """Take the notifications that are to be delivered."""
        with self._lock:
            return self._state.outbox.drain()
