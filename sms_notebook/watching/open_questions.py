"""Questions under way: a slow answer holds up no other, and is taken when it comes."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import ExitStack, asynccontextmanager
from itertools import count

from sms_notebook.protocol.errors import (
    AccountBlocked,
    BadAction,
    BadKey,
    Banned,
    ConnectionFailed,
    RateLimited,
    ServerError,
    SmsError,
    UsageProblem,
)
from sms_notebook.watching.events import TrackedNumber

PATIENCE = 1.5
"""Seconds that a tick waits for an answer; what comes later is taken later."""

_AT_ONCE = 8  # requests
FATAL = (BadKey, BadAction, Banned, AccountBlocked, UsageProblem)
"""What does not pass, where it is said of more than one number."""
ABOUT_ALL = (*FATAL, ConnectionFailed, RateLimited, ServerError)
"""What may be about more than one number."""
_HOPELESS = (RateLimited, UsageProblem)
_ENOUGH = 3  # of them: the rest would fail too, while fewer may be about single numbers
_turns = count(1)


class OpenQuestions:
    """Asks, waits a moment, and remembers what is still open: that is not asked a second time.

    Parameters
    ----------
    waits_for_all : bool
        Whether to wait for every answer, however long that takes.
    """

    def __init__(self, *, waits_for_all: bool = False) -> None:
        self._waits_for_all = waits_for_all
        self._tasks: dict[Hashable, asyncio.Task[SmsError | None]] = {}

    def is_open(self, about: Hashable) -> bool:
        """Tell whether the answer to something is awaited."""
        return about in self._tasks

    async def ask(self, questions: Mapping[Hashable, Callable[[], Awaitable[None]]]) -> None:
        """Begin questions, and wait a moment for their answers.

        Failures are returned by `failures`.
        """
        begun = [
            self._begin(about, question)
            for about, question in questions.items()
            if about not in self._tasks
        ]
        if begun:
            await asyncio.wait(begun, timeout=None if self._waits_for_all else PATIENCE)

    def failures(self) -> list[SmsError]:
        """Return what failed of all that was answered since this was called the last time."""
        finished = {about: task for about, task in self._tasks.items() if task.done()}
        for about in finished:
            del self._tasks[about]
        failed = [task.result() for task in finished.values() if not task.cancelled()]
        return [failure for failure in failed if failure is not None]

    async def each(
        self, numbers: Iterable[TrackedNumber], ask: Callable[[TrackedNumber], Awaitable[None]]
    ) -> list[SmsError]:
        """Ask for each by itself, a few at once, and first for those that had to wait the longest.

        Whoever is not answered for a while leaves its place among the few to the next.

        Returns
        -------
        list of SmsError
            What failed. A failure that is not about one number alone keeps the rest from being
            asked for.
        """
        failed: list[SmsError] = []
        places = asyncio.Semaphore(_AT_ONCE)

        async def ask_in_turn(number: TrackedNumber) -> None:
            async with _place(places):
                if _is_hopeless(failed):
                    return
                number.turn = next(_turns)
                try:
                    await ask(number)
                except SmsError as failure:
                    failed.append(failure)
                    raise

        def question(number: TrackedNumber) -> Callable[[], Awaitable[None]]:
            return lambda: ask_in_turn(number)

        in_turn = sorted(numbers, key=lambda number: number.turn)
        await self.ask({number: question(number) for number in in_turn})
        return self.failures()

    def cancel(self) -> Sequence[asyncio.Task[SmsError | None]]:
        """Wait for nothing more; return what is ending."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        return tasks

    def _begin(
        self, about: Hashable, question: Callable[[], Awaitable[None]]
    ) -> "asyncio.Task[SmsError | None]":
        async def run() -> SmsError | None:
            try:
                await question()
            except SmsError as failure:
                return failure
            return None

        self._tasks[about] = asyncio.get_running_loop().create_task(run())
        return self._tasks[about]


@asynccontextmanager
async def _place(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Hold a place until the question is answered, but not longer than a while."""
    await places.acquire()
    with ExitStack() as held:
        held.callback(places.release)
        late = asyncio.get_running_loop().call_later(PATIENCE, held.close)
        held.callback(late.cancel)
        yield


def _is_hopeless(failures: Sequence[SmsError]) -> bool:
    """Tell whether failures are not about single numbers."""
    if any(isinstance(failure, _HOPELESS) for failure in failures):
        return True
    return sum(isinstance(failure, ABOUT_ALL) for failure in failures) >= _ENOUGH
