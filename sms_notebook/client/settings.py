"""Where provider and key come from; the first found wins.

1. Arguments of the client.
2. ``SMS_API_KEY``, ``SMS_PROVIDER``, ``SMS_BASE_URL``.
3. The operating system's key store: service ``sms_notebook``, user the provider's name (the key)
   or ``provider`` (the name of the provider to use).
4. ``config.toml`` under ``SMS_NOTEBOOK_HOME``, with ``provider``, ``base_url`` and ``api_key``.
5. None of them: the embedded sandbox.

A key belongs to the provider named in the same place, and is never given to another one. Where no
provider is named beside it, it belongs to the one that is chosen.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sms_notebook.client.providers import PATH, PROVIDERS, SANDBOX, Provider, find_provider
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import ApiKey, is_address, without_key

SERVICE = "sms_notebook"
_USUAL_PORTS = {"http": 80, "https": 443}
_DEFAULT_USER = "provider"


@dataclass(frozen=True, slots=True)
class Settings:
    """Who is asked, and with which key; or the file of the recording that answers."""

    provider: Provider
    key: ApiKey | None = None
    replay: str = ""

    @property
    def is_embedded(self) -> bool:
        """Whether this is the sandbox inside this process."""
        return self.provider is SANDBOX

    @property
    def label(self) -> str:
        """Who is asked, as a repr says it; never the key."""
        if self.replay:
            return f"replay of {self.replay}: nothing is bought, no real money"
        if self.is_embedded:
            return "sandbox: no real money"
        money = "" if self.provider.real_money else "sandbox: no real money, "
        key = "with a key" if self.key else "no key"
        return f"{money}{self.provider.title} at {self.provider.base_url}, {key}"


@dataclass(frozen=True, slots=True)
class Place:
    """One place where settings are looked for.

    Attributes
    ----------
    provider : Provider or None
        Who it names.
    key : ApiKey or None
        The key in it.
    key_of : callable
        The key that it keeps for a provider.
    problem : str or None
        What is wrong with it.
    """

    provider: Provider | None = None
    key: ApiKey | None = None
    key_of: Callable[[Provider], ApiKey | None] = lambda _provider: None
    problem: str | None = None


def place(
    provider: Any,
    base_url: Any,
    key: str | None,
    key_of: Callable[[Provider], ApiKey | None] = lambda _provider: None,
) -> Place:
    """Make a place of what it says.

    It raises nothing: people paste keys into addresses and names too, and a traceback with locals
    would show them.
    """
    wrapped = None if key is None else ApiKey(key)
    if not (isinstance(provider, str | None) and isinstance(base_url, str | None)):
        return Place(problem="provider and base_url take a text.")
    try:
        return Place(_provider(provider, base_url), wrapped, key_of)
    except UsageProblem as problem:
        return Place(problem=str(problem))


def home() -> Path:
    """Return the folder for settings: ``SMS_NOTEBOOK_HOME``, or the usual one of the system."""
    if folder := os.environ.get("SMS_NOTEBOOK_HOME"):
        try:
            return Path(folder).expanduser()
        except RuntimeError:
            raise UsageProblem(
                f"SMS_NOTEBOOK_HOME is {folder!r}: there is no such user. Name a folder."
            ) from None
    from platformdirs import user_config_path  # noqa: PLC0415 - only where the variable is unset

    return user_config_path("sms_notebook")


def find_settings(arguments: Place) -> Settings:
    """Find out who is asked, and with which key.

    Parameters
    ----------
    arguments : Place
        What was passed: the first place.

    Raises
    ------
    UsageProblem
        If the provider is unknown, the address is none, or a live provider has no key.
    """
    places = _places(arguments)
    seen: list[Place] = []
    for one in places:
        seen.append(one)
        if one.provider:
            break
    chosen = seen[-1].provider
    if chosen is None:
        if any(one.key for one in seen):
            live = [known.name for known in PROVIDERS.values() if known.needs_key]
            raise UsageProblem(
                "an API key is set, but no provider. Pass provider=… or set SMS_PROVIDER: "
                f"{', '.join(name for name in live if not PROVIDERS[name].closed)}."
            )
        return Settings(SANDBOX)
    found = _key_for(chosen, seen, places) if chosen is not SANDBOX else None
    if found is None and chosen.needs_key:
        raise UsageProblem(
            f"{chosen.title} needs an API key. Set SMS_API_KEY or pass api_key=…; "
            "Client(provider='sandbox') needs none."
        )
    if found is not None and (problem := found.problem()):
        raise UsageProblem(problem)
    _warn_of_plain_http(chosen)
    return Settings(chosen, found)


def _key_for(chosen: Provider, seen: list[Place], further: Iterator[Place]) -> ApiKey | None:
    """Return the first key that belongs to the chosen provider, or to none in particular."""
    decisive = seen[-1]
    for one in chain(seen, further):
        if one is not decisive and one.provider not in (None, chosen):
            continue
        if own := one.key or one.key_of(chosen):
            return own
    return None


def _places(arguments: Place) -> Iterator[Place]:
    """Look from place to place, only as far as needed."""
    yield _sound(arguments)
    yield _sound(_from_environment())
    yield _sound(_from_key_store())
    yield _sound(_from_file())


def _sound(found: Place) -> Place:
    """Insist on a place without a problem."""
    if found.problem:
        raise UsageProblem(found.problem)
    return found


def _from_environment() -> Place:
    return place(
        os.environ.get("SMS_PROVIDER") or None,
        os.environ.get("SMS_BASE_URL") or None,
        os.environ.get("SMS_API_KEY") or None,
    )


def _from_key_store() -> Place:
    return place(_from_keyring(_DEFAULT_USER), None, None, _stored_key)


def _from_keyring(user: str) -> str | None:
    """Ask the key store; one that is not there or refuses has nothing to say."""
    import keyring  # noqa: PLC0415 - slow to load, and only asked when nothing else was found

    try:
        return keyring.get_password(SERVICE, user) or None
    except Exception:  # noqa: BLE001 - each backend fails in its own way
        return None


def _stored_key(provider: Provider) -> ApiKey | None:
    known = PROVIDERS.get(provider.name)
    if known is not None and known.base_url != provider.base_url:
        return None  # its name, but not its address
    stored = _from_keyring(provider.name)
    return ApiKey(stored) if stored else None


def _from_file() -> Place:
    """Read the config file, if there is one."""
    path = home() / "config.toml"
    found = _parsed(path)
    if found.key and os.name == "posix" and path.stat().st_mode & 0o077:
        warnings.warn(
            f"{path} holds an API key and others can read it: chmod 600 it.", stacklevel=2
        )
    return found


def _parsed(path: Path) -> Place:
    """Return what the config file says; like `place`, it raises nothing."""
    import tomllib  # noqa: PLC0415 - only where nothing else was said

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Place()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return Place(problem=f"{path} cannot be read as TOML. Mend or remove it.")
    known = ("provider", "base_url", "api_key")
    if unknown := [without_key(name) for name in values if name not in known]:
        line = f"{path} has an unknown setting {unknown[0]!r}. Known: {', '.join(known)}."
        return Place(problem=line)
    if not all(isinstance(value, str) for value in values.values()):
        return Place(problem=f"{path}: each setting is a text in quotes.")
    return place(values.get("provider"), values.get("base_url"), values.get("api_key") or None)


def _provider(name: str | None, base_url: str | None) -> Provider | None:
    """Return the provider that a name and an address mean together."""
    known = find_provider(name) if name else None
    if base_url is None:
        return known
    address = _address(base_url)
    if known is not None:
        return replace(known, base_url=address)
    parts = urlsplit(address)
    by_address = next((p for p in PROVIDERS.values() if p.base_url == address), None)
    here = _is_loopback(parts.hostname or "")
    return by_address or Provider(
        parts.netloc, parts.netloc, address, needs_key=not here, own_clock=here
    )


def _address(base_url: str) -> str:
    """Check an address, and add the protocol's usual path where it has none."""
    example = f"Write it like https://example.com{PATH}."
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError:
        raise UsageProblem(f"base_url is not an address. {example}") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageProblem(
            f"base_url takes no user, query or fragment; pass the key as api_key. {example}"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = without_key(base_url)[:60]
        raise UsageProblem(f"base_url {shown!r} lacks http:// or https://. {example}")
    netloc = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
    netloc += f":{port}" if port not in (None, _USUAL_PORTS[parts.scheme]) else ""
    path = parts.path.rstrip("/") or PATH
    address = f"{parts.scheme}://{netloc}{path}"
    if not is_address(address):
        raise UsageProblem(f"base_url is not an address. {example}")
    return address


def _warn_of_plain_http(provider: Provider) -> None:
    parts = urlsplit(provider.base_url)
    host = parts.hostname or ""
    if parts.scheme == "http" and provider is not SANDBOX and not _is_loopback(host):
        warnings.warn(
            f"{host} is asked over plain http: the API key can be read on the way.", stacklevel=2
        )


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
