"""Where provider and key come from; the first found wins.

1. Arguments of the client.
2. ``SMS_API_KEY``, ``SMS_PROVIDER``, ``SMS_BASE_URL``, ``SMS_ALLOW_HTTP``.
3. The operating system's key store: service ``sms_notebook``, user the provider's name (the key)
   or ``provider`` (the name of the provider to use).
4. ``config.toml`` under ``SMS_NOTEBOOK_HOME``, with ``provider``, ``base_url`` and ``api_key``.
5. None of them: the embedded sandbox.

A key belongs to the provider named in the same place, and is never given to another one. Where no
provider is named beside it, it belongs to the one that is chosen.
"""

import os
import stat
import warnings
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.missing_extra import command_for
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.hosts import is_loopback
from sms_notebook.providers.key import ApiKey, without_key
from sms_notebook.providers.providers import PROVIDERS, SANDBOX, find_provider
from sms_notebook.providers.row import PATH, Provider

SERVICE = "sms_notebook"
SANDBOX_CLIENT = ("Client", {"provider": SANDBOX.name})
"""Advice for whoever has no account, as a call in a hint."""

_USUAL_PORTS = {"http": 80, "https": 443}
_DEFAULT_USER = "provider"


class Settings(msgspec.Struct, frozen=True):
    """Who is asked, and with which key; or the file of the recording that answers."""

    provider: Provider
    key: ApiKey | None = None
    replay: str = ""

    @property
    def is_embedded(self) -> bool:
        """Whether this is the sandbox inside this process, whatever dialect it speaks."""
        return self.provider.base_url == SANDBOX.base_url

    @property
    def label(self) -> str:
        """Who is asked, as a repr says it; never the key."""
        if self.replay:
            return f"replay of {self.replay}: nothing is bought, no real money"
        if self.is_embedded:
            return f"{self.provider.title.replace('S', 's', 1)}: no real money"
        money = "" if self.provider.real_money else "sandbox: no real money, "
        key = "with a key" if self.key else "no key"
        return f"{money}{self.provider.title} at {self.provider.base_url}, {key}"


class SettingsSource(msgspec.Struct, frozen=True):
    """One place where settings are looked for.

    Attributes
    ----------
    provider : Provider or None
        Who it names.
    key : ApiKey or None
        The key in it.
    key_of : callable
        The key that it keeps for a provider.
    problem : UsageProblem or None
        What is wrong with it.
    allows_http : bool
        Whether a key may be sent in the clear.
    """

    provider: Provider | None = None
    key: ApiKey | None = None
    key_of: Callable[[Provider], ApiKey | None] = lambda _provider: None
    problem: UsageProblem | None = None
    allows_http: bool = False


def place(
    provider: Any,
    base_url: Any,
    key: str | None,
    key_of: Callable[[Provider], ApiKey | None] = lambda _provider: None,
) -> SettingsSource:
    """Make a place of what it says.

    It raises nothing: people paste keys into addresses and names too, and a traceback with locals
    would show them.
    """
    wrapped = None if key is None else ApiKey(key)
    if not (isinstance(provider, str | None) and isinstance(base_url, str | None)):
        return SettingsSource(problem=UsageProblem(Phrase("{provider} and {base_url} take a text")))
    try:
        return SettingsSource(_provider(provider, base_url), wrapped, key_of)
    except UsageProblem as problem:
        return SettingsSource(problem=copy(problem))


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


def find_settings(arguments: SettingsSource) -> Settings:
    """Find out who is asked, and with which key.

    Parameters
    ----------
    arguments : SettingsSource
        What was passed: the first place.

    Raises
    ------
    UsageProblem
        If the provider is unknown, the address is none, or a live provider has no key.
    """
    places = _places(arguments)
    candidates: list[SettingsSource] = []
    for candidate in places:
        candidates.append(candidate)
        if candidate.provider:
            break
    chosen = candidates[-1].provider
    if chosen is None:
        if any(candidate.key for candidate in candidates):
            live = [known.name for known in PROVIDERS.values() if known.needs_key]
            raise UsageProblem(
                Phrase("an API key is set, but no provider"),
                hints=[
                    Hint(
                        "{client} chooses one, or SMS_PROVIDER: {names}",
                        client=("Client", {"provider": Parameter("…")}),
                        names=", ".join(name for name in live if not PROVIDERS[name].closed),
                    )
                ],
            )
        return Settings(SANDBOX)
    key = _key_for(chosen, candidates, places) if chosen is not SANDBOX else None
    if key is None and chosen.needs_key:
        hints = [
            Hint(
                "set SMS_API_KEY, or hand it to {client}",
                client=_with_key(chosen, is_argument=len(candidates) == 1),
            ),
            Hint("{client} needs none", client=SANDBOX_CLIENT),
        ]
        if find_spec("keyring") is None:
            hints.insert(1, _KEY_STORE)
        raise UsageProblem(Phrase("{title} needs an API key", title=chosen.title), hints=hints)
    if key is not None and (problem := key.problem()):
        raise UsageProblem(problem)
    _refuse_plain_http(chosen, is_allowed=arguments.allows_http or is_set("SMS_ALLOW_HTTP"))
    return Settings(chosen, key)


def _key_for(
    chosen: Provider, candidates: list[SettingsSource], further: Iterator[SettingsSource]
) -> ApiKey | None:
    """Return the first key that belongs to the chosen provider, or to none in particular."""
    decisive = candidates[-1]
    for candidate in chain(candidates, further):
        if candidate is not decisive and candidate.provider not in (None, chosen):
            continue
        if own := candidate.key or candidate.key_of(chosen):
            return own
    return None


def _places(arguments: SettingsSource) -> Iterator[SettingsSource]:
    """Look from place to place, only as far as needed."""
    yield _sound(arguments)
    yield _sound(_from_environment())
    yield _sound(_from_key_store())
    yield _sound(_from_file())


def _sound(candidate: SettingsSource) -> SettingsSource:
    """Insist on a place without a problem."""
    if candidate.problem:
        raise copy(candidate.problem)
    return candidate


def _from_environment() -> SettingsSource:
    return place(
        os.environ.get("SMS_PROVIDER") or None,
        os.environ.get("SMS_BASE_URL") or None,
        os.environ.get("SMS_API_KEY") or None,
    )


def _from_key_store() -> SettingsSource:
    return place(_from_keyring(_DEFAULT_USER), None, None, _stored_key)


def _from_keyring(user: str) -> str | None:
    """Ask the key store; one that is not there or refuses has nothing to say."""
    try:
        import keyring  # noqa: PLC0415 - slow to load, and only asked when nothing else was found

        return keyring.get_password(SERVICE, user) or None
    except Exception:  # noqa: BLE001 - each backend fails in its own way
        return None


def _stored_key(provider: Provider) -> ApiKey | None:
    known = PROVIDERS.get(provider.name)
    if known is not None and known.base_url != provider.base_url:
        return None  # its name, but not its address
    stored = _from_keyring(provider.name)
    return ApiKey(stored) if stored else None


def _from_file() -> SettingsSource:
    """Read the config file, if there is one."""
    path = home() / "config.toml"
    stored = _parsed(path)
    if os.name != "posix" or stored == SettingsSource() or stored.problem:
        return stored
    if command := _closing(path):
        line = f"{path} can be changed by others, who could have the key sent elsewhere. {command}"
        return SettingsSource(
            problem=UsageProblem(f"{line}. Or leave it out: SMS_PROVIDER and others do.")
        )
    if stored.key and path.stat().st_mode & 0o077:
        warnings.warn(
            f"{path} holds an API key and others can read it: chmod 600 it.", stacklevel=2
        )
    return stored


def _closing(path: Path) -> str | None:
    """Return what keeps others from changing a file, or its folders; None where they cannot."""
    import shlex  # noqa: PLC0415 - where a file is looked at

    whole = path.resolve()
    ours = (whole, whole.parent, path.parent.absolute())
    for place in dict.fromkeys((*ours, *path.absolute().parents, *whole.parents)):
        status = place.stat()
        is_folder, is_ours = stat.S_ISDIR(status.st_mode), place in ours
        if is_ours and status.st_uid not in (0, os.geteuid()):
            return f"It belongs to another user: chown {os.geteuid()} {shlex.quote(str(place))}"
        is_sticky = is_folder and status.st_mode & stat.S_ISVTX  # nobody replaces another's file
        if status.st_mode & (0o022 if is_ours else 0o002) and not is_sticky:
            return f"Run: chmod {'go-w' if is_folder else '600'} {shlex.quote(str(place))}"
    return None


def _parsed(path: Path) -> SettingsSource:
    """Return what the config file says; like `place`, it raises nothing."""
    import tomllib  # noqa: PLC0415 - only where nothing else was said

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SettingsSource()
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        line = f"{path} cannot be read: {reason}. Mend it, or name a folder in SMS_NOTEBOOK_HOME."
        return SettingsSource(problem=UsageProblem(line))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return SettingsSource(
            problem=UsageProblem(f"{path} cannot be read as TOML. Mend or remove it.")
        )
    known = ("provider", "base_url", "api_key")
    if unknown := [without_key(name) for name in values if name not in known]:
        line = f"{path} has an unknown setting {unknown[0]!r}. Known: {', '.join(known)}."
        return SettingsSource(problem=UsageProblem(line))
    if not all(isinstance(value, str) for value in values.values()):
        return SettingsSource(problem=UsageProblem(f"{path}: each setting is a text in quotes."))
    return place(values.get("provider"), values.get("base_url"), values.get("api_key") or None)


def _provider(name: str | None, base_url: str | None) -> Provider | None:
    """Return the provider that a name and an address mean together."""
    known = find_provider(name) if name else None
    if base_url is None:
        return known
    address = _address(base_url)
    parts = urlsplit(address)
    here = is_loopback(parts.hostname or "")
    if known is not None:
        return replace(known, base_url=address, own_clock=here)
    by_address = next((p for p in PROVIDERS.values() if p.base_url == address), None)
    unknown = Provider(parts.netloc, parts.netloc, address)
    if here:  # likely a sandbox, which says so itself in its replies
        unknown = replace(unknown, needs_key=False, own_clock=True, order_id=True)
    return by_address or unknown


def _address(base_url: str) -> str:
    """Check an address, and add the protocol's usual path where it has none."""
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError:
        raise _no_address() from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageProblem(
            Phrase("{base_url} takes no user, query or fragment"),
            hints=[Hint("hand the key to {client}", client=_WITH_KEY), _EXAMPLE],
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        written = without_key(base_url)[:60]
        raise UsageProblem(
            Phrase("{base_url} {address!r} lacks http:// or https://", address=written),
            hints=[_EXAMPLE],
        )
    netloc = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
    netloc += f":{port}" if port not in (None, _USUAL_PORTS[parts.scheme]) else ""
    path = parts.path.rstrip("/") or PATH
    address = f"{parts.scheme}://{netloc}{path}"
    if not is_address(address):
        raise _no_address()
    return address


_WITH_HTTP = ("Client", {"allow_http": True})
_WITH_KEY = ("Client", {"api_key": Parameter("…")})
_KEY_STORE = Hint(
    "{command} lets the operating system's key store be asked too",
    command=command_for("keyring"),
)
_EXAMPLE = Hint("write it like {example}", example=f"https://example.com{PATH}")


def _with_key(chosen: Provider, *, is_argument: bool) -> tuple[str, dict[str, object]]:
    """Return the call that has a key, and leads to the same provider."""
    options: dict[str, object] = {"api_key": Parameter("…")}
    known = PROVIDERS.get(chosen.name)
    is_elsewhere = known is None or known.base_url != chosen.base_url
    if known is not None and (is_argument or not is_elsewhere):
        options["provider"] = known.name
    if is_argument and is_elsewhere:
        options["base_url"] = Parameter("…")
    return "Client", options


def _no_address() -> UsageProblem:
    return UsageProblem(Phrase("{base_url} is not an address"), hints=[_EXAMPLE])


def _refuse_plain_http(provider: Provider, *, is_allowed: bool) -> None:
    """Refuse to send a key where everybody on the way can read it, unless a person asks for it."""
    parts = urlsplit(provider.base_url)
    host = parts.hostname or ""
    if is_allowed or parts.scheme != "http" or provider is SANDBOX or is_loopback(host):
        return
    raise UsageProblem(
        Phrase("{host} is asked over plain http: the API key can be read on the way", host=host),
        hints=[
            Hint("use an address with https://"),
            Hint("{client} or SMS_ALLOW_HTTP=1 sends it all the same", client=_WITH_HTTP),
        ],
    )


def is_set(name: str) -> bool:
    """Tell whether a variable of the environment says yes."""
    return os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on")


def is_address(url: str) -> bool:
    """Tell whether something can be sent there."""
    try:
        return bool(httpx.URL(url).host)
    except (httpx.InvalidURL, UnicodeError):
        return False
