"""Rents: a number of your own for hours or days."""

import warnings
from argparse import Namespace
from typing import Any

import pandas as pd

from sms_notebook.magics.session import Session
from sms_notebook.magics.spending import ask_first
from sms_notebook.magics.table import (
    COUNTRY,
    KEY,
    OPERATOR,
    YES,
    Argument,
    Command,
    Often,
    Value,
    service,
)
from sms_notebook.magics.table import rent as rent_id
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call

_CALLS = Calls()
_LEAST = 2  # hours
_HOURS = Argument("--hours", "2 if not given; from a day on 24, 48, 72, …", Value.WHOLE, shown="H")
_CALLED = Argument("--calls", "numbers that can be called", None)


def offers(session: Session, options: Namespace) -> pd.DataFrame:
    """List what can be rented."""
    frame: pd.DataFrame = session.client.get_rent_services_and_countries(
        rent_time=options.hours,
        operator=options.operator,
        country=session.country() or None if options.country is None else options.country,
        currency=options.currency,
        incoming_call=True if options.calls else None,
    )
    if options.service is None:
        return frame
    wanted = session.service_code(options.service)
    return frame[frame["service"] == wanted].reset_index(drop=True)


def order(session: Session, options: Namespace) -> pd.DataFrame:
    """Rent a number."""
    country = session.country_of(options, "rent order")
    hours = _LEAST if options.hours is None else options.hours
    wish = {
        "operator": options.operator,
        "incoming_call": True if options.calls else None,
        "url": options.url,
    }
    call: Call = _CALLS.get_rent_number(options.service, hours, country=country, **wish)
    ask_first(session, call, yes=options.yes, key=options.key)
    return session.client.rent(options.service, country, hours, key=options.key, **wish)


def listed(session: Session, options: Namespace) -> pd.DataFrame:
    """List the rents."""
    return session.client.get_rent_list(length=options.rows, page=options.page)


def messages(session: Session, options: Namespace) -> pd.DataFrame:
    """List the messages of a rent."""
    return session.client.get_rent_status(options.rent, page=options.page, size=options.rows)


def price(session: Session, options: Namespace) -> pd.DataFrame:
    """Show what an extension costs."""
    sms = session.client
    if options.currency is not None:
        with warnings.catch_warnings():
            # The API deprecates this one, but only it takes a currency.
            warnings.simplefilter("ignore", DeprecationWarning)
            return sms.get_continue_rent_price_number(
                options.rent, options.hours, currency=options.currency
            )
    frame: pd.DataFrame = sms.continue_rent_info(
        options.rent, options.hours, need_history=True if options.paid else None
    )
    return _paid(frame.attrs["history"]) if options.paid else frame


def _paid(history: list[Any]) -> pd.DataFrame:
    """Write what was paid for extensions as a frame, the same columns for none or many."""
    records = [record for record in history if isinstance(record, dict)]
    frame = pd.DataFrame(records, columns=["createDate", "price", "hours"])
    frame["price"] = pd.to_numeric(frame["price"], errors="coerce").astype("Float64")
    frame["hours"] = pd.to_numeric(frame["hours"], errors="coerce").astype("Int64")
    return frame.rename(columns={"createDate": "create_date"}).astype({"create_date": "string"})


def extend(session: Session, options: Namespace) -> pd.DataFrame:
    """Extend a rent."""
    call: Call = _CALLS.continue_rent_number(options.rent, options.hours)
    ask_first(session, call, yes=options.yes, key=options.key)
    return session.client.extend(options.rent, options.hours, key=options.key)


def finish(session: Session, options: Namespace) -> pd.DataFrame:
    """Finish a rent."""
    return session.client.set_rent_status(options.rent, 1)


def cancel(session: Session, options: Namespace) -> pd.DataFrame:
    """Cancel a rent."""
    return session.client.set_rent_status(options.rent, 2)


_PAGE = Argument("--page", "the page, from 1", Value.WHOLE)
_ROWS = Argument("--rows", "rows a page", Value.WHOLE)
_LONGER = Argument("hours", "2 to 1344", Value.WHOLE, shown="HOURS")

COMMANDS = (
    Command(
        ("rent", "offers"),
        "what can be rented in a country, and for how much",
        offers,
        (
            service(Often.AT_MOST_ONCE),
            COUNTRY,
            _HOURS,
            OPERATOR,
            _CALLED,
            Argument("--currency", "of the prices, such as EUR", shown="CUR"),
        ),
        ("getRentServicesAndCountries",),
        ("rent offers full KZ --hours 24",),
        is_list=True,
    ),
    Command(
        ("rent", "order"),
        "rents a number; with a real provider it asks first",
        order,
        (
            service(),
            COUNTRY,
            _HOURS,
            OPERATOR,
            _CALLED,
            KEY,
            YES,
            Argument("--url", "where the provider posts each message", shown="URL"),
        ),
        ("getRentNumber",),
        ("rent order full KZ --hours 24 --key 'my line'",),
    ),
    Command(
        ("rent", "list"),
        "your rents",
        listed,
        (_ROWS, _PAGE),
        ("getRentList",),
        ("rent list",),
        is_list=True,
    ),
    Command(
        ("rent", "messages"),
        "messages of a rent, the newest first",
        messages,
        (rent_id(), _ROWS, _PAGE),
        ("getRentStatus",),
        ("rent messages {rent.rent_id[0]}",),
        is_list=True,
    ),
    Command(
        ("rent", "price"),
        "what an extension costs, before you pay it",
        price,
        (
            rent_id(),
            _LONGER,
            Argument("--paid", "what was paid for extensions so far", None),
            Argument("--currency", "of the price, such as EUR", shown="CUR"),
        ),
        ("continueRentInfo", "getContinueRentPriceNumber"),
        ("rent price {rent.rent_id[0]} 24",),
    ),
    Command(
        ("rent", "extend"),
        "extends a rent; with a real provider it asks first",
        extend,
        (rent_id(), _LONGER, KEY, YES),
        ("continueRentNumber",),
        ("rent extend {rent.rent_id[0]} 24 --key 'second day'",),
    ),
    Command(
        ("rent", "finish"),
        "ends a rent",
        finish,
        (rent_id(),),
        ("setRentStatus",),
        ("rent finish {rent.rent_id[0]}",),
    ),
    Command(
        ("rent", "cancel"),
        "cancels a rent within its first 20 minutes, the money comes back",
        cancel,
        (rent_id(),),
        ("setRentStatus",),
        ("rent cancel {rent.rent_id[0]}",),
    ),
)
