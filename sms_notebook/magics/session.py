"""What ``%sms`` works with: a client, made when first needed, and where it asks."""

import logging
import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sms_notebook.client import Client
from sms_notebook.client.providers import SANDBOX, Provider, find_provider
from sms_notebook.client.settings import SERVICE, find_settings, place
from sms_notebook.magics.alive import Alive
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import ApiKey

if TYPE_CHECKING:
    from sms_notebook.magics.asking import Asking
    from sms_notebook.sandbox import Desk

LOG = logging.getLogger("sms_notebook")
_CALLS = Calls()
_NO_KEY = "0" * 32  # stands for a key where only the provider is looked for
_SHORTEST = 6  # characters; a shorter key is part of ordinary words

MakePanel = Callable[[str | None, Client], object]
"""Makes a panel by its name; ``%sms`` is a face as panels are, and knows nothing of them."""


@dataclass(frozen=True, slots=True)
class Where:
    """Who is asked, as a person chose it; what is None the settings say.

    Attributes
    ----------
    provider, base_url : str or None
        As of a client.
    desk : Desk or None
        A sandbox of ``%sms sandbox start``.
    """

    provider: str | None = None
    base_url: str | None = None
    desk: "Desk | None" = None


class Session:
    """The client of ``%sms``.

    Parameters
    ----------
    asking : Asking
        How a person is asked.
    country : callable
        The country that is meant where none is named; empty for none.
    in_notebook : callable
        Whether widgets can be shown.
    panel : callable
        Makes a panel.

    Attributes
    ----------
    alive : Alive
        The numbers that are alive, for Tab.
    """

    def __init__(
        self,
        asking: "Asking",
        country: Callable[[], str],
        in_notebook: Callable[[], bool],
        panel: MakePanel,
    ) -> None:
        self.asking = asking
        self.country = country
        self.in_notebook = in_notebook
        self.panel = panel
        self.alive = Alive()
        self._where = Where()
        self._budget: Decimal | None = None
        self._is_masked = False
        self._keys: dict[Where, ApiKey] = {}
        self._desk: Desk | None = None
        self._client: Client | None = None

    # The client ---------------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """The client."""
        if self._client is None:
            self._client = self._made(self._where, self._keys.get(self._where), self._budget)
            self.alive.look(self._client)
        return self._client

    @property
    def label(self) -> str:
        """Who is asked; never the key."""
        return self.client._settings.label  # noqa: SLF001 - a face of the client

    @property
    def is_open(self) -> bool:
        """Whether there is a client yet."""
        return self._client is not None

    def go(self, where: Where) -> Client:
        """Go on at another provider; refused, everything stays as it was."""
        self._take(where, self._keys.get(where), self._budget)
        return self.client

    def go_with_key(self, where: Where, ask: Callable[[], str]) -> None:
        """Go on with a key that is asked for; only the client and this session keep it.

        Raises
        ------
        SmsError
            If it is no key, or the provider refuses it. Everything stays as it was.
        """
        key = ApiKey(ask())  # in no variable: a traceback with locals shows nothing
        client = self._made(where, key, self._budget)
        try:
            client.get_balance()
        except BaseException:
            client.close()
            raise
        self._keys[where] = key
        self._replace(client, where, self._budget)

    def spend(self, budget: Decimal | None) -> None:
        """Set the day's budget, or take it away.

        Raises
        ------
        UsageProblem
            If webhooks are being received: they would stop, and codes be missed.
        """
        if self._client is not None and self._client.webhooks.url is not None:
            raise UsageProblem(
                "%sms budget: webhooks are being received. Stop them first: %sms webhooks stop."
            )
        self._take(self._where, self._keys.get(self._where), budget)

    def _take(self, where: Where, key: ApiKey | None, budget: Decimal | None) -> None:
        self._replace(self._made(where, key, budget), where, budget)

    def mask(self, on: bool) -> None:
        """Mask numbers and codes, also at the providers that are gone to later, or show them."""
        self._is_masked = on
        self.client.mask(on)

    def shown(self, text: str) -> str:
        """Return a text as it may be shown; makes no client."""
        return text if self._client is None else self._client.shown(text)

    def _made(self, where: Where, key: ApiKey | None, budget: Decimal | None) -> Client:
        client = Client(
            None if key is None else key.reveal(),
            provider=where.provider,
            base_url=where.base_url,
            sandbox=where.desk,
            budget=budget,
        )
        client.mask(self._is_masked)
        return client

    def _replace(self, client: Client, where: Where, budget: Decimal | None) -> None:
        before, self._client = self._client, client
        if before is not None:
            if before.webhooks.url is not None:
                LOG.warning("Webhooks are received no more: %sms webhooks start begins anew.")
            before.close()
        if where != self._where:
            self.alive = Alive()
        self._where, self._budget = where, budget
        self.alive.look(client)

    def close(self) -> None:
        """Let the client, the keys and the sandbox go."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._keys.clear()
        if self._desk is not None:
            self._desk.close()

    # Where it asks ------------------------------------------------------------------------------

    def where(self, name: str | None = None, base_url: str | None = None) -> Where:
        """Return where a provider is: as it was chosen or set, else at its known address.

        Parameters
        ----------
        name : str, optional
            The provider; the present one if neither is given.
        base_url : str, optional
            Another address.

        Raises
        ------
        UsageProblem
            If there is no such provider.
        """
        if name is None:
            return self._where if base_url is None else Where(base_url=base_url)
        wanted = find_provider(name)
        if base_url is not None:
            return Where(wanted.name, base_url)
        if wanted is SANDBOX and self._desk is not None:
            return Where(desk=self._desk)
        for known in (self._where, Where()):
            with suppress(UsageProblem):
                if self.provider_at(known).name == wanted.name:
                    return known
        return Where(wanted.name)

    def provider_at(self, where: Where) -> Provider:
        """Return the provider that is asked somewhere, also where the key is missing yet.

        Raises
        ------
        UsageProblem
            If none is named anywhere, or an address is none.
        """
        if where.desk is not None:
            return SANDBOX
        with suppress(UsageProblem):
            return find_settings(place(where.provider, where.base_url, None)).provider
        return find_settings(place(where.provider, where.base_url, _NO_KEY)).provider

    def begin(self, desk: "Desk") -> Client:
        """Go on at a new sandbox."""
        client = self.go(Where(desk=desk))
        before, self._desk = self._desk, desk
        if before is not None:
            before.close()
        return client

    @property
    def desk(self) -> "Desk":
        """The embedded sandbox with its faults.

        Raises
        ------
        UsageProblem
            If the client asks a provider over the network.
        """
        desk = self.client._desk  # noqa: SLF001 - a face of the client
        if desk is None:
            raise UsageProblem(
                "%sms sandbox: this is no embedded sandbox. %sms sandbox start makes one."
            )
        return desk

    # The key ------------------------------------------------------------------------------------

    def holds_key(self, text: str) -> bool:
        """Tell whether a key that is in use is part of a text."""
        own = self._client._settings.key if self._client is not None else None  # noqa: SLF001 - a face of the client
        keys = [own, ApiKey(os.environ.get("SMS_API_KEY", "")), *self._keys.values()]
        long = [key for key in keys if key is not None and len(key.reveal()) >= _SHORTEST]
        return any(key.hide_in(text) != text for key in long)

    def keep_key(self) -> str:
        """Put the client's key into the operating system's key store; say whether it went."""
        import keyring  # noqa: PLC0415 - slow to load

        settings = self.client._settings  # noqa: SLF001 - a face of the client
        name = settings.provider.name
        assert settings.key is not None  # noqa: S101 - it was just given
        try:
            keyring.set_password(SERVICE, name, settings.key.reveal())
            keyring.set_password(SERVICE, "provider", name)
        except Exception as problem:  # noqa: BLE001 - each backend fails in its own way
            return f"It could not be kept ({type(problem).__name__}): set SMS_API_KEY instead."
        return "The key is kept: new kernels find it."

    def forget_key(self, provider: Provider) -> str:
        """Forget a key, also in the operating system's key store; say whether one was there."""
        import keyring  # noqa: PLC0415 - slow to load

        for where in [where for where in self._keys if self.provider_at(where) == provider]:
            del self._keys[where]
        try:
            keyring.delete_password(SERVICE, provider.name)
            if keyring.get_password(SERVICE, "provider") == provider.name:
                keyring.delete_password(SERVICE, "provider")
        except Exception:  # noqa: BLE001 - each backend fails in its own way
            return "No key was kept in the key store."
        return "The key is forgotten, also in the key store."

    # Money --------------------------------------------------------------------------------------

    @property
    def spends_real_money(self) -> bool:
        """Whether a purchase costs anything; what has no key and is on this machine does not."""
        settings = self.client._settings  # noqa: SLF001 - a face of the client
        is_sandbox = settings.provider.own_clock and settings.key is None
        return settings.provider.real_money and not is_sandbox

    # Countries and services ---------------------------------------------------------------------

    def country_of(self, options: Namespace, command: str) -> str:
        """Return the country that was named, or the usual one.

        Raises
        ------
        UsageProblem
            If there is neither.
        """
        named = self.country() if options.country is None else options.country
        if options.country is None and not named:
            raise UsageProblem(
                f"%sms {command}: in which country? Add one, as in --country KZ; %sms top "
                "SERVICE lists the best, and %config SmsMagics.country = 'KZ' sets the usual one."
            )
        return str(named)

    def resolved(self, call: Call) -> Call:
        """Return a call with ids and codes for names."""
        steps = self.client._session  # noqa: SLF001 - a face of the client
        resolved: Call = self.client._take(steps.catalogue.resolve(call, steps.read))  # noqa: SLF001 - likewise
        return resolved

    @property
    def countries(self) -> Mapping[int, str]:
        """The countries by id, as far as they are known without asking."""
        asked = self._client._session.catalogue.countries if self._client is not None else None  # noqa: SLF001 - likewise
        return asked or {one.id: one.eng for one in catalogue.countries()}

    @property
    def services(self) -> Mapping[str, str]:
        """The services by code, as far as they are known without asking."""
        asked = self._client._session.catalogue.services if self._client is not None else None  # noqa: SLF001 - likewise
        return asked or {one.code: one.name for one in catalogue.services()}

    def country_id(self, country: str) -> int:
        """Return the id of a country."""
        return int(self.resolved(_CALLS.get_operators(country=country)).params["country"])

    def service_code(self, service: str) -> str:
        """Return the code of a service."""
        return self.resolved(_CALLS.get_prices(service)).params["service"]
