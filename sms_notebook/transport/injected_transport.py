"""Sending with an HTTP client or a transport of one's own: it gets requests with the key in them.

Any library will do that is used as httpx is, such as httpx2: requests are made of its own class.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from sms_notebook.transport.network import LARGEST
from sms_notebook.transport.options import TOTAL, for_threads, is_client

_ALIKE = ("httpx", "httpx2")


def _request_kind(inner: Any) -> type[Any]:
    """Return the class of requests that a client or a transport takes."""
    for kind in type(inner).__mro__:
        library = kind.__module__.partition(".")[0]
        if library in _ALIKE:
            request_type: type[Any] = sys.modules[library].Request
            return request_type
    return httpx.Request


class _Translator:
    """Turns requests of ours into those of another library, and its replies back."""

    def __init__(self, inner: Any, *, is_async: bool) -> None:
        self._inner = inner
        self._is_async = is_async
        self._kind = _request_kind(inner)
        self._is_client = is_client(inner)
        # Sent once: who redirects, or asks for a password first, would have it sent again.
        self._options = {"stream": True, "follow_redirects": False, "auth": None}

    def request(self, request: httpx.Request) -> Any:
        """Return a request as the other library has it, with the headers of its client."""
        headers = dict(self._inner.headers) if self._is_client else {}
        return self._kind(
            request.method,
            str(request.url),
            headers={**headers, **request.headers},
            content=request.read(),
            extensions={"timeout": request.extensions["timeout"]},
        )

    def send(self, request: Any) -> Any:
        """Send it, or return what sends it once it is awaited."""
        if self._is_client:
            return self._inner.send(request, **self._options)
        how = "handle_async_request" if self._is_async else "handle_request"
        return getattr(self._inner, how)(request)


def _reply(response: Any, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
    headers = list(response.headers.multi_items())
    if response.is_stream_consumed:  # somebody below has read it, and unpacked it
        headers = [item for item in headers if item[0].lower() != "content-encoding"]
        stream = httpx.ByteStream(response.content)
    return httpx.Response(response.status_code, headers=headers, stream=stream)


class _ResponseBody(httpx.SyncByteStream):
    """The parts of a reply, as they come."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.stream

    def close(self) -> None:
        self._response.close()


class _AsyncResponseBody(httpx.AsyncByteStream):
    """The same as `_ResponseBody`, for asyncio."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.stream:
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class InjectedTransport(httpx.BaseTransport):
    """Sends with what a person passed, and leaves it open: it is theirs.

    Parameters
    ----------
    inner : object
        A client or a transport for threads.
    """

    def __init__(self, inner: Any) -> None:
        self._translator = _Translator(inner, is_async=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        response = self._translator.send(self._translator.request(request))
        return _reply(response, _ResponseBody(response))


class InjectedAsyncTransport(httpx.AsyncBaseTransport):
    """The same as `InjectedTransport`, for asyncio.

    What is for asyncio is used in one event loop: connections belong to the loop that opened them.
    What is for threads is used in threads.

    Parameters
    ----------
    inner : object
        A client or a transport for asyncio, or for threads.
    is_async : bool
        Which of both is taken, where it can be used either way.
    """

    def __init__(self, inner: Any, *, is_async: bool) -> None:
        self._in_threads = for_threads(inner) and not (
            is_async and hasattr(inner, "handle_async_request")
        )
        self._translator = _Translator(inner, is_async=not self._in_threads)
        self._home: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        try:
            async with asyncio.timeout(request.extensions.get(TOTAL)):
                return await self._answer(request)
        except TimeoutError:
            raise httpx.ReadTimeout("the exchange as a whole took too long") from None

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if self._in_threads:
            return await asyncio.to_thread(self._whole, request)
        loop = asyncio.get_running_loop()
        if self._home is None or self._home.is_closed():
            self._home = loop  # that of the first request; a watch has another one
        if loop is self._home:
            return await self._exchange(request)
        there = asyncio.run_coroutine_threadsafe(self._exchanged(request), self._home)
        return await asyncio.wrap_future(there)

    def _whole(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read all of the reply, in a thread."""
        response = self._translator.send(self._translator.request(request))
        reply, body = _reply(response, _ResponseBody(response)), bytearray()
        try:
            for part in reply.iter_raw():
                if len(body) <= LARGEST:  # it is too large, and whoever reads this says so
                    body += part
        finally:
            reply.close()
        return _with_body(reply, body)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        response = await self._translator.send(self._translator.request(request))
        return _reply(response, _AsyncResponseBody(response))

    async def _exchanged(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read all of the reply, in the loop of its connections."""
        reply, body = await self._exchange(request), bytearray()
        try:
            async for part in reply.aiter_raw():
                if len(body) <= LARGEST:
                    body += part
        finally:
            await reply.aclose()
        return _with_body(reply, body)


def _with_body(reply: httpx.Response, body: bytes | bytearray) -> httpx.Response:
    stream = httpx.ByteStream(bytes(body))
    return httpx.Response(reply.status_code, headers=reply.headers.raw, stream=stream)
