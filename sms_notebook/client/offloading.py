"""Threads for what an event loop must not wait for: the ledger's database."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar, cast

from sms_notebook.forking import GATE
from sms_notebook.protocol.steps import Offload, Step, Steps
from sms_notebook.watching.loop import LOOP

T = TypeVar("T")

_WORKERS = 16
_PAUSE = 0.25  # seconds; some kernels see an interrupt only when their loop has something to do


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """The end of steps."""

    value: T


class OffloadedSteps(Generic[T]):
    """Steps that an event loop takes: each here, or in a thread while they are offloaded.

    Parameters
    ----------
    steps : Steps
        The steps.
    has_threads : bool
        False takes all of them here.
    """

    def __init__(self, steps: Steps[T], *, has_threads: bool) -> None:
        self._steps = steps
        self._has_threads = has_threads
        self._is_offloaded = False

    async def take(self, answer: object, failure: BaseException | None) -> Step | Result[T]:
        """Go on with what came of a step, up to the next one that the loop performs.

        A cancellation while a thread is at work reaches the steps where they go on: what they were
        writing is written, and they may write how it ended.
        """
        while True:
            cancelled = None
            if self._is_offloaded:
                going_on = partial(self._go_on, answer, failure)
                step, cancelled = await _in_a_thread(going_on)
            else:
                step = self._go_on(answer, failure)
            if isinstance(step, Offload):
                self._is_offloaded = step.begins and self._has_threads
            elif cancelled is None:
                return step
            elif isinstance(step, Result):
                raise cancelled
            answer, failure = None, cancelled

    def _go_on(self, answer: object, failure: BaseException | None) -> Step | Result[T]:
        steps = self._steps
        try:
            return steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            return Result(cast("T", done.value))


def beside_the_loop(work: Callable[[], object]) -> None:
    """Do something now, or where an event loop runs here, in a thread beside it."""
    try:
        asyncio.get_running_loop()
        _threads.begin(work)
    except RuntimeError:
        work()


class _Threads:
    """The threads of this process; while one is at work nobody forks.

    They are not those of the loop: it looks up addresses with those, and a database may keep all of
    them busy.
    """

    def __init__(self) -> None:
        self.forked()

    def forked(self) -> None:
        """Begin anew in a process that was forked: the threads are the parent's."""
        self._opening = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Begin something, in the context of the caller.

        Raises
        ------
        RuntimeError
            If no thread can be had, in a browser or as the interpreter ends: it is not begun.
        """
        if LOOP.is_threadless:
            raise RuntimeError("there are no threads here")
        begun: Future[T] = Future()
        with self._opening:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sms_notebook-ledger")
            pool = self._pool
        try:
            pool.submit(contextvars.copy_context().run, self._work, work, begun)
        except RuntimeError:
            # The pool keeps it for a thread that may come later: once is enough.
            if begun.cancel():
                raise
        return begun

    def _work(self, work: Callable[[], T], begun: Future[T]) -> None:
        if not begun.set_running_or_notify_cancel():
            return
        try:
            with GATE.passing():  # the child would keep the locks that it holds
                result = work()
        except BaseException as failure:  # noqa: BLE001 - raised where it is awaited
            begun.set_exception(failure)
        else:
            begun.set_result(result)


_threads = _Threads()


async def _in_a_thread(work: Callable[[], T]) -> tuple[T, asyncio.CancelledError | None]:
    """Wait for work in a thread to its end; return whether that was cancelled meanwhile."""
    try:
        future = asyncio.wrap_future(_threads.begin(work))
    except RuntimeError:
        return work(), None
    cancelled = None
    while not future.done():
        try:
            await asyncio.wait({future}, timeout=_PAUSE)
        except asyncio.CancelledError as error:
            cancelled = error
    return future.result(), cancelled


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.forked)
