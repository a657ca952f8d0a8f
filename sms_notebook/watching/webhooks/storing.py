"""Arrivals on their way into the ledger."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import select

from sms_notebook.orders.database import Database
from sms_notebook.orders.messages import Arrival, MessageBook
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.protocol.errors import LedgerProblem

LOG = logging.getLogger("sms_notebook")


class Writer:
    """Writes arrivals in a thread of its own, one transaction at a time.

    Whatever comes while one is under way is written together by the next, so that a slow disk
    does not hold up a burst.

    Parameters
    ----------
    store : MessageBook
        Where to.
    provider_of : callable
        Says whose activation an id is.
    counts : dict
        Gets how many were ``stored``, and how many were ``repeats``.
    """

    def __init__(
        self, store: MessageBook, provider_of: Callable[[str], str], counts: dict[str, int]
    ) -> None:
        self._store = store
        self._provider_of = provider_of
        self._counts = counts
        self._thread = ThreadPoolExecutor(1, "sms_notebook-webhooks")
        self._turn = asyncio.Lock()
        self._waiting: list[Arrival] = []
        self._next: asyncio.Task[None] | None = None
        self._is_in_trouble = False

    async def write(self, arrival: Arrival) -> None:
        """Write an arrival; it is in the ledger when this returns.

        Raises
        ------
        LedgerProblem
            If the ledger does not take it.
        """
        self._waiting.append(arrival)
        if self._next is None:
            self._next = asyncio.create_task(self._write_waiting())
        await asyncio.shield(self._next)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def _write_waiting(self) -> None:
        async with self._turn:
            arrivals, self._waiting, self._next = self._waiting, [], None
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._write, arrivals)

    def _write(self, arrivals: Sequence[Arrival]) -> None:
        try:
            self._add(arrivals)
        except LedgerProblem as problem:
            if not self._is_in_trouble:  # once, not for each try of the provider
                LOG.warning("A webhook was refused, the provider sends it again: %s", problem)
            self._is_in_trouble = True
            raise
        self._is_in_trouble = False

    def _add(self, arrivals: Sequence[Arrival]) -> None:
        # The ledger takes two that say the same at once for two messages: here it is a repeat.
        distinct: dict[str, dict[object, Arrival]] = {}
        for arrival in arrivals:
            said = (arrival.ref, arrival.content, arrival.received_at)
            distinct.setdefault(self._provider_of(arrival.ref), {}).setdefault(said, arrival)
        stored = 0
        for provider, some in distinct.items():
            stored += self._store.add(
                provider, list(some.values()), via="webhook", seen_at=datetime.now(UTC)
            )
        self._counts["stored"] += stored
        self._counts["repeats"] += len(arrivals) - stored


def provider_by_numbers(database: Database, otherwise: str) -> Callable[[str], str]:
    """Return a function that says which provider an activation was bought from.

    Parameters
    ----------
    database : Database
        The ledger's.
    otherwise : str
        The provider of what the ledger did not buy, or of an id that several providers used.
    """

    def provider_of(ref: str) -> str:
        found = select(NUMBERS.c.provider).where(NUMBERS.c.ref == ref).distinct().limit(2)
        names = database.read(lambda connection: connection.execute(found).scalars().all())
        return names[0] if len(names) == 1 else otherwise

    return provider_of
