"""What ``%sms`` works with: a client, made when first needed, and where it asks."""

import logging
import os
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.client.catalogue import Catalogue, Names
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.arguments import places
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Speaker
from sms_notebook.protocol.replies import Access, Status
from sms_notebook.providers.key import ApiKey
from sms_notebook.providers.providers import SANDBOX, find_provider
from sms_notebook.providers.row import Provider
from sms_notebook.providers.settings import SERVICE, find_settings, place

if TYPE_CHECKING:
    from sms_notebook.sandbox import Gateway

LOG = logging.getLogger("sms_notebook")
_CALLS = Calls()
_NO_KEY = "0" * 32  # stands for a key where only the provider is looked for
_SHORTEST = 6  # characters; a shorter key is part of ordinary words
_GOES_ON = (Access.READY.value, Access.RETRY_GET.value, Status.OK.value)

MakePanel = Callable[[str | None, Client], object]
"""Makes a panel by its name; ``%sms`` is a face as panels are, and knows nothing of them."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Who is asked, as a person chose it; what is None the settings say.

    Attributes
    ----------
    provider, base_url : str or None
        As of a client.
    gateway : Gateway or None
        A sandbox of ``%sms sandbox start``.
    """

    provider: str | None = None
    base_url: str | None = None
    gateway: "Gateway | None" = None


class CompletionCache:
    """Ids of activations and rents, each with its number.

    Brought up to date after each command, so that Tab waits for nobody.

    Attributes
    ----------
    columns : dict of tuple to list of str
        The columns of the last frame of each command with some switches.
    """

    def __init__(self) -> None:
        self._kept: dict[bool, dict[str, str]] = {False: {}, True: {}}
        self._listed: dict[bool, dict[str, str]] = {False: {}, True: {}}
        self.columns: dict[tuple[str, frozenset[str]], list[str]] = {}

    def numbers(self, *, rented: bool) -> dict[str, str]:
        """Return what is known of each number by its id, the latest first."""
        return {**self._kept[rented], **self._listed[rented]}

    def learn(self, frame: pd.DataFrame) -> None:
        """Take in what the provider itself said: others may have bought there too."""
        match frame.attrs.get("action"):
            case "getActiveActivations":
                self._listed[False] = _labels(frame, "activation_id", "phone_number", "service")
            case "getRentList":
                self._listed[True] = _labels(frame, "rent_id", "phone_number")
            case "setStatus":
                over = frame[~frame["status"].isin(_GOES_ON)]
                self._forget(over["activation_id"], rented=False)
            case "setRentStatus":
                self._forget(frame["rent_id"], rented=True)

    def refresh(self, client: Client) -> None:
        """Look into the ledger, where there is one."""
        try:
            active = client.about.active_numbers()
        except SmsError:  # the next purchase says what is wrong with the ledger
            return
        for rented in (False, True):
            self._kept[rented] = {n.ref: n.label for n in active if n.is_rent is rented}

    def _forget(self, refs: "pd.Series[str]", *, rented: bool) -> None:
        for ref in refs:
            self._listed[rented].pop(ref, None)


def _labels(frame: pd.DataFrame, ref: str, *columns: str) -> dict[str, str]:
    texts = frame[[ref, *columns]].astype("string").fillna("")
    return {first: " ".join(filter(None, rest)) for first, *rest in texts.itertuples(index=False)}


class MagicSession:
    """The client of ``%sms``.

    Parameters
    ----------
    confirms : callable
        Whether purchases are asked about at all.
    speaker : Speaker
        Writes errors in the words of commands.
    country : callable
        The country that is meant where none is named; empty for none.
    in_notebook : callable
        Whether widgets can be shown.
    panel : callable
        Makes a panel.

    Attributes
    ----------
    cache : CompletionCache
        The numbers that are alive, for Tab.
    """

    def __init__(
        self,
        confirms: Callable[[], bool],
        speaker: Speaker,
        country: Callable[[], str],
        in_notebook: Callable[[], bool],
        panel: MakePanel,
    ) -> None:
        self.confirms = confirms
        self.speaker = speaker
        self.country = country
        self.in_notebook = in_notebook
        self.panel = panel
        self.cache = CompletionCache()
        self._where = Destination()
        self._budget: str | None = None
        self._is_masked = False
        self._keys: dict[Destination, ApiKey] = {}
        self._gateway: Gateway | None = None
        self._client: Client | None = None

    # The client ---------------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """The client."""
        if self._client is None:
            self._client = self._new_client(self._where, self._keys.get(self._where))
            self.cache.refresh(self._client)
        return self._client

    @property
    def label(self) -> str:
        """Who is asked; never the key."""
        return self.client.about.label

    def learn(self, result: object) -> None:
        """Keep for Tab what a command's result and the ledger say of numbers; makes no client."""
        if isinstance(result, pd.DataFrame):
            self.cache.learn(result)
        if self._client is not None:
            self.cache.refresh(self._client)

    def named(self, frame: pd.DataFrame, *, may_ask: bool) -> pd.DataFrame:
        """Put names beside the ids of a result; makes no client."""
        if self._client is None:
            return frame
        return self._client.about.named(frame, may_ask=may_ask)

    def go(self, where: Destination) -> None:
        """Go on at another provider; refused, everything stays as it was."""
        client = self._new_client(where, self._keys.get(where))
        self._replace(client, where)

    def go_with_key(self, where: Destination, ask: Callable[[], str]) -> None:
        """Go on with a key that is asked for; only the client and this session keep it.

        Raises
        ------
        SmsError
            If it is no key, or the provider refuses it. Everything stays as it was.
        """
        key = ApiKey(ask())  # in no variable: a traceback with locals shows nothing
        client = self._new_client(where, key)
        try:
            client.get_balance()
        except BaseException:
            client.close()
            raise
        self._keys[where] = key
        self._replace(client, where)

    def set_budget(self, budget: str | None) -> pd.DataFrame:
        """Set the day's budget, also at the providers that are gone to later, or take it away."""
        frame = self.client.set_budget(budget)
        self._budget = budget
        return frame

    def mask(self, on: bool) -> None:
        """Mask numbers and codes, also at the providers that are gone to later, or show them."""
        self._is_masked = on
        self.client.mask(on)

    def shown(self, text: str) -> str:
        """Return a text as it may be shown; makes no client."""
        return text if self._client is None else self._client.shown(text)

    def _new_client(self, where: Destination, key: ApiKey | None) -> Client:
        client = Client(
            None if key is None else key.reveal(),
            provider=where.provider,
            base_url=where.base_url,
            sandbox=where.gateway,
            budget=self._budget,
        )
        client.mask(self._is_masked)
        return client

    def _replace(self, client: Client, where: Destination) -> None:
        before, self._client = self._client, client
        if before is not None:
            if before.webhooks.url is not None:
                LOG.warning("Webhooks are received no more: %sms webhooks start begins anew.")
            before.close()
        if where != self._where:
            self.cache = CompletionCache()
        self._where = where
        self.cache.refresh(client)

    def close(self) -> None:
        """Let the client, the keys and the sandbox go."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self._keys.clear()
        if self._gateway is not None:
            self._gateway.close()

    # Where it asks ------------------------------------------------------------------------------

    def where(self, name: str | None = None, base_url: str | None = None) -> Destination:
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
            return self._where if base_url is None else Destination(base_url=base_url)
        provider = find_provider(name)
        if base_url is not None:
            return Destination(provider.name, base_url)
        if provider is SANDBOX and self._gateway is not None:
            return Destination(gateway=self._gateway)
        for known in (self._where, Destination()):
            with suppress(UsageProblem):
                if self.provider_at(known).name == provider.name:
                    return known
        return Destination(provider.name)

    def provider_at(self, where: Destination) -> Provider:
        """Return the provider that is asked somewhere, also where the key is missing yet.

        Raises
        ------
        UsageProblem
            If none is named anywhere, or an address is none.
        """
        if where.gateway is not None:
            return SANDBOX
        with suppress(UsageProblem):
            return find_settings(place(where.provider, where.base_url, None)).provider
        return find_settings(place(where.provider, where.base_url, _NO_KEY)).provider

    def begin(self, gateway: "Gateway") -> None:
        """Go on at a new sandbox."""
        self.go(Destination(gateway=gateway))
        before, self._gateway = self._gateway, gateway
        if before is not None:
            before.close()

    @property
    def gateway(self) -> "Gateway":
        """The embedded sandbox with its faults.

        Raises
        ------
        UsageProblem
            If the client asks a provider over the network.
        """
        gateway = self.client.about.gateway
        if gateway is None:
            raise UsageProblem(
                "%sms sandbox: this is no embedded sandbox. %sms sandbox start makes one."
            )
        return gateway

    # The key ------------------------------------------------------------------------------------

    def holds_key(self, text: str) -> bool:
        """Tell whether a key that is in use is part of a text."""
        own = self._client.about.key if self._client is not None else None
        keys = [own, ApiKey(os.environ.get("SMS_API_KEY", "")), *self._keys.values()]
        long = [key for key in keys if key is not None and len(key.reveal()) >= _SHORTEST]
        return any(key.hide_in(text) != text for key in long)

    def keep_key(self) -> str:
        """Put the client's key into the operating system's key store; say whether it went."""
        about = self.client.about
        name, key = about.provider.name, about.key
        assert key is not None  # noqa: S101 - it was just given
        try:
            import keyring  # noqa: PLC0415 - slow to load

            keyring.set_password(SERVICE, name, key.reveal())
            keyring.set_password(SERVICE, "provider", name)
        except Exception as problem:  # noqa: BLE001 - each backend fails in its own way
            return f"It could not be kept ({type(problem).__name__}): set SMS_API_KEY instead."
        return "The key is kept: new kernels find it."

    def forget_key(self, provider: Provider) -> str:
        """Forget a key, also in the operating system's key store; say whether one was there."""
        for where in [where for where in self._keys if self.provider_at(where) == provider]:
            del self._keys[where]
        try:
            import keyring  # noqa: PLC0415 - slow to load

            keyring.delete_password(SERVICE, provider.name)
            if keyring.get_password(SERVICE, "provider") == provider.name:
                keyring.delete_password(SERVICE, "provider")
        except Exception:  # noqa: BLE001 - each backend fails in its own way
            return "No key was kept in the key store."
        return "The key is forgotten, also in the key store."

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
                f"%sms {command}: in which country? It stands after the service, as KZ does here: "
                f"%sms {command} tg KZ. %sms top SERVICE lists the best ones, and %config "
                "SmsMagics.country = 'KZ' sets the usual one."
            )
        return str(named)

    def countries_of(self, options: Namespace, command: str) -> list[str]:
        """Return the countries that were named, as words or with ``--country``, or the usual one.

        Raises
        ------
        UsageProblem
            If there is none, or they are named in both ways.
        """
        if not options.countries:
            return places("country", self.country_of(options, command))
        if options.country is not None:
            raise UsageProblem(
                f"%sms {command}: countries stand there twice: {' '.join(options.countries)}, and "
                f"--country {options.country}. Leave one out."
            )
        return places("country", ",".join(options.countries))

    @property
    def names(self) -> Names:
        """The names of services and countries, as far as they are known without asking."""
        return Catalogue().names if self._client is None else self._client.names

    def country_id(self, country: str) -> int:
        """Return the id of a country."""
        resolved = self.client.about.resolve(_CALLS.get_operators(country=country))
        return int(resolved.params["country"])

    def service_code(self, service: str) -> str:
        """Return the code of a service."""
        return self.client.about.resolve(_CALLS.get_prices(service)).params["service"]
