"""`Client` and `AsyncClient`: what people hold. They differ only in how they wait."""

import threading
import time
from collections.abc import Coroutine
from types import CoroutineType
from typing import Any, Self, TypeVar, cast

import httpx
import pandas as pd

from sms_notebook.client.about import About
from sms_notebook.client.base_client import BaseClient
from sms_notebook.client.session import drive, drive_async
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.frames.schema import whole_seconds
from sms_notebook.protocol.raw import spelled_call
from sms_notebook.protocol.steps import Steps
from sms_notebook.transport import AsyncSender, Sender
from sms_notebook.watching.progress import NARRATOR, Progress

T = TypeVar("T")


def _masked(steps: Steps[Any]) -> Steps[Any]:
    """Mask what comes of steps."""
    from sms_notebook.protocol.masking import (  # noqa: PLC0415 - when first used
        mask_error,
        masked,
        masked_raw,
    )

    try:
        result = yield from steps
    except SmsError as error:
        mask_error(error)
        raise
    if isinstance(result, pd.DataFrame):
        return masked(result)
    return masked_raw(result) if isinstance(result, str | dict | list) else result


def _for_people(steps: Steps[T]) -> Steps[T]:
    """Return what comes of steps as people read it: times in whole seconds."""
    result: Any = yield from steps
    return cast("T", whole_seconds(result) if isinstance(result, pd.DataFrame) else result)


def _reporting_progress(steps: Steps[T], progress: Progress) -> Steps[T]:
    """Take steps so that a person may hear what they wait for, and how that ends."""
    progress.since = NARRATOR.now()
    NARRATOR.waits[progress] = None
    if not NARRATOR.is_awake:
        NARRATOR.wake()
    answer: object = None
    failure: BaseException | None = None
    try:
        while True:
            step = steps.send(answer) if failure is None else steps.throw(failure)
            answer = failure = None
            progress.step, progress.step_since = step, NARRATOR.now()
            try:
                answer = yield step
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - the steps decide about it
                failure = error
            progress.step = None
    except StopIteration as done:
        progress.result = done.value
        return cast("T", done.value)
    except BaseException as error:
        progress.failure = error
        raise
    finally:
        NARRATOR.waits.pop(progress, None)
        with progress.lock:  # it may just be shown
            is_shown = progress.display is not None
        if is_shown:
            NARRATOR.conclude(progress)


async def sleep(seconds: float) -> None:
    """Pause in an event loop."""
    import asyncio  # noqa: PLC0415 - loads slowly, and there is a loop by now

    await asyncio.sleep(seconds)


class _StepClient(BaseClient[Frame]):
    """What both clients do with each call."""

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: then it refuses further calls."""
        return self._closed or (self._origin is not self and self._origin.is_closed)

    def _wrap(self, steps: Steps[T]) -> Steps[T]:
        """Return steps whose result is as people read it, and whose waiting is told."""
        self._check_open()
        steps = self._session.observed(steps)
        steps = _for_people(_masked(steps) if self._mask.is_set() else steps)
        return (
            steps
            if (progress := self._progress()) is None
            else _reporting_progress(steps, progress)
        )

    def _progress(self) -> Progress | None:
        """Return what a call tells while it waits; None where nobody wants to hear it."""
        if self._is_quiet:
            return None
        is_main = threading.current_thread() is threading.main_thread()
        return Progress(self._settings.provider.title, lambda: self.is_masked, is_main)

    def _check_open(self) -> None:
        if self.is_closed:
            raise UsageProblem("this client is closed. Make a new one.")


class Client(_StepClient[pd.DataFrame]):
    """The SMS-Activate API protocol as DataFrames.

    Each action of the API is a method, named in snake_case: ``getPrices`` is `get_prices`. Safe to
    use from several threads. Also a context manager.

    Parameters
    ----------
    api_key : str, optional
        The key. If not given: ``SMS_API_KEY``, the operating system's key store, the config file.
    provider : str, optional
        Its name, for example ``herosms``. With neither key nor provider anywhere: the embedded
        sandbox, which needs no account and no network.
    base_url : str, optional
        The address of another provider of the protocol, or of a sandbox server.
    timeout : float or httpx.Timeout
        Seconds for each step: connecting, sending, each wait for a part of the reply.
    total_timeout : float, optional
        Seconds for the exchange as a whole; three times the longest step if not given.
    retries : int
        How often a read is sent again after a passing failure. A purchase is sent once.
    method : {"GET", "POST"}
        How parameters are sent. The key is a query parameter with both.
    allow_http : bool
        True sends the key over plain http, where everybody on the way can read it, also to another
        machine; ``SMS_ALLOW_HTTP`` if not given.
    budget : Decimal, float or str, optional
        The most that may be spent in a day (UTC), in the provider's currency, over all kernels that
        share the ledger; ``SMS_BUDGET`` if not given, else no limit.
    ledger : str or path, optional
        Where orders are kept: a file, or an SQLAlchemy URL. If not given: ``SMS_LEDGER``, else a
        file under ``SMS_NOTEBOOK_HOME``. The orders of the embedded sandbox end with it.
    alone : bool, optional
        True says that nobody else buys on this account: then a purchase whose answer was lost is
        the only one that fits, and no list is read before buying; ``SMS_ALONE`` if not given.
    sandbox : Sandbox, optional
        A sandbox of your own in place of the one that this process shares.
    record : str or path, optional
        A file that every exchange is written to, without the key; ``SMS_RECORD`` if not given.
    record_masked : bool, optional
        True writes pseudonyms for numbers, codes and texts; ``SMS_RECORD_MASKED`` if not given.
    replay : str, path or Recording, optional
        A file written so, which answers in place of the provider: no account, no network, nothing
        bought, and no time passes; ``SMS_REPLAY`` if not given.
    quiet : bool, optional
        True shows no bars and lines of calls that wait; ``SMS_QUIET`` if not given.
    proxy : str, httpx.Proxy or False, optional
        The way there, for example ``http://host:3128`` or, with ``sms-notebook[socks]``,
        ``socks5://host:1080``; False for none. If not given: this machine's proxy settings.
    verify : str, path or ssl.SSLContext
        A file with the certificates of the authorities that are trusted, or a context.
    http_client : httpx.Client, httpx.AsyncClient or transport, optional
        What sends, in place of our own: yours to close. It lies below the key, so that it sees the
        key in each request. Its time-outs, redirects and ``auth`` are not used.
    hooks : callable or list of callable, optional
        Called with an `SentRequest` after each request.

    Raises
    ------
    UsageProblem
        If the provider is unknown, a live one has no key, or an argument is wrong.

    Examples
    --------
    >>> with Client() as sms:
    ...     sms
    <Client sandbox: no real money>
    """

    _sender: Sender

    def _connect(self) -> None:
        self._sender = self._new_sender()
        self._pause = self._cassette.pause if self._cassette else time.sleep

    def _new_sender(self) -> Sender:
        inner: httpx.BaseTransport | None = None
        wrap = self._cassette.transport if self._cassette else None
        if self._gateway is not None:
            from sms_notebook.sandbox import SandboxTransport  # noqa: PLC0415 - when first used

            inner = SandboxTransport(self._gateway)
        elif (passed := self._connection.http_client) is not None:
            from sms_notebook.transport.injected_transport import (  # noqa: PLC0415 - where one was passed
                InjectedTransport,
            )

            inner = InjectedTransport(passed)
        key, timeouts, connection = self._settings.key, self._timeouts, self._connection
        return Sender(self._target, key, timeouts, connection, inner=inner, wrap=wrap)

    def _perform(self, call: Call) -> pd.DataFrame:
        return self._take(self._session.frame(call))

    def _take(self, steps: Steps[T]) -> T:
        return drive(self._wrap(steps), self._sender.send, self._pause)

    @property
    def about(self) -> About:
        """What faces such as ``%sms`` and panels ask: who is asked, the time there, quotes."""
        return About(self._session, self._gateway, self._take)

    def call(self, action: str, /, **wire_params: Any) -> Any:
        """Send any action raw, also one that only this provider has.

        Parameters
        ----------
        action : str
            The API's name.
        **wire_params
            Parameters as on the wire; None is not sent, lists become comma text.

        Returns
        -------
        object
            The decoded JSON, or the protocol's text.

        Raises
        ------
        ApiError, MalformedReply, ConnectionFailed
            As with every action. A purchase is sent once here too.

        Examples
        --------
        >>> sms.call("getBalance")
        'ACCESS_BALANCE:50.00'
        """
        return self._take(self._session.raw(spelled_call(action, wire_params, ACTIONS)))

    def close(self) -> None:
        """Close the connections. Further calls are refused."""
        self._closed = True
        if self._origin is not self:
            return
        if self._webhooks is not None:
            self._webhooks.stop()
        if self._own_poller is not None:
            from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

            LOOP.end(self._own_poller.close())
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_StepClient[Coroutine[Any, Any, pd.DataFrame]]):
    """The same as `Client`, for asyncio: each method is awaited.

    Takes the same arguments. One client may be used in several event loops, one after the other;
    with an ``http_client`` for asyncio, in that of its first request.

    Examples
    --------
    >>> import asyncio
    >>> async def balance() -> float:
    ...     async with AsyncClient() as sms:
    ...         return float((await sms.get_balance()).loc[0, "balance"])
    >>> asyncio.run(balance()) > 0
    True
    """

    _is_async = True
    _sender: AsyncSender

    def _connect(self) -> None:
        self._sender = self._async_sender(watching=False)
        self._pause = self._cassette.pause_async if self._cassette else sleep

    def _announce(self) -> None:
        from sms_notebook.client.offloading import beside_the_loop  # noqa: PLC0415 - loads asyncio

        beside_the_loop(super()._announce)

    def _perform(self, call: Call) -> Coroutine[Any, Any, pd.DataFrame]:
        awaited = self._take(self._session.frame(call))
        # Whoever forgets to await it sees which call it was.
        cast(
            "CoroutineType[Any, Any, Any]", awaited
        ).__qualname__ = f"AsyncClient.{call.action.method}"
        return awaited

    def _take(self, steps: Steps[T]) -> Coroutine[Any, Any, T]:
        has_threads = not self._session.ledgers.is_in_memory
        return drive_async(
            self._wrap(steps), self._sender.send, self._pause, has_threads=has_threads
        )

    async def call(self, action: str, /, **wire_params: Any) -> Any:
        """Send any action raw; see `Client.call`."""
        return await self._take(self._session.raw(spelled_call(action, wire_params, ACTIONS)))

    async def close(self) -> None:
        """Close the connections. Further calls are refused."""
        import asyncio  # noqa: PLC0415 - likewise

        from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - likewise

        self._closed = True
        if self._origin is not self:
            return
        if self._webhooks is not None and self._webhooks.url is not None:
            await asyncio.to_thread(self._webhooks.stop)
        if self._own_poller is not None:
            await asyncio.wrap_future(LOOP.submit(self._own_poller.close()))
        await self._sender.close()

    aclose = close  # as httpx calls it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
