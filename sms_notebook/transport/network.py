"""The network: connections that are kept for reads, and a fresh one for each purchase.

Nothing that an earlier reply left behind on a connection can be taken for the answer to a purchase.
A process that was forked opens connections of its own: shared ones would mix up the replies.
"""

import os
import ssl
import urllib.request

import httpx

from sms_notebook.protocol.errors import UsageProblem

FRESH = "fresh_connection"
"""The extension of a request that must have a connection of its own."""

_NEVER_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=0)
_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def proxy_of(url: httpx.URL) -> str | None:
    """Return the proxy that this machine's settings name for an address.

    Raises
    ------
    UsageProblem
        If it is of a kind that is not supported.
    """
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or urllib.request.proxy_bypass(url.host):
        return None
    proxy = found if "://" in found else f"http://{found}"
    if not proxy.startswith(("http://", "https://")):
        raise UsageProblem(
            "the proxy that this machine's settings name is none for http: change "
            f"{url.scheme.upper()}_PROXY or ALL_PROXY, or name {url.host} in NO_PROXY."
        )
    return proxy


def certificates(url: httpx.URL) -> ssl.SSLContext | bool:
    """Load certificates, only for https: it takes longer than a call."""
    return httpx.create_ssl_context() if url.scheme == "https" else False


class Network(httpx.BaseTransport):
    """Sends over the network.

    Parameters
    ----------
    url : httpx.URL
        Where to.
    """

    def __init__(self, url: httpx.URL) -> None:
        self._proxy = proxy_of(url)
        self._certificates = certificates(url)
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._kept = self._transport(_KEPT)
        self._fresh = self._transport(_NEVER_KEPT)

    def _transport(self, limits: httpx.Limits) -> httpx.HTTPTransport:
        return httpx.HTTPTransport(verify=self._certificates, proxy=self._proxy, limits=limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        if os.getpid() != self._process:
            self._open()
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return transport.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._kept.close()
        self._fresh.close()


class AsyncNetwork(httpx.AsyncBaseTransport):
    """The same for asyncio; made anew for each event loop.

    Parameters
    ----------
    verify : ssl.SSLContext or bool
        What `certificates` returned.
    proxy : str or None
        What `proxy_of` returned.
    """

    def __init__(self, verify: ssl.SSLContext | bool, proxy: str | None) -> None:
        self._kept = httpx.AsyncHTTPTransport(verify=verify, proxy=proxy, limits=_KEPT)
        self._fresh = httpx.AsyncHTTPTransport(verify=verify, proxy=proxy, limits=_NEVER_KEPT)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()
