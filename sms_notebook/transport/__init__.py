"""Sending over httpx: the key, time-outs, rate, retries, and failures that never hold the key."""

from sms_notebook.transport.options import (
    Connection,
    Retry,
    Timeouts,
    connection_of,
    timeouts_of,
)
from sms_notebook.transport.sender import AsyncSender, RateLimiter, Sender, Target

__all__ = [
    "AsyncSender",
    "Connection",
    "RateLimiter",
    "Retry",
    "Sender",
    "Target",
    "Timeouts",
    "connection_of",
    "timeouts_of",
]
