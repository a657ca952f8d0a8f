"""A queue from the loop thread to whoever reads: a thread that waits, or another event loop."""

import asyncio
import contextlib
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

_PAUSE = 0.25  # seconds; only a pause sees every interrupt


class Mailbox(Generic[T]):
    """Holds items until they are taken, in their order; putting one never waits."""

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
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_PAUSE):
                        await reader[1].wait()
        finally:
            with self._changed:
                self._readers.discard(reader)
