"""The sandbox as a transport for httpx: a provider inside this process, without a network."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx

from sms_notebook.sandbox.desk import Desk, Drop, Outcome, Reply, merge_params


class SandboxTransport(httpx.BaseTransport):
    """Answers an ``httpx.Client`` from a desk, whatever the address.

    Parameters
    ----------
    desk
        The sandbox with its faults; several clients may share one.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as a provider would, failures included."""
        outcome = self.desk.handle(_params(request, request.read()))
        wait, patient = _wait(outcome, request)
        time.sleep(wait)
        return _hand_out(outcome, request, patient=patient)


class AsyncSandboxTransport(httpx.AsyncBaseTransport):
    """Answers an ``httpx.AsyncClient`` from a desk, whatever the address.

    Parameters
    ----------
    desk
        The sandbox with its faults; several clients may share one.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as a provider would, failures included."""
        outcome = self.desk.handle(_params(request, await request.aread()))
        wait, patient = _wait(outcome, request)
        await asyncio.sleep(wait)
        return _hand_out(outcome, request, patient=patient)


class _CutShort(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends too early, and says so as httpx does."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield self._reply.sent
        raise self._failure()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._reply.sent
        raise self._failure()

    def _failure(self) -> httpx.RemoteProtocolError:
        return httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(self._reply.sent)} bytes, expected {self._reply.announced})"
        )


def _params(request: httpx.Request, body: bytes) -> dict[str, str]:
    form = body if request.method == "POST" else b""
    content_type = request.headers.get("content-type", "")
    return merge_params(request.url.query.decode("ascii"), content_type, form)


def _wait(outcome: Outcome, request: httpx.Request) -> tuple[float, bool]:
    """Return how long to wait, and whether the client's patience lasts until the reply."""
    patience = request.extensions.get("timeout", {}).get("read")
    if patience is not None and outcome.delay > patience:
        return patience, False
    return outcome.delay, True


def _hand_out(outcome: Outcome, request: httpx.Request, *, patient: bool) -> httpx.Response:
    if not patient:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    what = outcome.what
    if isinstance(what, Drop):
        raise httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    headers = {**what.headers, "content-length": str(what.announced)}
    stream = _CutShort(what) if what.cut else httpx.ByteStream(what.body)
    return httpx.Response(what.status, headers=headers, stream=stream, request=request)
