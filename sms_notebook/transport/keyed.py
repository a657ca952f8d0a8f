"""The key is added here, below httpx's own logging and exceptions.

What comes out of these transports, replies and failures alike, has never seen the key: a failure
below is replaced by one of the same kind, without the frames and locals that hold the full
address.
"""

import time
import zlib
from collections.abc import Callable

import httpx

from sms_notebook.transport.key import ApiKey
from sms_notebook.transport.log import hide_in_log

LARGEST = 64 * 2**20
"""Bytes of the largest reply that is read."""
PATIENCE = 4.0
"""A whole body may take this many times the read time-out, however slowly it drips."""

ENCODINGS = "gzip"
"""How a reply may be packed."""

_GZIP = 16 + zlib.MAX_WBITS
_KEPT_HEADERS = ("content-type", "retry-after")


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
        own = httpx.QueryParams({"api_key": self._key.reveal()})
        query = f"{own}&{url.query.decode('ascii')}" if url.query else str(own)
        return httpx.Request(
            request.method,
            url.copy_with(query=query.encode("ascii")),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    def clean_reply(self, response: httpx.Response, body: bytes) -> httpx.Response:
        """Return a reply that holds nothing of the signed request."""
        hide = self._key.hide_in if self._key else str
        headers = {
            name: hide(response.headers[name]) for name in _KEPT_HEADERS if name in response.headers
        }
        content = self._key.hide_in_body(body) if self._key else body
        return httpx.Response(response.status_code, headers=headers, content=content)

    def clean_failure(self, failure: BaseException, request: httpx.Request) -> BaseException:
        """Return a failure of the same kind without the frames and texts of the one below."""
        hide = self._key.hide_in if self._key else str
        if isinstance(failure, httpx.RequestError):
            known = (kind for kind in type(failure).__mro__ if kind.__module__ == "httpx")
            kind: type[httpx.RequestError] = next(known)
            return kind(hide(str(failure)), request=request)
        if isinstance(failure, Exception):
            text = hide(f"{type(failure).__name__}: {failure}")
            return httpx.RequestError(text, request=request)
        return _copied(failure, hide)


def _copied(interrupt: BaseException, hide: Callable[[str], str]) -> BaseException:
    """Copy an interrupt of whatever kind, without what it has seen below."""

    def shown(value: object) -> object:
        text = value if isinstance(value, str) else repr(value)
        return value if hide(text) == text else hide(text)

    if isinstance(interrupt, BaseExceptionGroup):
        members = [_copied(member, hide) for member in interrupt.exceptions]
        return BaseExceptionGroup(hide(interrupt.message), members)
    args = [shown(arg) for arg in interrupt.args]
    copied = BaseException.__new__(type(interrupt), *args)
    if isinstance(interrupt, SystemExit) and isinstance(copied, SystemExit):
        copied.code = interrupt.code
    copied.__dict__.update(
        {name: shown(value) for name, value in vars(interrupt).items() if name != "__notes__"}
    )
    return copied


class _Collected:
    """Collects a body within its limits of size and time."""

    def __init__(self, request: httpx.Request) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        self._deadline = None if patience is None else time.monotonic() + PATIENCE * patience
        self._parts: list[bytes] = []
        self._size = 0
        self._unpacking: zlib._Decompress | None = None

    def begin(self, response: httpx.Response) -> None:
        """Look how the body is packed. httpx would not notice that the end of it is missing."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding == ENCODINGS:
            self._unpacking = zlib.decompressobj(_GZIP)
        elif encoding not in ("identity", ""):
            raise httpx.DecodingError(f"the reply is packed in a way nobody asked for: {encoding}")

    def add(self, part: bytes) -> None:
        """Take one more part."""
        if self._unpacking is not None:
            try:
                part = self._unpacking.decompress(part, LARGEST - self._size + 1)
            except zlib.error as error:
                raise httpx.DecodingError(f"the reply is not gzip: {error}") from None
        self._parts.append(part)
        self._size += len(part)
        if self._size > LARGEST:
            raise httpx.DecodingError(f"the reply is larger than {LARGEST} bytes")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise httpx.ReadTimeout("the reply drips too slowly")

    def all(self) -> bytes:
        """Return the whole."""
        if self._unpacking is not None and self._parts and not self._unpacking.eof:
            raise httpx.DecodingError("the reply is cut short")
        return b"".join(self._parts)


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
        try:
            collected = _Collected(request)
            response = self._inner.handle_request(self._signer.sign(request))
            try:
                collected.begin(response)
                for part in response.iter_raw():
                    collected.add(part)
            finally:
                response.close()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also an interrupt must not carry the key
            return self._signer.clean_failure(failure, request)

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
        try:
            collected = _Collected(request)
            response = await self._inner.handle_async_request(self._signer.sign(request))
            try:
                collected.begin(response)
                async for part in response.aiter_raw():
                    collected.add(part)
            finally:
                await response.aclose()
            return self._signer.clean_reply(response, collected.all())
        except BaseException as failure:  # noqa: BLE001 - also a cancellation must not carry the key
            return self._signer.clean_failure(failure, request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
