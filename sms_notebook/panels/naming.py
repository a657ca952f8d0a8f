"""Names of countries and services: the provider's own where it was asked, else the protocol's."""

from typing import Any

from sms_notebook.client import Client
from sms_notebook.panels.markup import Record, missing


class Naming:
    """Knows the names that a client knows, without asking anybody.

    Parameters
    ----------
    sms : Client
        Its catalogue is looked into.
    """

    def __init__(self, sms: Client) -> None:
        self._sms = sms

    def service(self, code: Any) -> str:
        """Return the name of a service, or the code where nobody knows it."""
        if missing(code):
            return ""
        return str(self._sms.names.services.get(str(code), code))

    def country(self, key: Any) -> str:
        """Return the name of a country, or its id."""
        if missing(key):
            return ""
        return str(self._sms.names.countries.get(int(key), key))

    def place(self, record: Record) -> str:
        """Return service and country of a row in a frame."""
        both = (self.service(record["service"]), self.country(record["country"]))
        return " · ".join(one for one in both if one)
