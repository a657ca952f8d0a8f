"""One private thread with an event loop, for everything that lives longer than a call.

The kernel's own loop is never waited on: widgets, magics and scripts all hand work over to here.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from sms_notebook.protocol.errors import UsageProblem

T = TypeVar("T")

_PAUSE = 0.25  # seconds


class LoopThread:
    """A daemon thread that runs an event loop; it starts when first used, and anew after a fork."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._starting:
            if self._loop is None or self._process != os.getpid() or not self._is_alive():
                self._start()
            assert self._loop is not None  # noqa: S101 - it was just started
            return self._loop

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
        if self.is_current():
            coroutine.close()
            raise self.misuse()
        future = self.submit(coroutine)
        try:
            while not future.done():
                with contextlib.suppress(TimeoutError):  # on Windows only a pause sees an interrupt
                    return future.result(_PAUSE)
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def is_current(self) -> bool:
        """Tell whether this is the loop's own thread."""
        return self._thread is not None and threading.get_ident() == self._thread.ident

    @staticmethod
    def misuse() -> UsageProblem:
        """Say that the loop's thread cannot wait for anything."""
        return UsageProblem(
            "a call that waits was made on the thread that all waiting runs on. Use AsyncClient "
            "there, or hand the call over to another thread."
        )

    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _start(self) -> None:
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="sms_notebook", daemon=True
        )
        self._thread.start()


LOOP = LoopThread()
"""The one of this process."""
