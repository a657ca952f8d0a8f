"""What people hold: `Client` and `AsyncClient`, their settings, providers and look-ups."""

from sms_notebook.client.clients import AsyncClient, Client
from sms_notebook.client.hooks import SentRequest

__all__ = ["AsyncClient", "Client", "SentRequest"]
