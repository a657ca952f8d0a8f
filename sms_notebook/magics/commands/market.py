"""Market: services, countries, operators, prices, stock, and which country is best."""

from argparse import Namespace

import pandas as pd

from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    ANY_SERVICE,
    COUNTRY,
    OPERATOR,
    SERVICE,
    Argument,
    Listing,
    Often,
    Value,
)
from sms_notebook.protocol.errors import BadAction

_ALL = 1000  # more than there are countries
_TIERS = Argument("--tiers", "one row for each FreePrice tier", parameter="free_price")
_TEXT = Argument("text", "a part of the name or code", often=Often.AT_MOST_ONCE)


def services(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """List the services."""
    frame: pd.DataFrame = session.client.get_services_list(
        country=options.country, lang=options.lang
    )
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
        frame: pd.DataFrame = sms.get_prices_verification(options.service)
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


def compare(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Put price, stock and success side by side, the cheapest first."""
    sms = session.client
    wanted = [session.country_id(country) for country in options.countries]
    prices: pd.DataFrame = sms.get_prices(options.service)
    if wanted:
        prices = prices[prices["country"].isin(wanted)]
    offers = prices.merge(_names(session), on="country", how="left")
    offers = offers.merge(_rates(session, options.service), on="country", how="left")
    columns = ["country", "country_name", "cost", "physical_count", "count", "rate"]
    return offers[columns].sort_values("cost", kind="stable").reset_index(drop=True)


def _names(session: MagicSession) -> pd.DataFrame:
    """Return the names of the countries, each country once; known ones where nobody tells."""
    try:
        land: pd.DataFrame = session.client.get_countries()
    except BadAction:  # a provider without this list
        known = session.client.names.countries
        return pd.DataFrame(
            {
                "country": pd.array(list(known), "Int64"),
                "country_name": pd.array(list(known.values()), "string"),
            }
        )
    names = land[["country", "eng"]].rename(columns={"eng": "country_name"})
    return names.drop_duplicates("country")


def _rates(session: MagicSession, service: str) -> pd.DataFrame:
    """Return the share of codes that came, each country once; none where nobody tells."""
    try:
        rates: pd.DataFrame = session.client.get_list_of_top_countries_by_service(
            service, length=_ALL
        )
    except BadAction:  # a provider without this list
        return pd.DataFrame(
            {"country": pd.array([], dtype="Int64"), "rate": pd.array([], "Float64")}
        )
    return rates[["country", "rate"]].drop_duplicates("country")


COMMANDS = (
    Listing(
        "services",
        "the services, or those whose name holds a text",
        services,
        (_TEXT, COUNTRY, Argument("--lang L", "language of the names: en, ru, es or cn")),
        ("getServicesList",),
        ("services tele",),
        methods=("get_services_list",),
    ),
    Listing(
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
    Listing(
        "operators",
        "mobile operators, of one country or of all",
        lambda session, options: session.client.get_operators(country=options.country),
        (COUNTRY,),
        ("getOperators",),
        ("operators KZ",),
    ),
    Listing(
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
    ),
    Listing(
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
    Listing(
        "rates",
        "how many numbers of a service get their code, in percent",
        lambda session, options: session.client.get_delivery_rates(
            options.service, options.country
        ),
        (SERVICE, COUNTRY),
        ("getListOfTopCountriesByService",),
        ("rates tg --sort -rate -n 5",),
        methods=("get_delivery_rates",),
    ),
    Listing(
        "stock",
        "numbers in stock, for each service of a country",
        lambda session, options: session.client.get_numbers_status(
            country=options.country, operator=options.operator
        ),
        (COUNTRY, OPERATOR),
        ("getNumbersStatus",),
        ("stock KZ",),
    ),
    Listing(
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
    ),
    Listing(
        "compare",
        "price, stock and success side by side, the cheapest country first",
        compare,
        (SERVICE, Argument("countries COUNTRY", "only these", Value.COUNTRY, Often.ANY)),
        ("getPrices", "getCountries", "getListOfTopCountriesByService"),
        ("compare tg", "compare tg KZ UZ Indonesia"),
    ),
)
