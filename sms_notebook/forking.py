"""Forking while threads work: a child inherits no lock that nobody gives back.

Only the thread that forks lives on in the child. What another thread has locked at that moment, in
Python, in SQLAlchemy or inside of SQLite, stays locked there for ever. So a fork waits until no
other thread is in the middle of such work, and holds new work back meanwhile.
"""

import _imp
import concurrent.futures.thread  # noqa: F401 - told of forks before the gate is: of each, or of none
import importlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 15.0  # seconds: a transaction waits ten for another process, or 14 for a server
_PAUSE = 0.01


class once(Generic[T]):  # noqa: N801 - a decorator, as those of functools
    """A property that is made when it is first asked for, and kept.

    `functools.cached_property` locks all objects of a class for that before Python 3.12, and a
    child that is forked meanwhile waits for ever. Where two threads are the first, both make it.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, _owner: type | None = None) -> T:
        if instance is None:  # of the class: for documentation
            return self  # type: ignore[return-value]  # as of properties
        value = instance.__dict__[self._name] = self._make(instance)
        return value


class ForkGate:
    """Lets work pass, or a fork.

    Whoever works enters before any lock is taken; a thread may enter again while it is inside.

    Attributes
    ----------
    is_torn : bool
        Whether this process was forked in the middle of a thread's work, which did not end in time:
        nothing that is locked can be relied on.
    is_forked : bool
        Whether this process is a child that was forked.
    """

    def __init__(self) -> None:
        self._start(is_torn=False, is_forked=False)

    def _start(self, *, is_torn: bool, is_forked: bool) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._forking: int | None = None
        self._is_stuck = False
        self.is_torn = is_torn
        self.is_forked = is_forked

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Do work in whose middle nobody may fork."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def enter(self) -> None:
        """Begin such work, before any lock is taken for it."""
        thread = threading.get_ident()
        with self._changed:
            while self._forking not in (None, thread) and thread not in self._inside:
                self._changed.wait(_PAUSE)
            self._inside[thread] += 1

    def leave(self) -> None:
        """End such work."""
        thread = threading.get_ident()
        with self._changed:
            self._inside[thread] -= 1
            if self._inside[thread] <= 0:
                del self._inside[thread]
                self._changed.notify_all()

    def close(self) -> None:
        """Wait for those inside, and let nobody in: this thread forks."""
        thread, end = threading.get_ident(), time.monotonic() + _PATIENCE
        self._changed.acquire()
        self._forking = thread
        _imp.acquire_lock()  # from here on nobody begins to import
        while self._is_busy(thread):
            if time.monotonic() > end:
                self._is_stuck = True
                break
            _imp.release_lock()
            self._changed.wait(_PAUSE)
            _imp.acquire_lock()

    def _is_busy(self, thread: int) -> bool:
        others = any(count for other, count in self._inside.items() if other != thread)
        return others or _is_importing(thread)

    def open(self) -> None:
        """Go on after a fork, in the parent."""
        _imp.release_lock()
        self._forking, self._is_stuck = None, False
        self._changed.notify_all()
        self._changed.release()

    def start_anew(self) -> None:
        """Go on after a fork, in the child: the other threads are not there."""
        _imp.release_lock()
        self._start(is_torn=self.is_torn or self._is_stuck, is_forked=True)


class GatedLock:
    """A lock that nobody holds while this process forks; its thread may take it again."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        GATE.enter()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        GATE.leave()


class TornError(Exception):
    """The process was forked in the middle of something: what is locked stays locked."""


def in_time(work: Callable[[], T]) -> T:
    """Do something; in a process that was forked it may wait for ever, and is given up then.

    What other libraries' threads had locked inside of SQLite nobody can know.

    Raises
    ------
    TornError
        If it does not end: so will nothing that needs the same.
    """
    if not GATE.is_forked:
        return work()
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as failure:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(failure)

    threading.Thread(target=run, name="sms_notebook-opening", daemon=True).start()
    try:
        return future.result(_PATIENCE)
    except TimeoutError:
        GATE.is_torn = True
        raise TornError from None


def _is_importing(thread: int) -> bool:
    """Tell whether another thread imports something: a child that needs it would wait for ever."""
    locks: dict[str, Callable[[], object]] = getattr(importlib._bootstrap, "_module_locks", {})  # noqa: SLF001 - nothing public tells
    owners = [getattr(lock(), "owner", None) for lock in list(locks.values())]
    return any(owner not in (None, thread) for owner in owners)


GATE = ForkGate()
"""The one of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=GATE.close, after_in_parent=GATE.open, after_in_child=GATE.start_anew
    )
