"""Where provider and key come from; the first found wins.

1. Arguments of the client.
2. ``SMS_API_KEY``, ``SMS_PROVIDER``, ``SMS_BASE_URL``.
3. The operating system's key store: service ``sms_notebook``, user the provider's name (the key)
   or ``provider`` (the name of the provider to use).
4. ``config.toml`` under ``SMS_NOTEBOOK_HOME``, with ``provider``, ``base_url`` and ``api_key``.
5. None of them: the embedded sandbox.

A key belongs to the provider named in the same place, and is never given to another one.
"""

import os
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sms_notebook.client.providers import PATH, PROVIDERS, SANDBOX, Provider, find_provider
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import ApiKey

SERVICE = "sms_notebook"
_DEFAULT_USER = "provider"


@dataclass(frozen=True, slots=True)
class Settings:
    """Who is asked, and with which key."""

    provider: Provider
    key: ApiKey | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether this is the sandbox inside this process."""
        return self.provider is SANDBOX

    @property
    def label(self) -> str:
        """Who is asked, as a repr says it; never the key."""
        if self.is_embedded:
            return "sandbox: no real money"
        key = "with a key" if self.key else "no key"
        money = "sandbox: no real money, " if self.provider.name == SANDBOX.name else ""
        return f"{money}{self.provider.title} at {self.provider.base_url}, {key}"


@dataclass(frozen=True, slots=True)
class _Place:
    """One place where settings are looked for."""

    provider: str | None = None
    base_url: str | None = None
    key: ApiKey | None = None
    key_of: Callable[[Provider], ApiKey | None] = lambda _provider: None


def home() -> Path:
    """Return the folder for settings: ``SMS_NOTEBOOK_HOME``, or the usual one of the system."""
    if folder := os.environ.get("SMS_NOTEBOOK_HOME"):
        return Path(folder).expanduser()
    from platformdirs import user_config_path  # noqa: PLC0415 - only where the variable is unset

    return user_config_path("sms_notebook")


def find_settings(
    key: ApiKey | None = None, provider: str | None = None, base_url: str | None = None
) -> Settings:
    """Find out who is asked, and with which key.

    Parameters
    ----------
    key : ApiKey or None
        The key that was passed.
    provider : str or None
        The provider that was passed.
    base_url : str or None
        The address that was passed.

    Raises
    ------
    UsageProblem
        If the provider is unknown, the address is none, or a live provider has no key.
    """
    places = _places(_Place(provider, base_url, key))
    seen: list[_Place] = []
    for place in places:
        seen.append(place)
        if place.provider or place.base_url:
            break
    chosen = _provider(seen[-1].provider, seen[-1].base_url)
    if chosen is None:
        if any(place.key for place in seen):
            raise UsageProblem(
                "an API key is set, but no provider. Set SMS_PROVIDER or pass provider=…: "
                f"{', '.join(name for name in PROVIDERS if name != SANDBOX.name)}."
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
    return Settings(chosen, found)


def _key_for(chosen: Provider, seen: list[_Place], further: Iterator[_Place]) -> ApiKey | None:
    """Return the first key that belongs to the chosen provider, or to none in particular."""
    decisive = seen[-1]
    for place in (*seen, *further):
        named = place is not decisive and (place.provider or place.base_url)
        if named and _provider(place.provider, place.base_url) != chosen:
            continue
        if own := place.key or place.key_of(chosen):
            return own
    return None


def _places(arguments: _Place) -> Iterator[_Place]:
    """Look from place to place, only as far as needed."""
    yield arguments
    yield _Place(
        os.environ.get("SMS_PROVIDER") or None,
        os.environ.get("SMS_BASE_URL") or None,
        _wrapped(os.environ.get("SMS_API_KEY")),
    )
    yield _Place(_from_keyring(_DEFAULT_USER), key_of=_stored_key)
    yield _from_file(home() / "config.toml")


def _from_keyring(user: str) -> str | None:
    """Ask the key store; one that is not there or refuses has nothing to say."""
    import keyring  # noqa: PLC0415 - slow to load, and only asked when nothing else was found
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(SERVICE, user) or None
    except (KeyringError, RuntimeError, OSError):
        return None


def _stored_key(provider: Provider) -> ApiKey | None:
    return _wrapped(_from_keyring(provider.name))


def _wrapped(text: str | None) -> ApiKey | None:
    """Wrap a key before anything can fail while it is a local variable."""
    return ApiKey(text) if text else None


def _from_file(path: Path) -> _Place:
    """Read the config file, if there is one. Nothing is raised while the key is a local."""
    found = _parsed(path)
    if isinstance(found, str):
        raise UsageProblem(found)
    if found.key and os.name == "posix" and path.stat().st_mode & 0o077:
        warnings.warn(
            f"{path} holds an API key and others can read it: chmod 600 it.", stacklevel=2
        )
    return found


def _parsed(path: Path) -> _Place | str:
    """Return what the config file says, or what is wrong with it."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Place()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return f"{path} cannot be read as TOML. Mend or remove it."
    known = ("provider", "base_url", "api_key")
    if unknown := [name for name in values if name not in known]:
        return f"{path} has an unknown setting {unknown[0]!r}. Known: {', '.join(known)}."
    if not all(isinstance(value, str) for value in values.values()):
        return f"{path}: each setting is a text in quotes."
    return _Place(values.get("provider"), values.get("base_url"), _wrapped(values.get("api_key")))


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
    return by_address or Provider(
        parts.netloc, parts.netloc, address, needs_key=not _is_loopback(parts.hostname or "")
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
        raise UsageProblem(f"base_url {base_url[:60]!r} lacks http:// or https://. {example}")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        warnings.warn(
            f"{parts.hostname} is asked over plain http: the API key can be read on the way.",
            stacklevel=2,
        )
    netloc = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
    netloc += f":{port}" if port is not None else ""
    return f"{parts.scheme}://{netloc}{parts.path if parts.path not in ('', '/') else PATH}"


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
