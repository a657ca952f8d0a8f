"""Sending over httpx: the key, time-outs, pace, and failures that never hold the key."""

from sms_notebook.transport.key import ApiKey, without_key
from sms_notebook.transport.pace import Pace
from sms_notebook.transport.retry import Retry
from sms_notebook.transport.sending import AsyncSender, Question, Sender, Target, is_address

__all__ = [
    "ApiKey",
    "AsyncSender",
    "Pace",
    "Question",
    "Retry",
    "Sender",
    "Target",
    "is_address",
    "without_key",
]
