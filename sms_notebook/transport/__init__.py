"""Sending over httpx: the key, time-outs, rate, retries, and failures that never hold the key."""

from sms_notebook.transport.sending import AsyncSender, RateLimiter, Retry, Sender, Target

__all__ = ["AsyncSender", "RateLimiter", "Retry", "Sender", "Target"]
