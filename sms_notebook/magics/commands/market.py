"""Market: services, countries, operators, prices, stock, and which country is best."""

from argparse import Namespace
from collections.abc import Iterable

import pandas as pd

from sms_notebook.client.comparing import ADVICE, COMPARISON
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    ANY_SERVICE,
    COUNTRY,
    OPERATOR,
    SERVICE,
    Argument,
    ListCommand,
    Repetition,
    Value,
)
from sms_notebook.protocol.actions import ACTIONS, BEYOND

_TEXT = Argument("text", "a part of the name or code", Value.WORDS, often=Repetition.AT_MOST_ONCE)
_ONLY = Argument("countries COUNTRY", "only these", Value.COUNTRY, Repetition.ANY)
_TIERS = Argument("--tiers", "one row for each FreePrice tier", parameter="free_price")


def services(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """List the services."""
    frame = session.client.get_services_list(country=options.country, lang=options.lang)
    return _holding(frame, options.text, ["service", "name"])


def _holding(frame: pd.DataFrame, text: str | None, columns: list[str]) -> pd.DataFrame:
    """Keep the rows that hold a text."""
    if text is None:
        return frame
    rows = frame[columns].astype("string").fillna("").itertuples(index=False)
    holds = [any(text.casefold() in cell.casefold() for cell in row) for row in rows]
    return frame.loc[holds].reset_index(drop=True)


def prices(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """List prices."""
    sms = session.client
    if options.calls:
        frame = sms.get_prices_verification(options.service)
        if options.country is None:
            return frame
        here = frame["country"] == session.country_id(options.country)
        return frame[here].reset_index(drop=True)
    if options.tiers:
        return sms.get_prices_extended(options.service, options.country, free_price=True)
    return sms.get_prices(options.service, options.country)


def top(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """List the best countries for a service."""
    sms = session.client
    if options.rates:
        return sms.get_list_of_top_countries_by_service(
            options.service, length=options.rows, page=options.page
        )
    ask = (
        sms.get_top_countries_by_service_rank if options.rank else sms.get_top_countries_by_service
    )
    return ask(options.service, free_price=True if options.tiers else None)


def _countries(options: Namespace) -> str | None:
    """Return the countries that were named, with commas; None for all."""
    return ",".join(options.countries) or None


def _columns_of_prices(switches: frozenset[str]) -> Iterable[str]:
    if "--calls" in switches:
        return ACTIONS["getPricesVerification"].schema.names
    return ACTIONS["getPricesExtended" if "--tiers" in switches else "getPrices"].schema.names


def _columns_of_top(switches: frozenset[str]) -> Iterable[str]:
    if "--rates" in switches:
        return ACTIONS["getListOfTopCountriesByService"].schema.names
    rank = "getTopCountriesByServiceRank"
    return ACTIONS[rank if "--rank" in switches else "getTopCountriesByService"].schema.names


COMMANDS = (
    ListCommand(
        "services",
        "the services, or those whose name holds a text",
        services,
        (_TEXT, COUNTRY, Argument("--lang L", "language of the names: en, ru, es or cn")),
        ("getServicesList",),
        ("services tele",),
        methods=("get_services_list",),
    ),
    ListCommand(
        "countries",
        "the countries, or those whose name holds a text",
        lambda session, options: _holding(
            session.client.get_countries(), options.text, ["country", "eng", "rus", "chn"]
        ),
        (_TEXT,),
        ("getCountries",),
        ("countries stan",),
        methods=("get_countries",),
    ),
    ListCommand(
        "operators",
        "mobile operators, of one country or of all",
        lambda session, options: session.client.get_operators(country=options.country),
        (COUNTRY,),
        ("getOperators",),
        ("operators KZ",),
    ),
    ListCommand(
        "prices",
        "prices and stock, by country and service",
        prices,
        (
            ANY_SERVICE,
            COUNTRY,
            _TIERS,
            Argument("--calls", "prices of activations by call"),
        ),
        ("getPrices", "getPricesExtended", "getPricesVerification"),
        ("prices tg", "prices tg KZ --tiers", "prices Telegram --sort cost -n 5"),
        columns=_columns_of_prices,
    ),
    ListCommand(
        "tiers",
        "prices of a service, and how many numbers there are at each",
        lambda session, options: session.client.get_price_tiers(
            options.service, options.country, by_supplier=options.suppliers
        ),
        (
            SERVICE,
            COUNTRY,
            Argument("--suppliers", "whose numbers they are", parameter="by_supplier"),
        ),
        ("getPricesV2",),
        ("tiers tg KZ",),
        methods=("get_price_tiers",),
    ),
    ListCommand(
        "rates",
        "how many numbers of a service get their code, in percent",
        lambda session, options: session.client.get_delivery_rates(
            options.service, options.country
        ),
        (SERVICE, COUNTRY),
        ("getListOfTopCountriesByService",),
        ("rates tg --sort -rate -n 5",),
        methods=("get_delivery_rates",),
        columns=lambda _: BEYOND["getDeliveryRates"].schema.names,
    ),
    ListCommand(
        "stock",
        "numbers in stock, for each service of a country",
        lambda session, options: session.client.get_numbers_status(
            country=options.country, operator=options.operator
        ),
        (COUNTRY, OPERATOR),
        ("getNumbersStatus",),
        ("stock KZ",),
    ),
    ListCommand(
        "top",
        "countries for a service, the best first",
        top,
        (
            SERVICE,
            _TIERS,
            Argument("--rank", "with the prices of your rank"),
            Argument("--rates", "share of purchases and of codes that came, in percent"),
            Argument(
                "--rows N", "with --rates: how many to ask for", Value.WHOLE, parameter="length"
            ),
            Argument("--page N", "with --rates: the page, from 1", Value.WHOLE),
        ),
        (
            "getTopCountriesByService",
            "getTopCountriesByServiceRank",
            "getListOfTopCountriesByService",
        ),
        ("top tg", "top tg --rates"),
        methods=("get_top_countries_by_service",),
        columns=_columns_of_top,
    ),
    ListCommand(
        "compare",
        "price, stock and success of services in countries side by side, the best first",
        lambda session, options: session.client.compare(options.services, _countries(options)),
        (Argument("services", "codes or names, with commas", Value.SERVICES), _ONLY),
        ("getPrices", "getListOfTopCountriesByService"),
        ("compare tg", "compare tg,wa KZ UZ Indonesia"),
        methods=("compare",),
        columns=lambda _: COMPARISON.names,
    ),
    ListCommand(
        "advise",
        "where a code will cost least: by price, success and your own numbers, and why",
        lambda session, options: session.client.advise(options.service, _countries(options)),
        (SERVICE, _ONLY),
        ("getPrices", "getListOfTopCountriesByService"),
        ("advise tg -n 5", "advise tg KZ UZ"),
        methods=("advise",),
        columns=lambda _: ADVICE.names,
    ),
)
