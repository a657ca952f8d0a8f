"""One private thread with an event loop, for everything that lives longer than a call.

The kernel's own loop is never waited on: widgets, magics and scripts all hand work over to here.
What comes of it goes back through a queue, to a thread that waits or to another loop.

Where no thread can be had, as in a browser, all of it runs on the loop of whoever calls: what is
awaited works alike, and a call that waits needs that no loop runs.
"""

import asyncio
import atexit
import contextlib
import importlib
import logging
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import sms_notebook.forking  # noqa: F401 - a fork waits for this thread first, then for others
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.missing_extra import extra

T = TypeVar("T")

LOG = logging.getLogger("sms_notebook")

_NAME = "sms_notebook"  # of the thread
_PAUSE = 0.25  # seconds; only a pause sees every interrupt
_LAST_SECONDS = 2.0  # for everything to end when the interpreter does


class LoopThread:
    """A daemon thread that runs an event loop; it starts when first used, and anew after a fork.

    Attributes
    ----------
    thread : threading.Thread or None
        The thread, once it was needed.
    is_over : bool
        Whether the interpreter ends.
    is_threadless : bool
        Whether it is known that no thread can be had.
    """

    def __init__(self) -> None:
        # Taken again by whoever is inside: collecting garbage can end a watch anywhere.
        self._starting = threading.RLock()
        self._forking = threading.RLock()
        self._may_go_on = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.is_over = False
        self._inherited: list[asyncio.AbstractEventLoop] = []
        self.is_threadless = sys.platform == "emscripten"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop: the thread's, or where no thread can be had, that of whoever calls."""
        with self._starting:
            if not self.is_threadless and (self.thread is None or not self.thread.is_alive()):
                self._start()
            if self.is_threadless and (running := running_loop()) is not None:
                return running
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return self._loop

    def _start(self) -> None:
        """Start the thread, or note that there is none to be had: it is not tried again."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run_until_stopped, args=(loop,), name=_NAME, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            loop.close()
            if self.is_over or sys.is_finalizing():
                raise
            self.is_threadless, self._loop = True, None
        else:
            self._loop, self.thread = loop, thread

    @property
    def callers(self) -> asyncio.AbstractEventLoop | None:
        """The loop where it is that of whoever calls; None where there is a thread."""
        loop = self.loop
        return loop if self.is_threadless else None

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop and wait for it; an interrupt of the wait stops it.

        Raises
        ------
        UsageProblem
            If this is called on the loop's own thread: it would wait for itself.
        """
        own = self.callers
        if self.is_current():
            coroutine.close()
            raise self.misuse()
        if own is not None:
            return _run_on(own, coroutine)
        future = self.submit(coroutine)
        try:
            while not future.done():
                with contextlib.suppress(TimeoutError):  # on Windows only a pause sees an interrupt
                    return future.result(_PAUSE)
            return future.result()
        except BaseException:
            if self.is_over and threading.current_thread().daemon:
                threading.Event().wait()  # the interpreter ends, and this thread with it
            future.cancel()
            raise

    def end(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Do something on the loop, and wait for it unless that would wait for itself."""
        if self.callers is None or not self.is_current():
            self.run(coroutine)
        else:
            self.submit(coroutine)

    async def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop and await it in another; cancelling the wait stops it.

        Some kernels see an interrupt of an ``await`` only when their loop has something to do.
        """
        future = asyncio.wrap_future(self.submit(coroutine))
        try:
            while not future.done():
                await asyncio.wait({future}, timeout=_PAUSE)
        except BaseException:
            future.cancel()
            raise
        return future.result()

    def is_current(self) -> bool:
        """Tell whether whoever waits here waits for itself: what it waits for would run here."""
        if self.is_threadless:
            return running_loop() is not None
        return self.thread is not None and threading.get_ident() == self.thread.ident

    def misuse(self) -> UsageProblem:
        """Say that nothing can be waited for here."""
        if self.is_threadless:
            return UsageProblem(
                "this Python has no threads: a call cannot wait while an event loop runs. "
                "Await it: await AsyncClient().wait_code(…), or "
                "async for event in AsyncClient().events(): …"
            )
        return UsageProblem(
            "a call that waits was made on the thread that all waiting runs on. Use AsyncClient "
            "there, or hand the call over to another thread."
        )

    def stop(self) -> None:
        """End everything that is under way, and the thread: the interpreter ends."""
        self.is_over = True
        with self._starting:
            loop, thread = self._loop, self.thread
            self._loop = self.thread = None
        if self.is_threadless and loop is not None and not loop.is_running():
            loop.run_until_complete(_end_all())
            loop.close()
        if loop is None or thread is None or not thread.is_alive():
            return
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_end_all(), loop).result(_LAST_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_LAST_SECONDS)
        if not thread.is_alive():
            loop.close()

    # Forking ------------------------------------------------------------------------------------

    def stand_still(self) -> None:
        """Hold the thread between two of its steps: the child would keep locks it has just taken.

        An import that was under way would wait for ever there.
        """
        self._forking.acquire()
        loop, thread = self._loop, self.thread
        if loop is None or thread is None or not thread.is_alive() or self.is_current():
            return
        stands, self._may_go_on = threading.Event(), threading.Event()

        def stand(may_go_on: threading.Event) -> None:
            stands.set()
            may_go_on.wait(_LAST_SECONDS)

        loop.call_soon_threadsafe(stand, self._may_go_on)
        stands.wait(_LAST_SECONDS)

    def go_on(self) -> None:
        """Go on after a fork, in the parent."""
        self._may_go_on.set()
        self._forking.release()

    def forked(self) -> None:
        """Begin anew in a process that was forked: the thread is the parent's."""
        self._starting, self._forking = threading.RLock(), threading.RLock()
        if self._loop is not None:
            # Kept for good: a loop that is collected closes itself, and what it waits on is
            # shared with the parent's.
            self._inherited.append(self._loop)
        self._loop = self.thread = None
        self.is_threadless = sys.platform == "emscripten"


def _run_until_stopped(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped; whoever asks for an exit there ends its own work alone."""
    while True:
        try:
            loop.run_forever()
        except (SystemExit, KeyboardInterrupt):  # asyncio keeps all others to itself
            LOG.exception("Something that waits asked for an exit; all other waits go on.")
        else:
            return


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs in this thread, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _run_on(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a loop until something is done; an interrupt stops that."""
    task = loop.create_task(coroutine)
    try:
        return loop.run_until_complete(task)
    except BaseException:
        task.cancel()
        loop.run_until_complete(asyncio.wait({task}))
        raise


async def _end_all() -> None:
    loop = asyncio.get_running_loop()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()  # closes connections


LOOP = LoopThread()
"""The one of this process."""

atexit.register(LOOP.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=LOOP.stand_still, after_in_parent=LOOP.go_on, after_in_child=LOOP.forked
    )


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, or so many seconds."""
    # Not asyncio.wait_for: before Python 3.12 it can swallow a cancellation.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


class ThreadQueue(Generic[T]):
    """Holds items until they are taken, in their order; to put an item never waits."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._readers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def put(self, item: T) -> None:
        """Add an item."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()
            for loop, event in self._readers:
                with contextlib.suppress(RuntimeError):  # that loop has ended
                    loop.call_soon_threadsafe(event.set)

    def take(self) -> T:
        """Wait in this thread for the next item."""
        with self._changed:
            while not self._items:
                self._changed.wait(_PAUSE)
            return self._items.popleft()

    async def take_async(self) -> T:
        """Wait in the running loop for the next item."""
        reader = (asyncio.get_running_loop(), asyncio.Event())
        with self._changed:
            self._readers.add(reader)
        try:
            while True:
                reader[1].clear()
                with self._changed:
                    if self._items:
                        return self._items.popleft()
                # A kernel hands an interrupt to its loop without waking that.
                await wait_for(reader[1], _PAUSE)
        finally:
            with self._changed:
                self._readers.discard(reader)


def allow_nested_loops() -> None:
    """Let ``asyncio.run(...)`` work inside a running event loop, such as a notebook's.

    Nothing here needs it, and nothing does it unasked: `Client` works in cells as it is, and cells
    can ``await`` an `AsyncClient`. It patches the event loop of this process for good: with
    nest-asyncio2 where that is installed, as from Python 3.14 on, else with nest-asyncio. Call it
    in a cell of its own, before the cell that runs something.

    Raises
    ------
    UsageProblem
        If the loop is none of asyncio's own, such as uvloop's: nothing is patched then.

    Examples
    --------
    >>> import sms_notebook
    >>> sms_notebook.allow_nested_loops()  # doctest: +SKIP
    """
    with extra("nested"):
        try:
            nesting = importlib.import_module("nest_asyncio2")
        except ImportError:
            if sys.version_info >= (3, 14):  # nest-asyncio would break asyncio there
                raise
            nesting = importlib.import_module("nest_asyncio")
    loop = _loop_here()
    if not isinstance(loop, asyncio.BaseEventLoop):
        raise UsageProblem(
            f"the event loop of this process is {type(loop).__module__}'s, which cannot be nested. "
            "Await AsyncClient instead, or use Client, which needs no loop."
        )
    nesting.apply(loop)


def _loop_here() -> asyncio.AbstractEventLoop:
    """Return the loop of this thread; one that is made here is the one that will be taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with contextlib.suppress(RuntimeError):
            return asyncio.get_event_loop()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop
