"""A number for the length of a ``with`` block: it finishes or cancels by itself."""

import contextlib
import logging
from collections.abc import Callable
from typing import Any, Generic, Self

import pandas as pd

from sms_notebook.client.activation_steps import EVERY, ActivationSteps
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.calls import Frame
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    ActivationOver,
    BadStatus,
    EarlyCancelDenied,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.replies import Status
from sms_notebook.protocol.steps import Steps

LOG = logging.getLogger("sms_notebook")


class ActivationContext(Generic[Frame]):
    """An activation that ends with its block; made by ``sms.activation()``.

    With a code it is finished. Without one it is cancelled as soon as that is allowed, two minutes
    after buying; an interrupt of that wait leaves it alive, and says so.

    Parameters
    ----------
    take : callable
        Takes steps in the client's way of waiting.
    activations : ActivationSteps
        How it ends.
    ordering : Steps
        How it is ordered.

    Attributes
    ----------
    order : DataFrame
        The order, as ``sms.order()`` returns it.
    """

    def __init__(
        self,
        take: Callable[[Steps[Any]], Any],
        activations: ActivationSteps,
        ordering: Steps[pd.DataFrame],
    ) -> None:
        self._take = take
        self._activations = activations
        self._ordering = ordering
        self._is_used = False
        self.order = pd.DataFrame()

    @property
    def activation_id(self) -> str:
        """Its id."""
        return str(self.order.loc[0, "activation_id"])

    @property
    def phone_number(self) -> str:
        """The number, with country code and without +."""
        return str(self.order.loc[0, "phone_number"])

    def wait_code(self, timeout: float | None = None, *, every: float = EVERY) -> Frame:
        """Wait for its code; see ``sms.wait_code``."""
        seconds, pause = arg.seconds("timeout", timeout), arg.interval(every)
        frame: Frame = self._take(self._activations.wait_code(self.activation_id, seconds, pause))
        return frame

    def again(self) -> Frame:
        """Ask for one more code; see ``sms.again``."""
        frame: Frame = self._take(self._activations.again(self.activation_id))
        return frame

    def __enter__(self) -> Self:
        self.order = self._take(self._begun())
        return self

    def __exit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        try:
            self._take(self._let_go())
        except SmsError as problem:
            self._tell(problem, failure)
        except KeyboardInterrupt:
            LOG.warning("%s", self._still_alive())
            raise

    async def __aenter__(self) -> Self:
        self.order = await self._take(self._begun())
        return self

    async def __aexit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        try:
            await self._take(self._let_go())
        except SmsError as problem:
            self._tell(problem, failure)

    def _begun(self) -> Steps[pd.DataFrame]:
        """Order it; a second time it would stand for nothing."""
        if self._is_used:
            raise UsageProblem(
                "a block of sms.activation() is entered once. Call it again for another number."
            )
        self._is_used = True
        return (yield from self._ordering)

    def _let_go(self) -> Steps[None]:
        """Finish with a code, cancel without one; what is over already is left alone."""
        ref, activations = self.activation_id, self._activations
        provider = activations.session.settings.provider
        if not provider.can_cancel:
            yield from self._finish_or_leave(provider.title)
            return
        try:
            try:
                ended = yield from activations.cancel(ref, when_allowed=False)
            except EarlyCancelDenied:
                LOG.warning(
                    "No code for activation %s yet. It can be cancelled %s, and is then; a code "
                    "that comes before is kept. An interrupt leaves it alive.",
                    ref,
                    _when(provider.first_cancel),
                )
                ended = yield from activations.cancel(ref, when_allowed=True)
        except ActivationNotFound:
            return
        except BadStatus:  # perhaps it had a code before one more was asked for
            has_code = yield from activations.had_code(ref)
            if not has_code:
                raise
        else:
            has_code = bool(ended.loc[0, "status"] == Status.OK)
        if has_code:
            with contextlib.suppress(BadStatus):  # one by call ends by itself
                yield from activations.finish(ref)

    def _finish_or_leave(self, provider: str) -> Steps[None]:
        """End it where nothing can be cancelled: with a code it is finished."""
        ref = self.activation_id
        if (yield from self._activations.had_code(ref)):
            yield from self._activations.finish(ref)
        else:
            LOG.warning(
                "No code for activation %s. %s cancels nothing, so it is left to end by itself.",
                ref,
                provider,
            )

    def _tell(self, problem: SmsError, failure: BaseException | None) -> None:
        """Raise what went wrong at the end; beside another failure it is only said."""
        if failure is None:
            raise problem
        if isinstance(problem, ActivationOver):
            LOG.error("%s", problem)
        else:
            LOG.error("%s %s", self._still_alive(), problem)

    def _still_alive(self) -> str:
        ref = self.activation_id
        return f"Activation {ref} may still be alive: sms.cancel('{ref}') or sms.finish('{ref}')."


def _when(first_cancel: float) -> str:
    """Say from when on a number can be cancelled."""
    if first_cancel == EarlyCancelDenied.retry_after:
        return "in its third minute"
    return f"{first_cancel:g} seconds after it was bought"
