"""Rents: a number of your own for hours or days."""

import warnings
from argparse import Namespace
from typing import Any

import pandas as pd

from sms_notebook.magics.confirmation import confirm
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    ANY_SERVICE,
    COUNTRY,
    KEY,
    OPERATOR,
    RENT,
    SERVICE,
    YES,
    Argument,
    Command,
    ListCommand,
    Value,
)
from sms_notebook.protocol.actions import Calls

_CALLS = Calls()
_HOURS = Argument(
    "--hours H",
    "the fewest that can be had if not given; from a day on 24, 48, 72, …",
    Value.WHOLE,
    parameter="rent_time",
)
_CALLED = Argument("--calls", "numbers that can be called", parameter="incoming_call")


def offers(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """List what can be rented."""
    frame = session.client.get_rent_services_and_countries(
        rent_time=options.hours,
        operator=options.operator,
        country=session.country() or None if options.country is None else options.country,
        currency=options.currency,
        incoming_call=options.calls or None,
    )
    if options.service is None:
        return frame
    service = session.service_code(options.service)
    return frame[frame["service"] == service].reset_index(drop=True)


def order(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Rent a number."""
    country = session.country_of(options, "rent order")
    shortest = session.client.about.provider.shortest_rent
    hours = shortest if options.hours is None else options.hours
    parameters = {
        "operator": options.operator,
        "incoming_call": options.calls or None,
        "url": options.url,
    }
    call = _CALLS.get_rent_number(options.service, hours, country=country, **parameters)
    confirm(session, call, yes=options.yes, key=options.key)
    return session.client.rent(options.service, country, hours, key=options.key, **parameters)


def price(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Show what an extension costs."""
    sms = session.client
    if options.currency is not None:
        with warnings.catch_warnings():
            # The API deprecates this one, but only it takes a currency.
            warnings.simplefilter("ignore", DeprecationWarning)
            return sms.get_continue_rent_price_number(
                options.rent, options.hours, currency=options.currency
            )
    frame = sms.continue_rent_info(options.rent, options.hours, need_history=options.paid or None)
    return _paid(frame.attrs["history"]) if options.paid else frame


def _paid(history: list[Any]) -> pd.DataFrame:
    """Write what was paid for extensions as a frame, the same columns for none or many."""
    records = [record for record in history if isinstance(record, dict)]
    frame = pd.DataFrame(records, columns=["price", "hours", "createDate"])
    frame["price"] = pd.to_numeric(frame["price"], errors="coerce").astype("Float64")
    frame["hours"] = pd.to_numeric(frame["hours"], errors="coerce").astype("Int64")
    return frame.rename(columns={"createDate": "create_date"}).astype({"create_date": "string"})


def extend(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Extend a rent."""
    call = _CALLS.continue_rent_number(options.rent, options.hours)
    confirm(session, call, yes=options.yes, key=options.key)
    return session.client.extend(options.rent, options.hours, key=options.key)


_PAGE = Argument("--page N", "the page, from 1", Value.WHOLE)
_ROWS = Argument("--rows N", "rows a page", Value.WHOLE, parameter="length")
_MESSAGES = Argument("--rows N", "rows a page", Value.WHOLE, parameter="size")
_LONGER = Argument("hours", "how many, 2 to 1344", Value.WHOLE)

COMMANDS = (
    ListCommand(
        "rent offers",
        "what can be rented in a country, and for how much",
        offers,
        (
            ANY_SERVICE,
            COUNTRY,
            _HOURS,
            OPERATOR,
            _CALLED,
            Argument("--currency CUR", "of the prices, such as EUR"),
        ),
        ("getRentServicesAndCountries",),
        ("rent offers full KZ --hours 24",),
        methods=("get_rent_services_and_countries",),
    ),
    Command(
        "rent order",
        "rents a number; with a real provider it asks first",
        order,
        (
            SERVICE,
            COUNTRY,
            _HOURS,
            OPERATOR,
            _CALLED,
            KEY,
            YES,
            Argument("--url URL", "where the provider posts each message"),
        ),
        ("getRentNumber",),
        ("rent order full KZ --hours 24 --key 'my line'",),
        methods=("rent",),
    ),
    ListCommand(
        "rent list",
        "your rents",
        lambda session, options: session.client.get_rent_list(
            length=options.rows, page=options.page
        ),
        (_ROWS, _PAGE),
        ("getRentList",),
        ("rent list",),
        methods=("get_rent_list",),
    ),
    ListCommand(
        "rent messages",
        "messages of a rent, the newest first",
        lambda session, options: session.client.get_rent_status(
            options.rent, page=options.page, size=options.rows
        ),
        (RENT, _MESSAGES, _PAGE),
        ("getRentStatus",),
        ("rent messages {rent}",),
        methods=("get_rent_status",),
    ),
    Command(
        "rent price",
        "what an extension costs, before you pay it",
        price,
        (
            RENT,
            _LONGER,
            Argument("--paid", "what was paid for extensions so far", parameter="need_history"),
            Argument("--currency CUR", "of the price, such as EUR"),
        ),
        ("continueRentInfo", "getContinueRentPriceNumber"),
        ("rent price {rent} 24",),
    ),
    Command(
        "rent extend",
        "extends a rent; with a real provider it asks first",
        extend,
        (RENT, _LONGER, KEY, YES),
        ("continueRentNumber",),
        ("rent extend {rent} 24 --key 'second day'",),
        methods=("extend",),
    ),
    Command(
        "rent finish",
        "ends a rent",
        lambda session, options: session.client.set_rent_status(options.rent, 1),
        (RENT,),
        ("setRentStatus",),
        ("rent finish {rent}",),
        methods=("set_rent_status(1)",),
    ),
    Command(
        "rent cancel",
        "cancels a rent within its first 20 minutes, the money comes back",
        lambda session, options: session.client.set_rent_status(options.rent, 2),
        (RENT,),
        ("setRentStatus",),
        ("rent cancel {rent}",),
        methods=("set_rent_status(2)",),
    ),
)
