"""Names of countries and services: the provider's own where it was asked, else the protocol's."""

from functools import cache
from typing import Any

from sms_notebook.client import Client
from sms_notebook.panels.markup import Record, missing
from sms_notebook.protocol.catalogue import countries, services


class Naming:
    """Knows the names that a client knows, without asking anybody.

    Parameters
    ----------
    sms : Client
        Its catalogue is looked into.
    """

    def __init__(self, sms: Client) -> None:
        self._catalogue = sms._session.catalogue  # noqa: SLF001 - a face of the client

    def service(self, code: Any) -> str:
        """Return the name of a service, or the code where nobody knows it."""
        if missing(code):
            return ""
        return str((self._catalogue.services or _service_names()).get(str(code), code))

    def country(self, key: Any) -> str:
        """Return the name of a country, or its id."""
        if missing(key):
            return ""
        return str((self._catalogue.countries or _country_names()).get(int(key), key))

    def place(self, record: Record) -> str:
        """Return service and country of a row in a frame."""
        both = (self.service(record["service"]), self.country(record["country"]))
        return " · ".join(one for one in both if one)


@cache
def _service_names() -> dict[str, str]:
    return {service.code: service.name for service in services()}


@cache
def _country_names() -> dict[int, str]:
    return {country.id: country.eng for country in countries()}
