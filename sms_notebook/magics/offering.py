"""What there is of each kind of value, for Tab: from memory, nobody is asked."""

from collections.abc import Mapping

from sms_notebook.client.providers import PROVIDERS
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Value
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.actions import ACTIONS

Offer = tuple[str, str]
"""A word, and what it means."""


def offers_of(value: Value | None, session: Session, typed: str) -> list[Offer]:
    """Return what may be written for a value.

    Parameters
    ----------
    value : Value
        Its kind.
    session : Session
        What is known.
    typed : str
        What has been typed of it; only then ids and other names of countries are offered.
    """
    offers: list[Offer] = []
    if value in (Value.SERVICE, Value.SERVICES):
        offers = _services(session.services)
    elif value is Value.COUNTRY:
        offers = _countries(session.countries, typed)
    elif value is Value.PROVIDER:
        offers = [(one.name, one.title) for one in PROVIDERS.values()]
    elif value is Value.ACTION:
        offers = [(one.name, one.summary) for one in ACTIONS.values()]
    elif value is Value.FAULT:
        offers = _faults()
    if value in (Value.ACTIVATION, Value.NUMBER):
        offers += _alive(session, rented=False)
    if value in (Value.RENT, Value.NUMBER):
        offers += _alive(session, rented=True)
    return offers


def _alive(session: Session, *, rented: bool) -> list[Offer]:
    return [
        (ref, session.shown(said)) for ref, said in session.alive.numbers(rented=rented).items()
    ]


def _services(known: Mapping[str, str]) -> list[Offer]:
    names = [(name, code) for code, name in known.items() if name != code]
    return [*known.items(), *names]


def _countries(known: Mapping[int, str], typed: str) -> list[Offer]:
    names = [(name, f"id {key}") for key, name in known.items()]
    if not typed:
        return names
    iso = {one.iso: one.eng for one in catalogue.countries() if one.id in known}
    return [*names, *iso.items(), *((str(key), name) for key, name in known.items())]


def _faults() -> list[Offer]:
    from sms_notebook.sandbox.fault_names import CONNECTION_FAULTS, ERROR_CODES  # noqa: PLC0415 - rarely needed

    named = {**CONNECTION_FAULTS, **ERROR_CODES}
    return [(f"{name}:1", meaning) for name, meaning in named.items()]
