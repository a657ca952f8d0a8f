"""What both clients are besides waiting: all parts put together."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import httpx
import msgspec

from sms_notebook.client.about import Lookups
from sms_notebook.client.activation_steps import ActivationSteps
from sms_notebook.client.catalogue import Catalogue
from sms_notebook.client.check import Checking
from sms_notebook.client.construction import (
    HttpMethod,
    cassette_for,
    count,
    gateway_for,
    settings_for,
    target_of,
)
from sms_notebook.client.hooks import Hook, Observer, hooks_of
from sms_notebook.client.ledger_access import LedgerAccess, LedgerPlace
from sms_notebook.client.ordering import Ordering
from sms_notebook.client.pages import Paging
from sms_notebook.client.session import PollerHandle, Session
from sms_notebook.client.waiting import Waiting
from sms_notebook.forking import GatedLock
from sms_notebook.protocol.actions import ALL_ACTIONS, Actions
from sms_notebook.protocol.arguments import Price
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase, without_keys
from sms_notebook.protocol.steps import Offload
from sms_notebook.providers.settings import SANDBOX_CLIENT, is_set, place
from sms_notebook.transport import (
    AsyncSender,
    RateLimiter,
    Retry,
    Sender,
    connection_of,
    timeouts_of,
)
from sms_notebook.transport.options import Proxy, Verify
from sms_notebook.typesetting import protect_frames
from sms_notebook.watching.progress import NARRATOR, Progress

if TYPE_CHECKING:
    from sms_notebook.cassettes.cassette import Recording, Where
    from sms_notebook.sandbox import Gateway, Sandbox
    from sms_notebook.transport.injected_transport import InjectedAsyncTransport
    from sms_notebook.webhooks import Webhooks

T = TypeVar("T")


class BaseClient(
    Actions[Frame],
    Ordering[Frame],
    Waiting[Frame],
    Lookups[Frame],
    Checking[Frame],
    Paging[Frame],
):
    """What both clients are besides waiting."""

    _is_async = False
    _sender: Sender | AsyncSender

    def __init__(
        self,
        api_key: str | None = None,
        *,
        provider: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        total_timeout: float | None = None,
        retries: int = 2,
        method: HttpMethod = "GET",
        allow_http: bool = False,
        budget: Price | None = None,
        ledger: LedgerPlace | None = None,
        alone: bool | None = None,
        sandbox: "Sandbox | Gateway | None" = None,
        record: "Where | None" = None,
        record_masked: bool | None = None,
        replay: "Where | Recording | None" = None,
        quiet: bool | None = None,
        proxy: Proxy | None = None,
        verify: Verify = True,
        http_client: Any = None,
        hooks: Hook | Iterable[Hook] | None = None,
    ) -> None:
        arguments = msgspec.structs.replace(
            place(provider, base_url, api_key), allows_http=bool(allow_http)
        )
        del api_key, provider, base_url  # a traceback with locals shows nothing from here on
        self._cassette = cassette_for(record, replay, record_masked, arguments)
        self._settings = settings_for(sandbox, arguments, self._cassette)
        self._is_quiet = is_set("SMS_QUIET") if quiet is None else bool(quiet)
        self._timeouts = timeouts_of(timeout, total_timeout)
        self._connection = connection_of(proxy, verify, http_client, is_async=self._is_async)
        self._target = target_of(self._settings, method)
        self._gateway = gateway_for(sandbox, self._settings, self._cassette)
        if self._cassette is not None:
            self._cassette.begin(self._settings, self._gateway)
        row = self._settings.provider
        settings = (self._settings, self._gateway, ledger, budget, self._timeouts.patience)
        self._session = Session(
            self._settings,
            Retry(count("retries", retries)),
            RateLimiter(row.rate),
            Catalogue(row.own_countries, row.named_places),
            LedgerAccess(*settings, alone=alone, cassette=self._cassette),
            self._cassette,
            self._observer(hooks_of(hooks)),
        )
        self._activations = ActivationSteps(self._session, lambda: self._poller_handle)
        self._origin = self
        self._mask = threading.Event()  # a copy of the client shares it
        self._closed = False
        self._own_poller: PollerHandle | None = None
        self._injecting: InjectedAsyncTransport | None = None
        self._beginning = GatedLock()
        self._webhooks: Webhooks | None = None
        self._connect()
        self._announce()
        protect_frames()

    def _connect(self) -> None:
        """Make ready to send."""
        raise NotImplementedError

    def _observer(self, hooks: tuple[Hook, ...]) -> Observer | None:
        """Return what tells hooks of requests; None where there are none."""
        name, method = self._settings.provider.name, self._target.method
        return Observer(hooks, name, method, lambda: self.is_masked) if hooks else None

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        total_timeout: float | None = None,
        retries: int | None = None,
        quiet: bool | None = None,
        hooks: Hook | Iterable[Hook] | None = None,
    ) -> Self:
        """Return the same client with other options, for some calls.

        It shares all else: key, connections, ledger and budget, rate limit, mask, and what watches
        and waits, which keeps the options of the first one. Closing the copy leaves the first one
        open; closing the first one closes both.

        Parameters
        ----------
        timeout : float or httpx.Timeout, optional
            Seconds for each step.
        total_timeout : float, optional
            Seconds for the exchange as a whole; three times the longest step if only that is given.
        retries : int, optional
            How often a read is sent again. A purchase is sent once.
        quiet : bool, optional
            True shows no bars and lines of calls that wait.
        hooks : callable or list of callable, optional
            In place of those it has; an empty list for none.

        Raises
        ------
        UsageProblem
            If an argument is wrong, or the client is closed.

        Examples
        --------
        >>> patient = sms.with_options(timeout=60)
        >>> len(patient.get_prices("tg")) > 0
        True
        """
        self._check_open()
        other, session = object.__new__(type(self)), self._session
        vars(other).update(vars(self))
        if timeout is not None:
            other._timeouts = timeouts_of(timeout, total_timeout)
        elif total_timeout is not None:
            other._timeouts = timeouts_of(httpx.Timeout(**self._timeouts.parts), total_timeout)
        if retries is not None:
            session = msgspec.structs.replace(session, retry=Retry(count("retries", retries)))
        if hooks is not None:
            session = msgspec.structs.replace(session, observer=self._observer(hooks_of(hooks)))
        if quiet is not None:
            other._is_quiet = bool(quiet)
        other._session = session
        other._activations = ActivationSteps(session, lambda: other._poller_handle)
        if other._timeouts is not self._timeouts:
            session.ledgers.be_patient(other._timeouts.patience)
            other._sender = other._sender.within(other._timeouts)
        return other

    def _progress(self) -> Progress | None:
        """Return what a call tells while it waits; None where nobody wants to hear it."""
        raise NotImplementedError

    def _announce(self) -> None:
        """Say in one line what the ledger waits for."""
        with NARRATOR.telling(self._progress(), Offload()):
            self._session.ledgers.announce()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: then it refuses further calls."""
        raise NotImplementedError

    def _check_open(self) -> None:
        """Refuse a call of a client that was closed."""
        raise NotImplementedError

    def mask(self, on: bool = True) -> None:
        """Show phone numbers as ``7999•••1234`` from now on, and no codes and messages.

        Any word of a message may be its code, so messages are hidden whole. All frames, events and
        panels of this client hold masked values then: whatever is printed, exported or saved with a
        notebook is masked too. Ids stay true, so everything can be gone on with. The ledger keeps
        what is true.

        Parameters
        ----------
        on : bool
            False shows them again.

        Examples
        --------
        >>> sms.mask()
        >>> number = sms.order("tg", "Kazakhstan")
        >>> "•••" in number.loc[0, "phone_number"]
        True
        >>> sms.mask(False)
        """
        (self._mask.set if on else self._mask.clear)()

    @property
    def is_masked(self) -> bool:
        """Whether numbers and codes are masked."""
        return self._mask.is_set()

    def shown(self, text: str) -> str:
        """Return a text as it may be shown: without numbers and codes while masked.

        Parameters
        ----------
        text : str
            Any text that may hold some.

        Examples
        --------
        >>> sms.shown("Your code is 12345")
        'Your code is 12345'
        """
        if not self.is_masked:
            return text
        from sms_notebook.protocol.masking import masked_text  # noqa: PLC0415 - when first used

        return masked_text(text)

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
        if self._gateway is None:
            raise UsageProblem(
                Phrase("{client} has no embedded sandbox", client=repr(self)),
                hints=[Hint("{client} has", client=SANDBOX_CLIENT)],
            )
        return self._gateway.sandbox

    @property
    def webhooks(self) -> "Webhooks":
        """Codes by webhook: ``sms.webhooks.start(port=…)`` receives them in this process."""
        if self._origin is not self:
            return self._origin.webhooks
        from sms_notebook.webhooks import Webhooks  # noqa: PLC0415 - when first used

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
        if self._origin is not self:
            return self._origin._poller_handle  # noqa: SLF001 - of the same class
        with self._beginning:
            if self._own_poller is None:
                self._own_poller = PollerHandle(self._session, self._async_sender(watching=True))
            return self._own_poller

    def _async_sender(self, *, watching: bool) -> AsyncSender:
        """Return a sender for event loops: for watches and waits, or for calls."""
        inner: Callable[[], httpx.AsyncBaseTransport] | None = None
        wrap = None
        if (cassette := self._cassette) is not None:
            wrap = partial(cassette.transport, watching=watching)
        if (gateway := self._gateway) is not None:
            from sms_notebook.sandbox import AsyncSandboxTransport  # noqa: PLC0415 - when first used

            def inner() -> AsyncSandboxTransport:
                return AsyncSandboxTransport(gateway)

        elif self._connection.http_client is not None:

            def inner() -> "InjectedAsyncTransport":
                return self._injected

        key, timeouts, connection = self._settings.key, self._timeouts, self._connection
        return AsyncSender(self._target, key, timeouts, connection, inner=inner, wrap=wrap)

    @property
    def _injected(self) -> "InjectedAsyncTransport":
        """What sends with the HTTP client that was passed, for calls and for watches."""
        from sms_notebook.transport.injected_transport import (  # noqa: PLC0415 - where one was passed
            InjectedAsyncTransport,
        )

        with self._beginning:
            if self._injecting is None:
                client, is_async = self._connection.http_client, self._is_async
                self._injecting = InjectedAsyncTransport(client, is_async=is_async)
            return self._injecting

    if not TYPE_CHECKING:  # a type checker knows the methods, and says so better

        def __getattr__(self, name: str) -> NoReturn:
            """Name the method that was meant."""
            from difflib import get_close_matches  # noqa: PLC0415 - only for who misspelt something

            names = {wire_name: action.method for wire_name, action in ALL_ACTIONS.items()}
            near = get_close_matches(name, [*names, *names.values()], 1)
            hint = f" Did you mean {names.get(near[0], near[0])}?" if near else ""
            raise AttributeError(
                f"{type(self).__name__} has no {without_keys(name)!r}.{hint}", name=name
            )

    def __repr__(self) -> str:
        if not hasattr(self, "_closed"):
            return f"<{type(self).__name__}, not made>"
        closed = ", closed" if self.is_closed else ""
        return f"<{type(self).__name__} {self._settings.label}{closed}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and is not pickled; make a new one there")
