"""Retry: whether a failed read is sent again, and when. A purchase or a change never is."""

import random
from dataclasses import dataclass

from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors import ConnectionFailed, RateLimited, ServerError, SmsError

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A policy that answers one question.

    Attributes
    ----------
    retries : int
        How often a read is sent again.
    first : float
        Seconds before the first time; doubled each time, with up to half of it taken off by chance.
    longest : float
        The longest pause, in seconds.
    """

    retries: int = 2
    first: float = 0.5
    longest: float = 8.0

    def pause(self, effect: Effect, error: SmsError, attempt: int) -> float | None:
        """Return the seconds to wait before sending again, or None to give up.

        Parameters
        ----------
        effect : Effect
            What the action does.
        error : SmsError
            How it failed.
        attempt : int
            How often it was sent, from 1.
        """
        if effect is not Effect.READ or attempt > self.retries:
            return None
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= _PATIENCE else None
        if isinstance(error, ConnectionFailed | RateLimited | ServerError):
            pause = min(self.first * 2.0 ** (attempt - 1), self.longest)
            return pause * random.uniform(0.5, 1.0)
        return None
