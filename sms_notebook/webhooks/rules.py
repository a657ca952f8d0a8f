"""Where webhooks come in, and who may post them: the secret, the right address, a fair pace."""

import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final

from sms_notebook.protocol.errors import UsageProblem

PORT: Final = 8765
"""Where the receiver listens unless told otherwise."""

SECRET_FILE: Final = "webhook_secret"  # noqa: S105 - the name of a file

_SECRET = re.compile(r"[A-Za-z0-9_-]{16,200}")
_LOOPBACK: Final = ("127.0.0.0/8", "::1")
_RATE: Final = 500.0  # requests a second
_BURST: Final = 1000
_MOST_SOURCES: Final = 1000  # that are remembered, unless more are busy
_TRIES: Final = 20
_PAUSE: Final = 0.05  # seconds between tries: another process may just be writing the file

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network


def secret_in(home: Path) -> str:
    """Return the secret that a folder keeps; made when first asked for.

    Raises
    ------
    UsageProblem
        If it can be neither read nor made.
    """
    path = home / SECRET_FILE
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return _kept_in(path)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            secret = secrets.token_urlsafe(32)
            file.write(secret)
            return secret
    except OSError as failure:
        raise UsageProblem(
            f"the secret of the webhooks cannot be kept in {path}: {failure.strerror}. "
            "Set SMS_WEBHOOK_SECRET instead."
        ) from None


def check_secret(secret: str) -> str:
    """Insist on a secret that nobody guesses and that needs no escaping in a URL.

    Raises
    ------
    UsageProblem
        If it is another one. The line does not show it.
    """
    if not _SECRET.fullmatch(secret):
        raise UsageProblem(
            "the secret of the webhooks is 16 to 200 letters, digits, hyphens and underscores. "
            "Leave it out to have one made."
        )
    return secret


def is_same(secret: str, offered: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(secret.encode(), offered.encode("utf-8", "replace"))


class Sources:
    """Addresses that webhooks may come from.

    Parameters
    ----------
    sources : sequence of str
        Addresses or networks; this machine only if there are none.
    proxies : sequence of str
        Addresses or networks of those who are believed when they say who asked them.

    Raises
    ------
    UsageProblem
        If one is no address.
    """

    def __init__(self, sources: Sequence[str], proxies: Sequence[str]) -> None:
        self._sources = _networks("sources", sources or _LOOPBACK)
        self._proxies = _networks("proxies", proxies)

    def find(self, peer: str, forwarded: Iterable[str]) -> str | None:
        """Return the address that a request comes from, None if it may not.

        Parameters
        ----------
        peer : str
            The other end of the connection.
        forwarded : iterable of str
            What ``X-Forwarded-For`` says, each proxy adding to the right.
        """
        # Not by uvicorn's proxy_headers: it knows no IPv4 address that comes over IPv6, and before
        # 0.49 it reads at most one of several headers, before 0.31 no networks.
        hops = ",".join(forwarded).split(",")
        source = _address(peer)
        while hops and _is_one_of(source, self._proxies):
            source = _address(hops.pop().strip())
        accepted = _is_one_of(source, self._sources) and not _is_one_of(source, self._proxies)
        return str(source) if accepted else None


class SourceLimiter:
    """How often each source may post: so many times a second, and some more at once.

    Parameters
    ----------
    now : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, source: str) -> float:
        """Count a request; return after how many seconds it would be welcome: 0 if it is now."""
        now = self._now()
        left = self._left_of(source, now)
        if left < 1:
            return (1 - left) / _RATE
        if len(self._left) >= _MOST_SOURCES:
            self._forget_the_idle(now)
        self._left[source] = (left - 1, now)
        return 0.0

    def _left_of(self, source: str, now: float) -> float:
        left, since = self._left.get(source, (_BURST, now))
        return min(_BURST, left + (now - since) * _RATE)

    def _forget_the_idle(self, now: float) -> None:
        idle = [source for source in self._left if self._left_of(source, now) == _BURST]
        for source in idle:
            del self._left[source]


def _kept_in(path: Path) -> str:
    for _ in range(_TRIES):
        kept = path.read_text(encoding="ascii", errors="replace").strip()
        if _SECRET.fullmatch(kept):
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            return kept
        time.sleep(_PAUSE)
    raise UsageProblem(f"{path} holds no secret. Remove the file: a new one is made.")


def _networks(name: str, texts: Sequence[str]) -> tuple[IpNetwork, ...]:
    if isinstance(texts, str):
        raise UsageProblem(f"{name} takes a list of addresses, not one text.")
    return tuple(_network(name, text) for text in texts)


def _network(name: str, text: str) -> IpNetwork:
    single = _address(text)
    try:
        return ip_network(text if single is None else single, strict=False)
    except ValueError:
        raise UsageProblem(
            f"{name}: {text!r:.60} is no address. Write them like 192.0.2.7 or 192.0.2.0/24."
        ) from None


def _address(text: str) -> IpAddress | None:
    """Read an address; an IPv4 one in the clothes of IPv6 is an IPv4 one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_one_of(address: IpAddress | None, networks: Iterable[IpNetwork]) -> bool:
    return address is not None and any(address in network for network in networks)
