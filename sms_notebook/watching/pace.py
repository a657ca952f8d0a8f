"""How often a provider is polled: less often when it asks for patience."""

import asyncio
from collections.abc import Iterable

from sms_notebook.protocol.errors import RateLimited, SmsError

SLOWEST = 60.0
"""Seconds between two polls of a provider that asks for patience."""

_GATHER = 0.1  # seconds between two polls at least: many who come at once share one


class Pace:
    """Says when to poll next."""

    def __init__(self) -> None:
        self._slower = 1.0
        self._earliest = 0.0

    def pause(self, every: float) -> float:
        """Return the seconds until the next poll, for somebody who wants one every so often."""
        return max(every, min(every * self._slower, SLOWEST))

    def polled(self, began: float, every: float, failures: Iterable[SmsError]) -> None:
        """Take notice of a poll, and of what failed."""
        failures = list(failures)
        limits = [failure for failure in failures if isinstance(failure, RateLimited)]
        self._earliest = began + min(every, _GATHER)
        if limits:
            self._slower = min(self._slower * 2, SLOWEST)
            wait = max(limit.retry_after or 0.0 for limit in limits)
            self._earliest = asyncio.get_running_loop().time() + min(wait, SLOWEST)
        elif not failures:
            self._slower = max(1.0, self._slower / 2)

    async def turn(self) -> None:
        """Wait until a poll does not come too early, whoever asks for it."""
        await asyncio.sleep(self._earliest - asyncio.get_running_loop().time())
