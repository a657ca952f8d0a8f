"""What ``%sms`` works with: a client, made when first needed, and how it is set."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sms_notebook.client import Client
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import UsageProblem

if TYPE_CHECKING:
    from sms_notebook.magics.asking import Asking
    from sms_notebook.sandbox import Desk

_CALLS = Calls()
_LIFE = 20 * 60.0  # seconds


@dataclass
class Session:
    """The settings of ``%sms``, and its client.

    Attributes
    ----------
    asking : Asking
        How a person is asked.
    country : callable
        The country that is meant where none is named; empty for none.
    in_notebook : callable
        Whether widgets can be shown.
    choices : dict
        What was chosen by ``%sms provider``, ``budget`` and the like: arguments of the client.
    """

    asking: "Asking"
    country: Callable[[], str]
    in_notebook: Callable[[], bool]
    choices: dict[str, Any] = field(default_factory=dict)
    _client: Client | None = None

    @property
    def client(self) -> Client:
        """The client."""
        if self._client is None:
            self._client = Client(**self.choices)
        return self._client

    @property
    def is_open(self) -> bool:
        """Whether there is a client yet."""
        return self._client is not None

    def choose(self, **choices: Any) -> None:
        """Go on with another client; None takes a choice back."""
        merged = {**self.choices, **choices}
        fresh = {name: value for name, value in merged.items() if value is not None}
        client = Client(**fresh)  # before the old one is let go: it may refuse
        self.close()
        self.choices, self._client = fresh, client

    @property
    def budget(self) -> Decimal | None:
        """The day's limit."""
        return self.client._session.keeper.books.budget  # noqa: SLF001 - a face of the client

    @property
    def desk(self) -> "Desk":
        """The embedded sandbox with its faults.

        Raises
        ------
        UsageProblem
            If the client asks a provider over the network.
        """
        desk = self.client._desk  # noqa: SLF001 - likewise
        if desk is None:
            raise UsageProblem(
                "%sms sandbox: this is no embedded sandbox. %sms sandbox start makes one."
            )
        return desk

    @property
    def spends_real_money(self) -> bool:
        """Whether a purchase costs anything."""
        provider = self.client._settings.provider  # noqa: SLF001 - likewise
        return provider.real_money and not provider.own_clock

    def spent_today(self) -> Decimal:
        """Return what today's orders cost or may cost."""
        from sms_notebook.orders.budget import spent  # noqa: PLC0415 - loads SQLAlchemy

        books = self.client._session.keeper.books  # noqa: SLF001 - likewise
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        return books.ledger.database.read(
            lambda connection: spent(connection, books.account.provider, day)
        )

    def life_of(self, activation: str) -> float:
        """Return the seconds that an activation has left, as far as the ledger knows."""
        books = self.client._session.keeper.books  # noqa: SLF001 - likewise
        number = books.ledger.number(books.account, activation)
        if number is None:
            return _LIFE
        passed = (books.now() - (number.since or number.bought_at)).total_seconds()
        return float(min(max(_LIFE - passed, 1.0), _LIFE))

    def country_of(self, options: Namespace, command: str) -> str:
        """Return the country that was named, or the usual one.

        Raises
        ------
        UsageProblem
            If there is neither.
        """
        named = str(options.country or self.country())
        if not named:
            raise UsageProblem(
                f"%sms {command}: in which country? Add one, as in --country KZ; %sms top "
                "SERVICE lists the best, and %config SmsMagics.country = 'KZ' sets the usual one."
            )
        return named

    def country_id(self, country: str) -> int:
        """Return the id of a country."""
        call = self._resolved(_CALLS.get_operators(country=country))
        return int(call.params["country"])

    def service_code(self, service: str) -> str:
        """Return the code of a service."""
        return self._resolved(_CALLS.get_prices(service)).params["service"]

    def _resolved(self, call: Call) -> Call:
        steps = self.client._session  # noqa: SLF001 - likewise
        resolved: Call = self.client._take(steps.catalogue.resolve(call, steps.read))  # noqa: SLF001 - likewise
        return resolved

    def choose_with_key(self, key: str, **choices: Any) -> None:
        """Go on with a key that a person typed; nothing but the client keeps it."""
        client = Client(key, **{name: value for name, value in choices.items() if value})
        del key
        self.close()
        kept = {name: value for name, value in self.choices.items() if name in ("budget", "ledger")}
        self.choices, self._client = {**kept, **choices}, client

    def keep_key(self, service: str, name: str) -> str:
        """Put the client's key into the operating system's key store; say whether it went."""
        import keyring  # noqa: PLC0415 - slow to load

        key = self.client._settings.key  # noqa: SLF001 - likewise
        assert key is not None  # noqa: S101 - it was just given
        try:
            keyring.set_password(service, name, key.reveal())
            keyring.set_password(service, "provider", name)
        except Exception as problem:  # noqa: BLE001 - each backend fails in its own way
            return f"It could not be kept: {type(problem).__name__}. Set SMS_API_KEY instead."
        return "It is kept: new kernels find it."

    @staticmethod
    def forget_key(service: str, name: str) -> str:
        """Take a key out of the operating system's key store; say whether one was there."""
        import keyring  # noqa: PLC0415 - slow to load

        try:
            keyring.delete_password(service, name)
            if keyring.get_password(service, "provider") == name:
                keyring.delete_password(service, "provider")
        except Exception:  # noqa: BLE001 - each backend fails in its own way
            return "No key was kept."
        return "The key is forgotten."

    def close(self) -> None:
        """Let the client go."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
