"""What people hold: `Client` and `AsyncClient`, their settings, providers and look-ups."""

from sms_notebook.client.clients import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]
