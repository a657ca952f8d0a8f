"""The network as seen from above: the key is added here, below httpx's logging and exceptions.

What comes out of these transports, replies and failures alike, has never seen the key: a failure
below is replaced by one of the same kind, without the frames and locals that hold the full
address.

Connections are kept for reads, and each purchase has a fresh one: nothing that an earlier reply
left behind on a connection can be taken for its answer. A process that was forked opens connections
of its own: shared ones would mix up the replies.
"""

import os
import ssl
import zlib
from typing import Final

import httpx

from sms_notebook.providers.key import ApiKey
from sms_notebook.transport.connecting import (
    AsyncBackend,
    Backend,
    certificates,
    deadline,
    opening_with,
    proxy_of,
    time_left,
)
from sms_notebook.transport.redaction import clean_failure, hide_in_log

LARGEST = 64 * 2**20
"""Bytes of the largest reply that is read."""
LONGEST_TEXT = 2**20
"""Bytes that are looked at of a reply that is no JSON: only lists are longer than a few."""
ENCODINGS = "gzip"
"""How a reply may be packed."""

TELLING_HEADERS = ("x-price", "x-text", "x-sandbox")
"""Headers that say what a purchase cost, the whole message, and that a sandbox of ours answers."""

FRESH: Final = "fresh_connection"
"""The extension of a request that must have a connection of its own."""

KEY_IN_HEADER = "key_in_header"
"""The extension of a request that takes the key in a header, as ``Authorization: ApiKey …``."""

PARTIAL = "partial"
"""The extension of a request whose reply broke off: what had come until then."""

_NEVER_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=0)
_KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=20)

_KEPT_HEADERS = ("content-type", "retry-after", *TELLING_HEADERS)
_BLANK = b"\xef\xbb\xbf \t\r\n"


class _Signer:
    """What both transports do besides waiting."""

    def __init__(self, key: ApiKey | None, origin: httpx.URL) -> None:
        self._key = key
        self._origin = (origin.scheme, origin.host, origin.port)
        if key is not None:
            hide_in_log(key)

    def sign(self, request: httpx.Request) -> httpx.Request:
        """Add the key, if the request goes to the provider it belongs to."""
        url = request.url
        if self._key is None or (url.scheme, url.host, url.port) != self._origin:
            return request
        headers = request.headers
        if KEY_IN_HEADER in request.extensions:
            headers = httpx.Headers({**headers, "Authorization": f"ApiKey {self._key.reveal()}"})
        else:
            own = httpx.QueryParams({"api_key": self._key.reveal()})
            query = f"{own}&{url.query.decode('ascii')}" if url.query else str(own)
            url = url.copy_with(query=query.encode("ascii"))
        return httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    def clean_reply(self, response: httpx.Response, body: bytes) -> httpx.Response:
        """Return a reply that holds nothing of the signed request."""
        hide = self._key.hide_in if self._key else str
        headers = {
            # There may be a message in one.
            name.encode(): hide(response.headers[name]).encode("utf-8", "replace")
            for name in _KEPT_HEADERS
            if name in response.headers
        }
        if not body[:64].lstrip(_BLANK).startswith((b"{", b"[")):
            body = body[:LONGEST_TEXT]
        content = self._key.hide_in_body(body) if self._key else body
        return httpx.Response(response.status_code, headers=headers, content=content)

    def clean_failure(
        self, failure: BaseException, request: httpx.Request, body: bytes
    ) -> BaseException:
        """Return a failure of the same kind without the frames and texts of the one below."""
        hide = self._key.hide_in if self._key else str
        if body:
            request.extensions[PARTIAL] = self._key.hide_in_body(body) if self._key else body
        return clean_failure(failure, request, hide)


class _Collected:
    """Collects a body within its limits of size and time."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._is_begun = False
        self._unpacking: zlib._Decompress | None = None

    def begin(self, response: httpx.Response) -> None:
        """Look how the body is packed. httpx would not notice that the end of it is missing."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding == ENCODINGS:
            self._unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding not in ("identity", ""):
            raise httpx.DecodingError(f"the reply is packed in a way nobody asked for: {encoding}")

    def add(self, part: bytes) -> None:
        """Take one more part."""
        self._is_begun = True
        if self._unpacking is not None:
            try:
                part = self._unpacking.decompress(part, LARGEST - len(self.body) + 1)
            except zlib.error as error:
                raise httpx.DecodingError(f"the reply is not gzip: {error}") from None
        self.body += part
        if len(self.body) > LARGEST:
            raise httpx.DecodingError(f"the reply is larger than {LARGEST} bytes")
        time_left(None, httpx.ReadTimeout)

    def all(self) -> bytes:
        """Return the whole."""
        if self._unpacking is not None and self._is_begun and not self._unpacking.eof:
            raise httpx.DecodingError("the reply is cut short")
        return bytes(self.body)


class KeyedTransport(httpx.BaseTransport):
    """Adds the key on the way out, and lets nothing of it come back.

    Parameters
    ----------
    inner : httpx.BaseTransport
        What really sends.
    key : ApiKey or None
        The key.
    origin : httpx.URL
        The provider: no other address gets the key.
    """

    def __init__(self, inner: httpx.BaseTransport, key: ApiKey | None, origin: httpx.URL) -> None:
        self._inner = inner
        self._signer = _Signer(key, origin)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the key."""
        outcome = self._attempt(request)
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    def _attempt(self, request: httpx.Request) -> httpx.Response | BaseException:
        """Return a clean reply or a clean failure; nothing is raised where the key is a local."""
        collected = _Collected()
        try:
            with deadline(request):
                response = self._inner.handle_request(self._signer.sign(request))
                try:
                    collected.begin(response)
                    for part in response.iter_raw():
                        collected.add(part)
                finally:
                    response.close()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also an interrupt must not carry the key
            return self._signer.clean_failure(failure, request, bytes(collected.body))

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class AsyncKeyedTransport(httpx.AsyncBaseTransport):
    """The same as `KeyedTransport`, for asyncio."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, key: ApiKey | None, origin: httpx.URL
    ) -> None:
        self._inner = inner
        self._signer = _Signer(key, origin)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the key."""
        outcome = await self._attempt(request)
        if isinstance(outcome, httpx.Response):
            return outcome
        raise outcome

    async def _attempt(self, request: httpx.Request) -> httpx.Response | BaseException:
        """Return a clean reply or a clean failure; nothing is raised where the key is a local."""
        collected = _Collected()
        try:
            with deadline(request):
                response = await self._inner.handle_async_request(self._signer.sign(request))
                try:
                    collected.begin(response)
                    async for part in response.aiter_raw():
                        collected.add(part)
                finally:
                    await response.aclose()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also a cancellation must not carry the key
            return self._signer.clean_failure(failure, request, bytes(collected.body))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


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
        self._backend = Backend()
        self._kept = self._transport(_KEPT)
        self._fresh = self._transport(_NEVER_KEPT)

    def _transport(self, limits: httpx.Limits) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(verify=self._certificates, proxy=self._proxy, limits=limits)
        return opening_with(self._backend, transport)

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
        for stream in self._backend.streams.end():
            stream.close()


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
        self._backend = AsyncBackend()
        self._kept, self._fresh = (
            opening_with(
                self._backend,
                httpx.AsyncHTTPTransport(verify=verify, proxy=proxy, limits=limits),
            )
            for limits in (_KEPT, _NEVER_KEPT)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of the right kind."""
        transport = self._fresh if request.extensions.get(FRESH) else self._kept
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()
        for stream in self._backend.streams.end():
            await stream.aclose()
