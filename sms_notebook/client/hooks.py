"""Request hooks: who hears of each request, and of what came of it."""

import inspect
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.replies import Reply
from sms_notebook.protocol.steps import ProviderRequest, Send, Steps

T = TypeVar("T")

LOG = logging.getLogger("sms_notebook")


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was sent, and how that ended; what a request hook is called with.

    Attributes
    ----------
    provider : str
        Who was asked.
    action : str
        The API's name of the action.
    method : str
        The HTTP method.
    params : mapping of str to str
        What was sent, in the provider's spelling and without the key; masked where the client is.
    status : int or None
        The HTTP status; None where no reply came.
    seconds : float
        How long it took.
    error : str
        The name of the error where no reply came.
    """

    provider: str
    action: str
    method: str
    params: Mapping[str, str]
    status: int | None
    seconds: float
    error: str = ""


Hook = Callable[[SentRequest], object]


def hooks_of(value: Any) -> tuple[Hook, ...]:
    """Read hooks: one, or several.

    Raises
    ------
    UsageProblem
        If one cannot be called, or would have to be awaited.
    """
    hooks = tuple(value) if isinstance(value, Iterable) else () if value is None else (value,)
    for hook in hooks:
        if not callable(hook) or inspect.iscoroutinefunction(hook):
            what = getattr(hook, "__name__", type(hook).__name__)
            raise UsageProblem(f"hooks takes functions that are called, not awaited: not {what}.")
    return hooks


def _is_in_background() -> bool:
    """Tell whether this thread is everybody's, where an exit would end all waits and no program."""
    from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

    return LOOP.is_current()


class Observer(msgspec.Struct, frozen=True):
    """Tells hooks of each exchange, once what came of it is taken over.

    Attributes
    ----------
    hooks : tuple of callable
        Who is told.
    provider, method : str
        Who is asked, and how.
    is_masked : callable
        Whether numbers and codes are masked.
    """

    hooks: tuple[Hook, ...]
    provider: str
    method: str
    is_masked: Callable[[], bool]

    def observed(self, steps: Steps[T]) -> Steps[T]:
        """Take steps and tell of each request among them, after its answer is in safe hands.

        A purchase is in the ledger by then: whatever a hook does, its answer is not lost.
        """
        answer: object = None
        failure: BaseException | None = None
        sent: tuple[ProviderRequest, object, float] | None = None
        while True:
            try:
                step = steps.send(answer) if failure is None else steps.throw(failure)
            except StopIteration as done:
                self._tell(sent)
                return cast("T", done.value)
            except BaseException:
                self._tell(sent)
                raise
            self._tell(sent)
            answer = failure = sent = None
            begun = time.perf_counter()
            try:
                answer = yield step
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - the steps decide about it
                failure = error
            if isinstance(step, Send):
                sent = step.request, failure or answer, time.perf_counter() - begun

    def _tell(self, sent: tuple[ProviderRequest, object, float] | None) -> None:
        if sent is None:
            return
        request, outcome, seconds = sent
        params: Mapping[str, str] = dict(request.params)
        if self.is_masked():
            from sms_notebook.protocol.masking import masked_raw  # noqa: PLC0415 - when first used

            params = masked_raw(params)
        exchange = SentRequest(
            self.provider,
            request.of or request.action,
            request.method or ("GET" if request.path else self.method),
            params,
            outcome.status if isinstance(outcome, Reply) else None,
            seconds,
            "" if isinstance(outcome, Reply) else type(outcome).__name__,
        )
        for hook in self.hooks:
            try:
                hook(exchange)
            except BaseException as error:
                is_heard = not isinstance(error, Exception) and not _is_in_background()
                if is_heard or isinstance(error, KeyboardInterrupt):  # that is a person's
                    raise
                LOG.warning("a request hook failed: %s: %s", type(error).__name__, error)
