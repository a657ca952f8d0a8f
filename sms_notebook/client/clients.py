"""`Client` and `AsyncClient`: what people hold. They differ only in how they wait."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from decimal import Decimal
from difflib import get_close_matches
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar, cast

import pandas as pd

from sms_notebook.client.bookkeeping import Bookkeeper
from sms_notebook.client.bookkeeping import Place as LedgerPlace
from sms_notebook.client.catalogue import Catalogue
from sms_notebook.client.lookout import Lookout
from sms_notebook.client.ordering import Ordering
from sms_notebook.client.providers import SANDBOX
from sms_notebook.client.settings import Place, Settings, find_settings, place
from sms_notebook.client.steps import Session, Steps, drive, drive_async
from sms_notebook.client.waiting import Waiting
from sms_notebook.protocol.actions import ACTIONS, Actions
from sms_notebook.protocol.arguments import Price, one, required
from sms_notebook.protocol.calls import Call, Frame, raw_call
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import AsyncSender, Pace, Retry, Sender, Target
from sms_notebook.watching.loop import LOOP

if TYPE_CHECKING:
    from sms_notebook.client.webhooks import Webhooks
    from sms_notebook.sandbox import Desk, Sandbox

T = TypeVar("T")
Method = Literal["GET", "POST"]


class _Opened(Actions[Frame], Ordering[Frame], Waiting[Frame]):
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
        budget: Price | None = None,
        ledger: LedgerPlace | None = None,
        sandbox: "Sandbox | Desk | None" = None,
    ) -> None:
        arguments = place(provider, base_url, api_key)
        del api_key, provider, base_url  # a traceback with locals shows nothing from here on
        self._settings = find_settings(_with_sandbox(sandbox, arguments))
        self._timeout = _positive("timeout", timeout)
        self._target = _target(self._settings, method)
        self._desk = _desk(sandbox) if self._settings.is_embedded else None
        self._session = Session(
            self._settings,
            Retry(_count("retries", retries)),
            Pace(self._settings.provider.rate),
            Catalogue(),
            Bookkeeper(self._settings, self._desk, ledger, budget, self._timeout),
        )
        self._closed = False
        self._looking_out: Lookout | None = None
        self._beginning = threading.Lock()
        self._webhooks: Webhooks | None = None
        self._connect()
        self._session.keeper.announce()

    def _connect(self) -> None:
        """Make ready to send."""
        raise NotImplementedError

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self._settings.provider.name

    @property
    def sandbox(self) -> "Sandbox":
        """The embedded sandbox: its clock, its account, what it sold.

        Raises
        ------
        UsageProblem
            If this client asks a provider over the network.
        """
        if self._desk is None:
            raise UsageProblem(f"{self!r} has no embedded sandbox. Client(provider='sandbox') has.")
        return self._desk.sandbox

    @property
    def webhooks(self) -> "Webhooks":
        """Codes by webhook: ``sms.webhooks.start(port=…)`` receives them in this process."""
        from sms_notebook.client.webhooks import Webhooks  # noqa: PLC0415 - when first used

        with self._beginning:
            if self._webhooks is None:
                self._webhooks = Webhooks(self._session, self._desk)
            return self._webhooks

    @property
    def _lookout(self) -> Lookout:
        """The watcher of this client; it has connections of its own, on the loop thread."""
        self._check_open()
        with self._beginning:
            if self._looking_out is None:
                self._looking_out = Lookout(self._session, self._async_sender())
            return self._looking_out

    def _async_sender(self) -> AsyncSender:
        """Make a sender for event loops."""
        inner = None
        if (desk := self._desk) is not None:
            from sms_notebook.sandbox import AsyncSandboxTransport  # noqa: PLC0415 - when first used

            def inner() -> AsyncSandboxTransport:
                return AsyncSandboxTransport(desk)

        return AsyncSender(self._target, self._settings.key, self._timeout, inner)

    def _raw_steps(self, action: str, wire_params: dict[str, Any]) -> Steps[Any]:
        """Return the steps of a raw call."""
        if reserved := {"api_key", "action"} & wire_params.keys():
            for given in reserved:
                del wire_params[given]  # a traceback with locals shows the key otherwise
            raise UsageProblem(f"{min(reserved)} is not a parameter here; it is sent anyway.")
        name = required("action", one("action", action))
        params = {key: _wire(value) for key, value in wire_params.items() if value is not None}
        return self._session.raw(raw_call(name, params, ACTIONS))

    def _check_open(self) -> None:
        if self._closed:
            raise UsageProblem("this client is closed. Make a new one.")

    if not TYPE_CHECKING:  # a type checker knows the methods, and says so better

        def __getattr__(self, name: str) -> NoReturn:
            """Name the method that was meant."""
            names = {action: declared.method for action, declared in ACTIONS.items()}
            near = get_close_matches(name, [*names, *names.values()], 1)
            hint = f" Did you mean {names.get(near[0], near[0])}?" if near else ""
            raise AttributeError(f"{type(self).__name__} has no {name!r}.{hint}", name=name)

    def __repr__(self) -> str:
        if not hasattr(self, "_closed"):
            return f"<{type(self).__name__}, not made>"
        closed = ", closed" if self._closed else ""
        return f"<{type(self).__name__} {self._settings.label}{closed}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and is not pickled; make a new one there")


def _wire(value: object) -> str:
    """Write a raw parameter as the wire takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(_wire, value))
    if not isinstance(value, str | int | float | Decimal) or not str(value).isprintable():
        raise UsageProblem(f"a wire parameter is a plain text or number, not {value!r:.60}.")
    return str(value)


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**6:
        raise UsageProblem(f"{name} takes seconds above zero, not {value!r}.")
    return float(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageProblem(f"{name} takes a whole number from 0, not {value!r}.")
    return value


def _target(settings: Settings, method: Method) -> Target:
    """Return where questions go."""
    provider = settings.provider
    if method not in ("GET", "POST"):
        raise UsageProblem(f"method takes 'GET' or 'POST', not {method!r}.")
    if method not in provider.methods:
        raise UsageProblem(f"{provider.title} takes only {provider.methods[0]}.")
    return Target(provider.name, provider.base_url, method, provider.closed)


def _with_sandbox(sandbox: "Sandbox | Desk | None", arguments: Place) -> Place:
    """Let a sandbox that was passed stand for the provider."""
    if sandbox is None or arguments.problem:
        return arguments
    if arguments.provider not in (None, SANDBOX):
        raise UsageProblem("sandbox=… goes with neither provider nor base_url. Leave one out.")
    return Place(SANDBOX)


def _desk(sandbox: "Sandbox | Desk | None") -> "Desk":
    """Return the sandbox that was passed, or the one of this process."""
    from sms_notebook.sandbox import Desk, Sandbox, embedded  # noqa: PLC0415 - when first used

    if sandbox is None:
        return embedded()
    if isinstance(sandbox, Sandbox):
        return Desk(sandbox)
    if isinstance(sandbox, Desk):
        return sandbox
    raise UsageProblem(f"sandbox takes a Sandbox, not {type(sandbox).__name__}.")


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
        Seconds for each step: connecting, sending, each wait for a part of the reply.
    retries : int
        How often a read is sent again after a passing failure. A purchase is sent once.
    method : {"GET", "POST"}
        How parameters are sent. The key is a query parameter with both.
    budget : Decimal, float or str, optional
        The most that may be spent in a day (UTC), in the provider's currency, over all kernels that
        share the ledger; ``SMS_BUDGET`` if not given, else no limit.
    ledger : str or path, optional
        Where orders are kept: a file, or an SQLAlchemy URL. If not given: ``SMS_LEDGER``, else a
        file under ``SMS_NOTEBOOK_HOME``. The orders of the embedded sandbox end with it.
    sandbox : Sandbox, optional
        A sandbox of your own in place of the one that this process shares.

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
        inner = None
        if self._desk is not None:
            from sms_notebook.sandbox import SandboxTransport  # noqa: PLC0415 - when first used

            inner = SandboxTransport(self._desk)
        self._sender = Sender(self._target, self._settings.key, self._timeout, inner)

    def _perform(self, call: Call) -> pd.DataFrame:
        return self._take(self._session.frame(call))

    def _take(self, steps: Steps[T]) -> T:
        self._check_open()
        return drive(steps, self._sender.send, time.sleep)

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
        return self._take(self._raw_steps(action, wire_params))

    def close(self) -> None:
        """Close the connections. Further calls are refused."""
        self._closed = True
        if self._webhooks is not None:
            self._webhooks.stop()
        if self._looking_out is not None:
            LOOP.run(self._looking_out.close())
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
        self._sender = self._async_sender()

    def _perform(self, call: Call) -> Coroutine[Any, Any, pd.DataFrame]:
        awaited = self._take(self._session.frame(call))
        # Whoever forgets to await it sees which call it was.
        cast(
            "CoroutineType[Any, Any, Any]", awaited
        ).__qualname__ = f"AsyncClient.{call.action.method}"
        return awaited

    def _take(self, steps: Steps[T]) -> Coroutine[Any, Any, T]:
        self._check_open()
        return drive_async(steps, self._sender.send, asyncio.sleep)

    async def call(self, action: str, /, **wire_params: Any) -> Any:
        """Send any action raw; see `Client.call`."""
        return await self._take(self._raw_steps(action, wire_params))

    async def close(self) -> None:
        """Close the connections. Further calls are refused."""
        self._closed = True
        if self._webhooks is not None:
            await asyncio.to_thread(self._webhooks.stop)
        if self._looking_out is not None:
            await asyncio.wrap_future(LOOP.submit(self._looking_out.close()))
        await self._sender.close()

    aclose = close  # as httpx calls it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
