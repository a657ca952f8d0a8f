"""How the steps of a call are taken: in a thread or in an event loop, and who hears of them."""

import inspect
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
import pandas as pd

from sms_notebook.client.offloading import Done, OffloadedSteps
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.frames.schema import whole_seconds
from sms_notebook.protocol.replies import Reply
from sms_notebook.protocol.steps import Pause, ProviderRequest, Send, Steps, Wait
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.progress import NARRATOR, Progress

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


def hooks_of(given: Any) -> tuple[Hook, ...]:
    """Read hooks: one, or several.

    Raises
    ------
    UsageProblem
        If one cannot be called, or would have to be awaited.
    """
    hooks = tuple(given) if isinstance(given, Iterable) else () if given is None else (given,)
    for hook in hooks:
        if not callable(hook) or inspect.iscoroutinefunction(hook):
            what = getattr(hook, "__name__", type(hook).__name__)
            raise UsageProblem(f"hooks takes functions that are called, not awaited: not {what}.")
    return hooks


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
            except Exception as error:  # noqa: BLE001 - it is a guest here
                LOG.warning("a request hook failed: %s: %s", type(error).__name__, error)


def for_people(steps: Steps[T]) -> Steps[T]:
    """Return what comes of steps as people read it: times in whole seconds."""
    done: Any = yield from steps
    return cast("T", whole_seconds(done) if isinstance(done, pd.DataFrame) else done)


def told(steps: Steps[T], progress: Progress) -> Steps[T]:
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


def drive(
    steps: Steps[T],
    send: Callable[[ProviderRequest], Reply],
    pause: Callable[[float], object],
) -> T:
    """Take the steps of a call, waiting in this thread."""
    if threading.current_thread() is LOOP.thread:
        raise LOOP.misuse()
    answer: object = None
    failure: BaseException | None = None
    while True:
        try:
            step = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            return cast("T", done.value)
        answer = failure = None
        try:
            match step:
                case Send(request):
                    answer = send(request)
                case Wait(begin=begin):
                    answer = LOOP.run(begin())
                case Pause(seconds=seconds):
                    pause(seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error


async def drive_async(
    steps: Steps[T],
    send: Callable[[ProviderRequest], Awaitable[Reply]],
    pause: Callable[[float], Awaitable[object]],
    *,
    has_threads: bool = True,
) -> T:
    """Take the steps of a call, waiting in the event loop; what is offloaded, in threads."""
    offloaded = OffloadedSteps(steps, has_threads=has_threads)
    answer: object = None
    failure: BaseException | None = None
    while True:
        step = await offloaded.take(answer, failure)
        if isinstance(step, Done):
            return step.value
        answer = failure = None
        try:
            match step:
                case Send(request):
                    answer = await send(request)
                case Wait(begin=begin):
                    answer = await LOOP.wait(begin())
                case Pause(seconds=seconds):
                    await pause(seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error
