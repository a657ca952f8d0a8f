"""The steps of waiting for an activation's code and of ending it, once for both clients."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec
import pandas as pd

from sms_notebook.client.ledger_access import LedgerAccess
from sms_notebook.client.session import PollerHandle, Session
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    ActivationOver,
    ApiError,
    BadKey,
    BadStatus,
    CodeAlreadyReceived,
    CodeTimeout,
    EarlyCancelDenied,
    LedgerProblem,
    MalformedReply,
    RateLimited,
    ServerError,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.schema import Schema, rows_of, text
from sms_notebook.protocol.incoming_messages import in_refusal
from sms_notebook.protocol.replies import Access, Context, Status
from sms_notebook.protocol.steps import Activity, Offload, Steps, wait
from sms_notebook.watching.progress import NARRATOR

Refusal = TypeVar("Refusal", bound=BadStatus | EarlyCancelDenied)

LOG = logging.getLogger("sms_notebook")
EVERY = 3.0
"""Seconds between two polls."""

_CALLS = Calls()
_ONE_MORE, _FINISH, _CANCEL = 3, 6, 8
_TRY_AGAIN = 3.0  # seconds, where nobody knows how long it takes
_TRIES = 8  # within the time after which a cancel is allowed for certain
_NO_ANSWER = (BadKey, RateLimited, ServerError)
"""What says nothing of the activation."""


class State(NamedTuple):
    """How an activation stands, with its code and message as far as they are known."""

    status: str
    code: str | None = None
    text: str | None = None

    @property
    def has_come(self) -> bool:
        """Whether there is a code, or a message in which none was recognised."""
        return bool(self.code or self.text)


class ActivationSteps(msgspec.Struct, frozen=True):
    """What can be done with an activation that is alive.

    Attributes
    ----------
    session : Session
        Of the client.
    poller_handle : callable
        Returns the client's poller, made when first used.
    """

    session: Session
    poller_handle: Callable[[], PollerHandle]

    def wait_code(
        self, ref: str, timeout: float | None, every: float, activity: Activity | None = None
    ) -> Steps[pd.DataFrame]:
        """Wait for a code that nobody has seen yet."""
        yield Offload()
        from sms_notebook.watching import code_wait  # noqa: PLC0415 - loads SQLAlchemy

        poller_handle = self.poller_handle()
        if self.session.settings.replay:  # it ends as it was recorded, however slow this machine is
            timeout = None
        with self.session.noting(f"wait {ref}"):
            try:
                message = yield from wait(
                    lambda: code_wait.code(
                        poller_handle.poller,
                        poller_handle.account_ledger,
                        ref,
                        timeout=timeout,
                        every=every,
                    ),
                    activity or self._activity(ref, "the code of {number}", timeout),
                )
            except KeyboardInterrupt:
                raise code_wait.WaitStopped(ref) from None
        record = {
            column.name: getattr(message, column.name, ref) for column in code_wait.CODE.columns
        }
        return poller_handle.account_ledger.frame(code_wait.CODE, [record], "wait_code")

    def _activity(self, ref: str, what: str, seconds: float | None, age: float = 0.0) -> Activity:
        """Say what is waited for: for some seconds, or until a number is so many seconds old."""
        from sms_notebook.watching.code_wait import goes_on  # noqa: PLC0415 - loads SQLAlchemy

        session, ledgers, number = self.session, self.session.ledgers, None
        whole = age or session.settings.provider.life
        over, now = None, ledgers.now
        with suppress(LedgerProblem):
            number = ledgers.account_ledger.number(ref)
            over = ledgers.moment_of(ref, whole)
        if seconds is not None:
            whole, now = seconds, _here
            over = now() + timedelta(seconds=seconds)

        def left() -> float | None:
            return None if over is None else (over - now()).total_seconds()

        service = None if number is None else number.service
        return Activity(
            what,
            None if number is None else number.phone_number,
            service and session.catalogue.names.services.get(service, service),
            ref,
            "stops only the wait",
            goes_on(ref),
            left,
            whole,
        )

    def again(self, ref: str) -> Steps[pd.DataFrame]:
        """Ask for one more code."""
        yield Offload()
        # A code that nobody has seen yet is an old one from now on, so it is looked for first.
        yield from self.session.frame(_CALLS.get_status(ref))
        try:
            answer = yield from self.session.frame(_CALLS.set_status(ref, _ONE_MORE))
        except BadStatus as refusal:
            raise (yield from self._explained(refusal, ref)) from None
        except CodeAlreadyReceived as refusal:
            self._keep(ref, refusal)
            raise
        if answer.loc[0, "status"] in (Access.CANCEL, Access.ACTIVATION):
            raise self._no_change(answer, "gives no other code")
        return answer

    def finish(self, ref: str) -> Steps[pd.DataFrame]:
        """Confirm the code and end the activation."""
        yield Offload()
        finished = Access.ACTIVATION.value
        try:
            answer = yield from self.session.frame(_CALLS.set_status(ref, _FINISH))
            if answer.loc[0, "status"] == Access.RETRY_GET:  # that only ended the wait for one more
                answer = yield from self.session.frame(_CALLS.set_status(ref, _FINISH))
        except (BadStatus, EarlyCancelDenied, ActivationNotFound) as refusal:
            if not self.session.ledgers.has_finished(ref):
                if isinstance(refusal, ActivationNotFound):
                    self.session.ledgers.note_end(ref, refusal)
                    raise
                raise (yield from self._explained(refusal, ref)) from None
            return self._answer(tables.STATUS_CHANGE, activation_id=ref, status=finished)
        except CodeAlreadyReceived as refusal:
            self._keep(ref, refusal)
            raise
        if answer.loc[0, "status"] != finished:
            raise self._no_change(answer, "has not finished")
        return answer

    def _no_change(self, answer: pd.DataFrame, what: str) -> BadStatus:
        """Make the error for an answer that is not what a change brings."""
        ref, status = answer.loc[0, "activation_id"], str(answer.loc[0, "status"])
        refusal = BadStatus(
            Phrase("activation {ref} {what}", ref=ref, what=what),
            hints=[Hint("{status} shows how it stands", status=("get_status", ref))],
            action="setStatus",
            provider=self.session.settings.provider.name,
            wire=status,
        )
        refusal.code = status
        return refusal

    def _explained(self, refusal: Refusal, ref: str) -> Steps[Refusal]:
        """Return a refusal with its reason; whatever else fails, it stays what it is."""
        try:
            state = yield from self._state_of(ref)
            return _explained(refusal, ref, state.status, self.session.ledgers)
        except SmsError:
            return refusal

    def cancel(self, ref: str, *, when_allowed: bool) -> Steps[pd.DataFrame]:
        """Give the number back; a code that came before is returned instead."""
        yield Offload()
        session = self.session
        if not session.settings.provider.can_cancel:
            raise UsageProblem(
                Phrase(
                    "activations cannot be cancelled at {provider}: {ref} ends by itself",
                    provider=session.settings.provider.title,
                    ref=ref,
                ),
                hints=[Hint("{finish} ends it at once", finish=("finish", ref))],
            )
        while True:
            ended = yield from self._cancel_now(ref)
            if isinstance(ended, EarlyCancelDenied):
                if not when_allowed:
                    waits = ("cancel", ref, {"when_allowed": True})
                    ended.hints += (Hint("{waits} waits for that", waits=waits),)
                    raise ended
                ended = yield from self._code_within(ref, self._until_allowed(ref, ended))
            if ended is not None:
                return ended

    def _cancel_now(self, ref: str) -> Steps[pd.DataFrame | EarlyCancelDenied | None]:
        """Cancel, unless a code is there or it is over; a refusal as too early is returned."""
        try:
            state = yield from self._state_of(ref)
        except ActivationNotFound as refusal:
            if not refusal.is_over:
                raise
            return self._over(ref, refusal)
        if state.has_come or state.status == Status.CANCEL:
            return self._stands(ref, state)
        try:
            answer = yield from self.session.frame(_CALLS.set_status(ref, _CANCEL))
        except EarlyCancelDenied as refusal:
            return refusal
        except (ApiError, MalformedReply) as refusal:
            return (yield from self._instead_of_cancel(ref, refusal))
        if answer.loc[0, "status"] == Access.CANCEL:
            return self._end_of(ref, State(Access.CANCEL))
        return (
            yield from self._instead_of_cancel(ref, self._no_change(answer, "is not cancelled"))
        )

    def _code_within(self, ref: str, seconds: float) -> Steps[pd.DataFrame | None]:
        """Wait for a code that makes a cancel needless; None where none comes."""
        first_cancel = self.session.settings.provider.first_cancel
        activity = self._activity(
            ref, "the moment when {number} can be cancelled", None, first_cancel
        )
        try:
            frame = yield from self.wait_code(ref, seconds, EVERY, activity)
        except CodeTimeout:
            return None
        except ActivationOver as over:
            if not over.is_known:
                raise
            return self._end_of(ref, State(Status.CANCEL))
        row = rows_of(frame)[0]
        return self._end_of(ref, State(Status.OK, text(row, "code"), text(row, "text")))

    def _instead_of_cancel(
        self, ref: str, refusal: ApiError | MalformedReply
    ) -> Steps[pd.DataFrame]:
        """Return how an activation stands that was not cancelled; or raise why it was not."""
        if isinstance(refusal, _NO_ANSWER):
            raise refusal
        if isinstance(refusal, ActivationNotFound):  # it was there a moment ago
            return self._over(ref, refusal)
        kept = self._keep(ref, refusal)
        try:
            state = yield from self._state_of(ref)
        except ActivationNotFound as over:
            return self._over(ref, over)
        except SmsError:
            state = State("")
        if state.status != Status.CANCEL and not state.has_come:
            if kept is None:
                raise refusal
            state = State(Status.OK, kept)
        return self._stands(ref, state)

    def _state_of(self, ref: str) -> Steps[State]:
        """Ask how an activation stands."""
        frame = yield from self.session.frame(_CALLS.get_status(ref))
        row = rows_of(frame)[0]
        if row["status"] != Status.OK:
            return State(row["status"])
        return State(row["status"], text(row, "code"), text(row, "text"))

    def _keep(self, ref: str, refusal: SmsError) -> str | None:
        """Write down the codes that came along with a refusal; return the one that is news."""
        messages = in_refusal(ref, getattr(refusal, "messages", ()))
        codes = [message.code for message in messages if message.code]
        if not messages:
            return None
        account_ledger = self.session.ledgers.account_ledger
        try:
            known = {message.code for message in account_ledger.messages([ref])}
            account_ledger.add_messages(messages, via="call")
        except LedgerProblem as problem:
            LOG.warning("The code of activation %s is not written down: %s", ref, problem)
            known = set()
        news = [code for code in codes if code not in known] or codes
        return news[-1] if news else None

    def had_code(self, ref: str) -> Steps[bool]:
        """Tell whether a code has ever come to an activation."""
        yield Offload()
        if self.session.ledgers.has_heard_of(ref):
            return True
        state = yield from self._state_of(ref)
        return state.status in (Status.OK, Status.WAIT_RETRY)

    def _stands(self, ref: str, state: State) -> pd.DataFrame:
        """Return how an activation stands that is not to be cancelled."""
        if state.status == Status.CANCEL:
            self.session.ledgers.note_end(ref)
        return self._end_of(ref, state)

    def _over(self, ref: str, refusal: ActivationNotFound) -> pd.DataFrame:
        """Return that an activation is over, as the provider said instead of a status."""
        self.session.ledgers.note_end(ref, refusal)
        return self._end_of(ref, State(Status.CANCEL))

    def _until_allowed(self, ref: str, refusal: EarlyCancelDenied) -> float:
        """Return the seconds until a number may be cancelled."""
        account_ledger = self.session.ledgers.account_ledger
        seconds = refusal.retry_after
        if not account_ledger.clock_agrees:
            return _TRY_AGAIN
        if not _is_since_buying(refusal, account_ledger.provider.first_cancel):
            return max(seconds, _TRY_AGAIN)
        number = account_ledger.number(ref)
        if number is None:
            return max(seconds / _TRIES, _TRY_AGAIN)
        passed = (datetime.now(UTC) - number.bought_at).total_seconds()
        return max(seconds - passed, _TRY_AGAIN)

    def _end_of(self, ref: str, state: State) -> pd.DataFrame:
        return self._answer(
            tables.STATUS,
            activation_id=ref,
            status=str(state.status),
            code=state.code,
            text=state.text,
        )

    def _answer(self, schema: Schema, **row: Any) -> pd.DataFrame:
        context = Context("setStatus", {}, self.session.settings.provider.name)
        return schema.frame({name: [value] for name, value in row.items()}, context)


def _here() -> datetime:
    """Return a time by the clock that waiting is measured with."""
    return datetime.fromtimestamp(NARRATOR.now(), UTC)


def _explained(refusal: Refusal, ref: str, status: str, ledgers: LedgerAccess) -> Refusal:
    """Return a refusal that says how the activation stands, and what to do."""
    if status == Status.CANCEL or ledgers.has_finished(ref):
        what = Phrase("activation {ref} is over, nothing more comes to it", ref=ref)
        hints = [Hint("order another number")]
    elif status == Status.WAIT_CODE and not ledgers.has_heard_of(ref):
        what = Phrase("no code has come to activation {ref} yet", ref=ref)
        hints = [
            Hint("{wait} waits for it", wait=("wait_code", ref)),
            Hint("{cancel} gives the number back", cancel=("cancel", ref)),
        ]
    else:
        return refusal
    better = copy(refusal)
    better.what, better.hints = what, tuple(hints)
    return better


def _is_since_buying(refusal: EarlyCancelDenied, first_cancel: float) -> bool:
    """Tell whether the seconds of a refusal count from buying, rather than from now."""
    details = refusal.details
    if isinstance(details, Mapping):
        return "minActivationTime" in details
    in_word = any(character.isdigit() for character in refusal.code)
    return in_word or refusal.retry_after == first_cancel
