"""Waiting for codes, watching numbers, and ending them, with nothing lost on the way."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from sms_notebook.client import spans
from sms_notebook.client.lookout import Lookout
from sms_notebook.client.refused import Refusal, explained
from sms_notebook.client.steps import Session, Steps, Wait
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.arguments import Identifier
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.context import Context
from sms_notebook.protocol.errors import (
    ActivationOver,
    BadStatus,
    CodeAlreadyReceived,
    CodeTimeout,
    EarlyCancelDenied,
    LedgerProblem,
    SmsError,
)
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.schema import Schema

if TYPE_CHECKING:
    from sms_notebook.watching.events import Event
    from sms_notebook.watching.watch import Watch

T = TypeVar("T")

LOG = logging.getLogger("sms_notebook")
EVERY = 3.0
"""Seconds between two polls."""

_CALLS = Calls()
_ONE_MORE, _FINISH, _CANCEL = 3, 6, 8
_NOT_BEFORE = 120.0  # seconds after buying that a number can be cancelled
_TRY_AGAIN = 3.0  # seconds, where nobody knows how long it takes
_RECEIVED, _OVER, _RETRYING = "STATUS_OK", "STATUS_CANCEL", "ACCESS_RETRY_GET"
_FINISHED = "ACCESS_ACTIVATION"


class Waiting(Generic[Frame]):
    """What a client does with numbers that are alive, whichever way it waits."""

    _session: Session

    def _take(self, steps: Steps[pd.DataFrame]) -> Frame:
        """Take the steps of something, in this client's way of waiting."""
        raise NotImplementedError

    @property
    def _lookout(self) -> Lookout:
        """The watcher of this client."""
        raise NotImplementedError

    def _mask_of(self) -> Callable[[], bool]:
        """Return how to ask whether numbers and codes are masked."""
        raise NotImplementedError

    def wait_code(
        self, activation_id: Identifier, timeout: float | None = None, *, every: float = EVERY
    ) -> Frame:
        """Wait for the code of an activation.

        A code that is there already is returned at once; after `again` only a new one. An
        interrupt stops the wait and leaves the activation alive; passing failures do not end it.

        Parameters
        ----------
        activation_id : str or int
            The activation.
        timeout : float, optional
            Seconds; as long as the activation lives if not given.
        every : float
            Seconds between two polls. All waits of a client share one request.

        Returns
        -------
        DataFrame
            One row: ``activation_id``, ``code``, ``text``, ``channel`` (``sms``, ``call``,
            ``voice``), ``phone_from``, ``url``, ``received_at``, ``seen_at``.

        Raises
        ------
        CodeTimeout
            No code in time; ``.activation`` is still alive.
        ActivationOver
            The activation ended without a new code.
        BadKey, Banned, AccountBlocked, ConnectionFailed

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.wait_code(number.loc[0, "activation_id"]).loc[0, "code"]
        '01234'
        """
        ref = arg.activation_id(activation_id)
        return self._take(
            self._waited(ref, spans.seconds("timeout", timeout), spans.interval(every))
        )

    def again(self, activation_id: Identifier) -> Frame:
        """Ask for one more code, for free. `wait_code` then waits for the new one.

        Parameters
        ----------
        activation_id : str or int
            The activation; it has had a code.

        Returns
        -------
        DataFrame
            One row: ``activation_id``, ``status`` (``ACCESS_RETRY_GET``).

        Raises
        ------
        BadStatus, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.again(number.loc[0, "activation_id"]).loc[0, "status"]
        'ACCESS_RETRY_GET'
        """
        return self._take(self._once_more(arg.activation_id(activation_id)))

    def finish(self, activation_id: Identifier) -> Frame:
        """Confirm the code and end an activation: it is paid for. A second time changes nothing.

        Parameters
        ----------
        activation_id : str or int
            The activation.

        Returns
        -------
        DataFrame
            One row: ``activation_id``, ``status`` (``ACCESS_ACTIVATION``).

        Raises
        ------
        BadStatus, EarlyCancelDenied, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 01234")
        >>> sms.finish(number.loc[0, "activation_id"]).loc[0, "status"]
        'ACCESS_ACTIVATION'
        """
        return self._take(self._finished(arg.activation_id(activation_id)))

    def cancel(self, activation_id: Identifier, *, when_allowed: bool = False) -> Frame:
        """Cancel an activation: the money comes back. A code that came before is returned instead.

        Parameters
        ----------
        activation_id : str or int
            The activation.
        when_allowed : bool
            True waits until it is allowed, two minutes after buying; a code that comes meanwhile
            is returned, and nothing cancelled.

        Returns
        -------
        DataFrame
            One row: ``activation_id``, ``status`` (``ACCESS_CANCEL``; ``STATUS_OK`` where a code
            had come, and ``STATUS_CANCEL`` where it was over: nothing was cancelled), ``code``.

        Raises
        ------
        EarlyCancelDenied
            Within the first two minutes, unless ``when_allowed``.
        BadStatus, ActivationNotFound, BadKey, ServerError

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan")
        >>> sms.sandbox.step(120)
        >>> ended = sms.cancel(number.loc[0, "activation_id"])
        >>> ended.loc[0, "status"] in ("ACCESS_CANCEL", "STATUS_OK")
        True
        """
        ref = arg.activation_id(activation_id)
        return self._take(self._cancelled(ref, when_allowed=when_allowed))

    def watch(
        self,
        ids: Identifier | Iterable[Identifier] | None = None,
        *,
        rents: Identifier | Iterable[Identifier] | bool = False,
        every: float = EVERY,
    ) -> "Watch":
        """Watch numbers: an iterator of events, and a frame of how they stand.

        Parameters
        ----------
        ids : str or list of str, optional
            Activations; all that are alive if not given, new ones included.
        rents : str, list of str or bool
            Rents whose messages are watched too; True for all. With ``rents`` and no ``ids``, only
            rents are watched.
        every : float
            Seconds between two polls: one request for all activations, and one for each rent.

        Returns
        -------
        Watch
            ``with sms.watch() as watch: for event in watch: …``; ``watch.frame`` is a DataFrame.

        Raises
        ------
        BadKey, Banned, AccountBlocked
            While iterating; passing failures do not end it, ``watch.trouble`` names them.

        Examples
        --------
        >>> number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
        >>> with sms.watch(number) as watch:
        ...     sms.sandbox.send_sms(number, "Your code is 01234")
        ...     next(watch).code
        '01234'
        """
        from sms_notebook.watching.watch import Watch  # noqa: PLC0415 - loads SQLAlchemy

        wanted = None if ids is None else spans.ids("ids", ids)
        rented: list[str] | None = None
        if rents is not True:
            rented = [] if rents is False else spans.ids("rents", rents)
            if rented and ids is None:
                wanted = []
        elif ids is None:
            wanted = []
        lookout = self._lookout
        return Watch(
            lookout.watcher,
            lookout.books,
            wanted,
            rented,
            spans.interval(every),
            is_masked=self._mask_of(),
        )

    async def events(
        self,
        ids: Identifier | Iterable[Identifier] | None = None,
        *,
        rents: Identifier | Iterable[Identifier] | bool = False,
        every: float = EVERY,
    ) -> AsyncGenerator["Event", None]:
        """Watch numbers from asyncio: ``async for event in sms.events(): …``; see `watch`.

        Parameters
        ----------
        ids, rents, every
            As for `watch`.

        Yields
        ------
        Event
            ``kind``, ``activation_id``, ``rent_id``, ``phone_number``, ``code``, ``text``, ….
        """
        async with self.watch(ids, rents=rents, every=every) as watch:
            async for event in watch:
                yield event

    # Steps --------------------------------------------------------------------------------------

    def _waited(self, ref: str, timeout: float | None, every: float) -> Steps[pd.DataFrame]:
        from sms_notebook.orders.report import made  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.watching import waiting  # noqa: PLC0415 - likewise

        lookout = self._lookout
        with self._session.noting(f"wait {ref}"):
            try:
                message = yield Wait(
                    lambda: waiting.code(
                        lookout.watcher, lookout.books, ref, timeout=timeout, every=every
                    )
                )
            except KeyboardInterrupt:
                raise waiting.stopped(ref) from None
        record = {
            column.name: getattr(message, column.name, ref) for column in waiting.CODE.columns
        }
        return made(waiting.CODE, [record], lookout.books, "wait_code")

    def _once_more(self, ref: str) -> Steps[pd.DataFrame]:
        # A code that nobody has seen yet is an old one from now on, so it is looked for first.
        yield from self._session.frame(_CALLS.get_status(ref))
        try:
            return (yield from self._session.frame(_CALLS.set_status(ref, _ONE_MORE)))
        except BadStatus as refusal:
            raise (yield from self._explained(refusal, ref)) from None

    def _finished(self, ref: str) -> Steps[pd.DataFrame]:
        try:
            done = yield from self._session.frame(_CALLS.set_status(ref, _FINISH))
        except (BadStatus, EarlyCancelDenied) as refusal:
            if not self._session.keeper.has_finished(ref):
                raise (yield from self._explained(refusal, ref)) from None
            return self._answer(tables.STATUS_CHANGE, activation_id=ref, status=_FINISHED)
        if done.loc[0, "status"] == _RETRYING:  # that only ended the wait for one more code
            done = yield from self._session.frame(_CALLS.set_status(ref, _FINISH))
        return done

    def _explained(self, refusal: Refusal, ref: str) -> Steps[Refusal]:
        """Return a refusal with its reason; whatever else fails, it stays what it is."""
        try:
            status, _ = yield from self._state_of(ref)
            return explained(refusal, ref, status, self._session.keeper)
        except SmsError:
            return refusal

    def _cancelled(self, ref: str, *, when_allowed: bool) -> Steps[pd.DataFrame]:
        session = self._session
        while True:
            status, code = yield from self._state_of(ref)
            if code is not None or status == _OVER:
                return self._end_of(ref, status, code)
            try:
                done = yield from session.frame(_CALLS.set_status(ref, _CANCEL))
            except (CodeAlreadyReceived, BadStatus) as refusal:
                code = yield from self._code_before(ref, refusal)
                if code is None:
                    raise
                return self._end_of(ref, _RECEIVED, code)
            except EarlyCancelDenied:
                if not when_allowed:
                    raise
            else:
                return self._end_of(ref, str(done.loc[0, "status"]), None)
            try:
                frame = yield from self._waited(ref, self._until_allowed(ref), EVERY)
            except CodeTimeout:
                continue
            except ActivationOver as over:
                return self._end_of(ref, over.status, None)
            return self._end_of(ref, _RECEIVED, str(frame.loc[0, "code"]))

    def _state_of(self, ref: str) -> Steps[tuple[str, str | None]]:
        """Return the status of an activation, and its code if it has one and is not over."""
        frame = yield from self._session.frame(_CALLS.get_status(ref))
        row = frame.iloc[0]
        has_code = row["status"] == _RECEIVED and pd.notna(row["code"])
        return str(row["status"]), str(row["code"]) if has_code else None

    def _code_before(self, ref: str, refusal: CodeAlreadyReceived | BadStatus) -> Steps[str | None]:
        """Return the code that came just before a change: the refusal or the status has it."""
        from sms_notebook.orders.messages import Arrival  # noqa: PLC0415 - loads SQLAlchemy

        code = _code_in(refusal)
        try:
            _, latest = yield from self._state_of(ref)
        except SmsError:
            latest = None
        if code is None or latest is not None:
            return latest
        books = self._session.keeper.books
        try:
            books.ledger.messages.add(
                books.account.provider, [Arrival(ref, code=code)], via="call", seen_at=books.now()
            )
        except LedgerProblem as problem:
            LOG.warning("The code of activation %s is not written down: %s", ref, problem)
        return code

    def _until_allowed(self, ref: str) -> float:
        """Return the seconds until a number may be cancelled."""
        books = self._session.keeper.books
        number = books.ledger.number(books.account, ref)
        if number is None or not books.clock_agrees:
            return _TRY_AGAIN
        passed = float((datetime.now(UTC) - number.bought_at).total_seconds())
        return max(_NOT_BEFORE - passed, _TRY_AGAIN)

    def _end_of(self, ref: str, status: str, code: str | None) -> pd.DataFrame:
        return self._answer(tables.STATUS, activation_id=ref, status=status, code=code)

    def _answer(self, schema: Schema, **row: Any) -> pd.DataFrame:
        context = Context("setStatus", {}, self._session.settings.provider.name)
        return schema.frame({name: [value] for name, value in row.items()}, context)


def _code_in(refusal: CodeAlreadyReceived | BadStatus) -> str | None:
    """Find the code that a provider sent along with its refusal."""
    for message in getattr(refusal, "messages", ()):
        found = message.get("code") if isinstance(message, dict) else message
        if isinstance(found, str | int) and str(found):
            return str(found)
    return None
