"""How a client sends, as a person chose it: time-outs, proxy, certificates, retries, the rate.

What connects lies below the key: whatever an HTTP client of one's own sends has the key in it.
"""

import os
import random
import ssl
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors import (
    ConnectionFailed,
    MalformedReply,
    RateLimited,
    ServerError,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.hosts import is_loopback

FRESH: Final = "fresh_connection"
"""The extension of a request that must have a connection of its own."""
TOTAL: Final = "total"
"""The extension of a request with the seconds that the exchange as a whole may take."""

ENCODINGS: Final = "gzip"
"""How a reply may be packed."""

Proxy = str | httpx.Proxy | bool
"""An address, as httpx takes it; False for none."""
Verify = str | os.PathLike[str] | ssl.SSLContext | bool
"""A file with certificates of authorities, or a context; True for the usual ones."""

_LONGEST_PAUSE = 60.0  # seconds that a provider may ask for before a read is sent again
_PATIENCE = 3.0  # an exchange may take this many times the time-out of its steps
_PARTS = ("connect", "read", "write", "pool")
_LONGEST = 10**6  # seconds
_HTTP, _SOCKS = ("http", "https"), ("socks5", "socks5h")
_SYNC, _ASYNC = "handle_request", "handle_async_request"


class Timeouts(msgspec.Struct, frozen=True):
    """How long a request may take.

    Attributes
    ----------
    parts : mapping of str to float
        Seconds for each step: ``connect``, ``read``, ``write``, ``pool``.
    total : float
        Seconds for the exchange as a whole.
    """

    parts: Mapping[str, float]
    total: float

    @property
    def patience(self) -> float:
        """The seconds of the longest step, or a third of those in all."""
        return max(*self.parts.values(), self.total / _PATIENCE)

    @property
    def extensions(self) -> dict[str, object]:
        """As a request carries them."""
        return {"timeout": dict(self.parts), TOTAL: self.total}


def user_agent() -> str:
    """Return what this package calls itself: ``sms-notebook/VERSION``."""
    return f"sms-notebook/{sys.modules['sms_notebook'].__version__}"


def timeouts_of(timeout: Any, total: Any) -> Timeouts:
    """Read time-outs: seconds for each step, or an ``httpx.Timeout``; and seconds in all.

    Raises
    ------
    UsageProblem
        If one is no number above zero: nothing waits for ever.
    """
    if all(hasattr(timeout, part) for part in _PARTS):
        given = {part: getattr(timeout, part) for part in _PARTS}
        parts = {part: _seconds(f"timeout: {part}", value) for part, value in given.items()}
    else:
        parts = dict.fromkeys(_PARTS, _seconds("timeout", timeout))
    longest = max(parts.values())
    return Timeouts(
        parts, _PATIENCE * longest if total is None else _seconds("total_timeout", total)
    )


def _seconds(name: str, value: Any) -> float:
    """Insist on seconds above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LONGEST:
        raise UsageProblem(f"{name} takes seconds above zero, not {value!r}.")
    return float(value)


@dataclass(frozen=True, slots=True)
class Connection:
    """What takes requests to the provider; nothing in it shows, there may be a password.

    Attributes
    ----------
    proxy : str, httpx.Proxy or bool
        The way there; True for what this machine's settings say, False for none.
    verify : ssl.SSLContext or bool
        Who is trusted; True for the usual authorities.
    http_client : object
        A client or a transport of httpx, or of a library that is used alike; None for our own.
    """

    proxy: Proxy = field(default=True, repr=False)
    verify: ssl.SSLContext | bool = True
    http_client: Any = field(default=None, repr=False)


USUAL = Connection()
"""As the machine's settings say."""


def connection_of(proxy: Any, verify: Any, http_client: Any, *, is_async: bool) -> Connection:
    """Read what a person chose, in one look and before anything is sent.

    Raises
    ------
    UsageProblem
        If it is of a wrong kind, cannot be read, or needs a package that is not installed.
    """
    chosen = Connection(_proxy(proxy), _verify(verify), _http_client(http_client, is_async))
    if http_client is not None and (proxy is not None or verify is not True):
        raise UsageProblem("http_client has a proxy and certificates of its own: set them there.")
    return chosen


def _proxy(value: Any) -> Proxy:
    if isinstance(value, str | None) or value is False:
        proxy = True if value is None else value and with_scheme(value)
        if isinstance(proxy, str):
            insist_on_proxy(proxy, "proxy takes an address such as http://host:3128, or False.")
        return False if proxy == "" else proxy
    url = getattr(value, "url", None)
    if not hasattr(url, "host"):
        raise UsageProblem(f"proxy takes an address, an httpx.Proxy or False, not {_kind(value)}.")
    insist_on_proxy(str(url), "proxy takes one for http, https, socks5 or socks5h.")
    return value if isinstance(value, httpx.Proxy) else _as_httpx(value)


def _as_httpx(proxy: Any) -> httpx.Proxy:
    """Return the proxy of another library as httpx has it."""
    return httpx.Proxy(
        str(proxy.url),
        auth=proxy.auth,
        headers=list(proxy.headers.multi_items()),
        ssl_context=proxy.ssl_context,
    )


def with_scheme(proxy: str) -> str:
    """Return a proxy's address; one without a scheme speaks http."""
    return proxy if "://" in proxy else f"http://{proxy}"


def insist_on_proxy(proxy: str, otherwise: str) -> None:
    """Refuse a proxy that cannot be used; the line never holds its address, nor its password."""
    try:
        parts = urlsplit(proxy)
        is_fine = bool(parts.hostname) and parts.scheme in (*_HTTP, *_SOCKS)
        is_fine = is_fine and (parts.port or 1) > 0 and bool(httpx.URL(proxy).host)
    except (ValueError, httpx.InvalidURL):
        raise UsageProblem(otherwise) from None
    if not is_fine:
        raise UsageProblem(otherwise)
    if parts.scheme in _SOCKS and find_spec("socksio") is None:
        raise UsageProblem(
            'a SOCKS proxy needs one more package. Run: pip install "sms-notebook[socks]"'
        )


def _verify(value: Any) -> ssl.SSLContext | bool:
    if value is True or isinstance(value, ssl.SSLContext):
        return value
    if not isinstance(value, str | os.PathLike):
        raise UsageProblem(
            f"verify takes a file of certificates or an ssl.SSLContext, not {_kind(value)}. "
            "Certificates are always checked: the key goes to whoever answers."
        )
    path = Path(value)
    try:
        path = path.expanduser()
        where = {"capath" if path.is_dir() else "cafile": str(path)}
        return ssl.create_default_context(**where)  # type: ignore[arg-type]  # one of its names
    except (OSError, ValueError, RuntimeError):
        raise UsageProblem(f"verify: {path} cannot be read as certificates (PEM).") from None


def _http_client(value: Any, is_async: bool) -> Any:
    if value is None:
        return None
    ours, other = ("AsyncClient", "Client") if is_async else ("Client", "AsyncClient")
    if isinstance(value, type) or not (is_client(value) or is_transport(value)):
        what = f"an httpx.{ours} or a transport"
        raise UsageProblem(f"http_client takes {what}, not {_kind(value)}.")
    if not is_async and not for_threads(value):
        raise UsageProblem(f"http_client: {_kind(value)} is for asyncio. {other} takes it.")
    return value


def is_client(value: Any) -> bool:
    """Tell whether something is a client, as httpx has them."""
    return all(hasattr(value, name) for name in ("send", "build_request"))


def is_transport(value: Any) -> bool:
    """Tell whether something is a transport, as httpx has them."""
    return hasattr(value, _SYNC) or hasattr(value, _ASYNC)


def for_threads(value: Any) -> bool:
    """Tell whether a client or a transport can be used without an event loop."""
    return hasattr(value, _SYNC) or (is_client(value) and not hasattr(value, "aclose"))


def _kind(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


def proxy_of(url: httpx.URL, connection: Connection = USUAL) -> str | httpx.Proxy | None:
    """Return the proxy for an address: the one that was chosen, or this machine's.

    Through a proxy goes what TLS hides from it, and a key in clear only where a person asked for
    plain http: ``allow_http=True``. This machine itself is asked through a proxy only where a
    person chose one.

    Raises
    ------
    UsageProblem
        If it is of a kind that is not supported.
    """
    if not isinstance(connection.proxy, bool):
        return connection.proxy
    if connection.proxy is False or is_loopback(url.host):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(url.host):
        return None
    proxy = with_scheme(address)
    insist_on_proxy(
        proxy,
        "the proxy that this machine's settings name is none for http: change "
        f"{url.scheme.upper()}_PROXY or ALL_PROXY, or name {url.host} in NO_PROXY.",
    )
    return proxy


def certificates(url: httpx.URL, connection: Connection) -> ssl.SSLContext:
    """Load certificates, only for https: it takes longer than a call."""
    if url.scheme != "https":
        return httpx.create_ssl_context(verify=False)  # httpx would make one for each transport
    chosen = connection.verify
    return httpx.create_ssl_context() if isinstance(chosen, bool) else chosen


class Retry(msgspec.Struct, frozen=True):
    """A policy that answers one question.

    Attributes
    ----------
    retries : int
        How often a read is sent again.
    first : float
        Seconds before the first time; doubled each time, with up to half of it taken off by chance.
    longest : float
        The longest pause, in seconds.
    """

    retries: int = 2
    first: float = 0.5
    longest: float = 8.0

    def pause(self, effect: Effect, error: SmsError, attempt: int) -> float | None:
        """Return the seconds to wait before sending again, or None to give up.

        Parameters
        ----------
        effect : Effect
            What the action does.
        error : SmsError
            How it failed.
        attempt : int
            How often it was sent, from 1.
        """
        if effect is not Effect.READ or attempt > self.retries:
            return None
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= _LONGEST_PAUSE else None
        is_cut = isinstance(error, MalformedReply) and error.is_cut
        if not is_cut and not isinstance(error, ConnectionFailed | RateLimited | ServerError):
            return None
        return min(self.first * 2.0 ** (attempt - 1), self.longest) * random.uniform(0.5, 1.0)
