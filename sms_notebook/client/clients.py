"""`Client` and `AsyncClient`: what people hold. They differ only in how they wait."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, cast

import pandas as pd

from sms_notebook.client.about import About, Knowing
from sms_notebook.client.activation_steps import ActivationSteps
from sms_notebook.client.catalogue import Catalogue
from sms_notebook.client.check import Checking
from sms_notebook.client.ledger_access import LedgerAccess
from sms_notebook.client.ledger_access import Place as LedgerPlace
from sms_notebook.client.masking import Masking
from sms_notebook.client.offloading import beside_the_loop
from sms_notebook.client.opening import (
    Method,
    cassette_for,
    count,
    gateway_for,
    positive,
    settings_for,
    target_of,
)
from sms_notebook.client.ordering import Ordering
from sms_notebook.client.session import PollerHandle, Session, drive, drive_async, for_people, told
from sms_notebook.client.waiting import Waiting
from sms_notebook.forking import GatedLock
from sms_notebook.protocol.actions import ACTIONS, BEYOND, Actions
from sms_notebook.protocol.arguments import Price
from sms_notebook.protocol.calls import Call, Frame
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase, without_keys
from sms_notebook.protocol.raw import spelled_call
from sms_notebook.protocol.steps import Offload, Steps
from sms_notebook.providers.settings import SANDBOX_CLIENT, is_set, place
from sms_notebook.transport import AsyncSender, RateLimiter, Retry, Sender
from sms_notebook.typesetting import protect_frames
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.progress import NARRATOR, Progress

if TYPE_CHECKING:
    from sms_notebook.cassettes.cassette import Recording, Where
    from sms_notebook.sandbox import Gateway, Sandbox
    from sms_notebook.webhooks.webhooks import Webhooks

T = TypeVar("T")


class _Opened(
    Masking, Actions[Frame], Ordering[Frame], Waiting[Frame], Knowing[Frame], Checking[Frame]
):
    """What both clients are besides waiting."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        provider: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        method: Method = "GET",
        allow_http: bool = False,
        budget: Price | None = None,
        ledger: LedgerPlace | None = None,
        alone: bool | None = None,
        sandbox: "Sandbox | Gateway | None" = None,
        record: "Where | None" = None,
        record_masked: bool | None = None,
        replay: "Where | Recording | None" = None,
        quiet: bool | None = None,
    ) -> None:
        arguments = replace(place(provider, base_url, api_key), allows_http=bool(allow_http))
        del api_key, provider, base_url  # a traceback with locals shows nothing from here on
        self._cassette = cassette_for(record, replay, record_masked, arguments)
        self._settings = settings_for(sandbox, arguments, self._cassette)
        self._is_quiet = is_set("SMS_QUIET") if quiet is None else bool(quiet)
        self._timeout = positive("timeout", timeout)
        self._target = target_of(self._settings, method)
        self._gateway = gateway_for(sandbox, self._settings, self._cassette)
        if self._cassette is not None:
            self._cassette.begin(self._settings, self._gateway)
        row = self._settings.provider
        kept = (self._settings, self._gateway, ledger, budget, self._timeout)
        self._session = Session(
            self._settings,
            Retry(count("retries", retries)),
            RateLimiter(row.rate),
            Catalogue(row.own_countries, row.named_places),
            LedgerAccess(*kept, alone=alone, cassette=self._cassette),
            self._cassette,
        )
        self._activations = ActivationSteps(self._session, lambda: self._poller_handle)
        self._closed = False
        self._looking_out: PollerHandle | None = None
        self._beginning = GatedLock()
        self._webhooks: Webhooks | None = None
        self._connect()
        self._announce()
        protect_frames()

    def _connect(self) -> None:
        """Make ready to send."""
        raise NotImplementedError

    def _announce(self) -> None:
        """Say in one line what the ledger waits for."""
        with NARRATOR.telling(self._progress(), Offload()):
            self._session.ledgers.announce()

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self._settings.provider.name

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: then it refuses further calls."""
        return self._closed

    @property
    def sandbox(self) -> "Sandbox":
        """The embedded sandbox: its clock, its account, what it sold.

        Raises
        ------
        UsageProblem
            If this client asks a provider over the network.
        """
        if self._gateway is None:
            raise UsageProblem(
                Phrase("{client} has no embedded sandbox", client=repr(self)),
                hints=[Hint("{client} has", client=SANDBOX_CLIENT)],
            )
        return self._gateway.sandbox

    @property
    def webhooks(self) -> "Webhooks":
        """Codes by webhook: ``sms.webhooks.start(port=…)`` receives them in this process."""
        from sms_notebook.webhooks.webhooks import Webhooks  # noqa: PLC0415 - when first used

        with self._beginning:
            if self._webhooks is None:
                settings, ledgers = self._settings, self._session.ledgers
                self._webhooks = Webhooks(
                    settings.provider,
                    None if settings.replay else lambda: ledgers.account_ledger.ledger,
                    self._gateway,
                )
            return self._webhooks

    @property
    def _poller_handle(self) -> PollerHandle:
        """The poller of this client; it has connections of its own, on the loop thread."""
        self._check_open()
        with self._beginning:
            if self._looking_out is None:
                self._looking_out = PollerHandle(self._session, self._async_sender(watching=True))
            return self._looking_out

    def _async_sender(self, *, watching: bool) -> AsyncSender:
        """Return a sender for event loops: for watches and waits, or for calls."""
        inner = wrap = None
        if (cassette := self._cassette) is not None:
            wrap = partial(cassette.transport, watching=watching)
        if (gateway := self._gateway) is not None:
            from sms_notebook.sandbox import AsyncSandboxTransport  # noqa: PLC0415 - when first used

            def inner() -> AsyncSandboxTransport:
                return AsyncSandboxTransport(gateway)

        return AsyncSender(self._target, self._settings.key, self._timeout, inner, wrap=wrap)

    def _told(self, steps: Steps[T]) -> Steps[T]:
        """Return steps whose result is as people read it, and whose waiting is told."""
        self._check_open()
        steps = for_people(self._masking(steps) if self._is_masked else steps)
        return steps if (progress := self._progress()) is None else told(steps, progress)

    def _progress(self) -> Progress | None:
        """Return what a call tells while it waits; None where nobody wants to hear it."""
        if self._is_quiet:
            return None
        is_main = threading.current_thread() is threading.main_thread()
        return Progress(self._settings.provider.title, lambda: self._is_masked, is_main)

    def _check_open(self) -> None:
        if self._closed:
            raise UsageProblem("this client is closed. Make a new one.")

    if not TYPE_CHECKING:  # a type checker knows the methods, and says so better

        def __getattr__(self, name: str) -> NoReturn:
            """Name the method that was meant."""
            names = {action: made.method for action, made in {**ACTIONS, **BEYOND}.items()}
            near = get_close_matches(name, [*names, *names.values()], 1)
            hint = f" Did you mean {names.get(near[0], near[0])}?" if near else ""
            raise AttributeError(
                f"{type(self).__name__} has no {without_keys(name)!r}.{hint}", name=name
            )

    def __repr__(self) -> str:
        if not hasattr(self, "_closed"):
            return f"<{type(self).__name__}, not made>"
        closed = ", closed" if self._closed else ""
        return f"<{type(self).__name__} {self._settings.label}{closed}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and is not pickled; make a new one there")


class Client(_Opened[pd.DataFrame]):
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
    timeout : float
        Seconds for each step: connecting, sending, each wait for a part of the reply. The exchange
        as a whole takes three times that at most.
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

    def _connect(self) -> None:
        self._sender = self._new_sender()
        self._pause = self._cassette.pause if self._cassette else time.sleep

    def _new_sender(self) -> Sender:
        inner = None
        wrap = self._cassette.transport if self._cassette else None
        if self._gateway is not None:
            from sms_notebook.sandbox import SandboxTransport  # noqa: PLC0415 - when first used

            inner = SandboxTransport(self._gateway)
        return Sender(self._target, self._settings.key, self._timeout, inner, wrap=wrap)

    def _perform(self, call: Call) -> pd.DataFrame:
        return self._take(self._session.frame(call))

    def _take(self, steps: Steps[T]) -> T:
        return drive(self._told(steps), self._sender.send, self._pause)

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
        if self._webhooks is not None:
            self._webhooks.stop()
        if self._looking_out is not None:
            LOOP.end(self._looking_out.close())
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Opened[Coroutine[Any, Any, pd.DataFrame]]):
    """The same as `Client`, for asyncio: each method is awaited.

    Takes the same arguments. One client may be used in several event loops, one after the other.

    Examples
    --------
    >>> import asyncio
    >>> async def balance() -> float:
    ...     async with AsyncClient() as sms:
    ...         return float((await sms.get_balance()).loc[0, "balance"])
    >>> asyncio.run(balance()) > 0
    True
    """

    def _connect(self) -> None:
        self._sender = self._async_sender(watching=False)
        self._pause = self._cassette.pause_async if self._cassette else asyncio.sleep

    def _announce(self) -> None:
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
            self._told(steps), self._sender.send, self._pause, has_threads=has_threads
        )

    async def call(self, action: str, /, **wire_params: Any) -> Any:
        """Send any action raw; see `Client.call`."""
        return await self._take(self._session.raw(spelled_call(action, wire_params, ACTIONS)))

    async def close(self) -> None:
        """Close the connections. Further calls are refused."""
        self._closed = True
        if self._webhooks is not None and self._webhooks.url is not None:
            await asyncio.to_thread(self._webhooks.stop)
        if self._looking_out is not None:
            await asyncio.wrap_future(LOOP.submit(self._looking_out.close()))
        await self._sender.close()

    aclose = close  # as httpx calls it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
