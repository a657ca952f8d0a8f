"""Market: services, countries, operators, prices, stock, and which country is best."""

from argparse import Namespace

import pandas as pd

from sms_notebook.magics.session import Session
from sms_notebook.magics.table import COUNTRY, OPERATOR, Argument, Command, Often, Value, service
from sms_notebook.protocol.errors import BadAction

_ALL = 1000  # more than there are countries
_TEXT = Argument("text", "a part of the name or code", Value.TEXT, Often.AT_MOST_ONCE)


def services(session: Session, options: Namespace) -> pd.DataFrame:
    """List the services."""
    frame: pd.DataFrame = session.client.get_services_list(
        country=options.country, lang=options.lang
    )
    return _holding(frame, options.text, ["service", "name"])


def countries(session: Session, options: Namespace) -> pd.DataFrame:
    """List the countries."""
    return _holding(session.client.get_countries(), options.text, ["country", "eng", "rus", "chn"])


def _holding(frame: pd.DataFrame, text: str | None, columns: list[str]) -> pd.DataFrame:
    """Keep the rows that hold a text."""
    if text is None:
        return frame
    folded = text.casefold()
    holds = pd.Series(False, index=frame.index)
    for column in columns:
        said = frame[column].astype("string").str.casefold()
        holds |= said.str.contains(folded, regex=False).fillna(value=False).astype(bool)
    return frame[holds].reset_index(drop=True)


def operators(session: Session, options: Namespace) -> pd.DataFrame:
    """List the operators."""
    return session.client.get_operators(country=options.country)


def prices(session: Session, options: Namespace) -> pd.DataFrame:
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


def stock(session: Session, options: Namespace) -> pd.DataFrame:
    """Count the numbers in stock."""
    return session.client.get_numbers_status(country=options.country, operator=options.operator)


def top(session: Session, options: Namespace) -> pd.DataFrame:
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


def compare(session: Session, options: Namespace) -> pd.DataFrame:
    """Put price, stock and success side by side, the cheapest first."""
    sms = session.client
    wanted = [session.country_id(country) for country in options.countries]
    prices: pd.DataFrame = sms.get_prices(options.service)
    if wanted:
        prices = prices[prices["country"].isin(wanted)]
    offers = prices.merge(_names(session), on="country", how="left")
    offers = offers.merge(_rates(session, options.service), on="country", how="left")
    shown = ["country", "name", "cost", "physical_count", "count", "rate"]
    return offers[shown].sort_values("cost", kind="stable").reset_index(drop=True)


def _names(session: Session) -> pd.DataFrame:
    """Return the names of the countries, each country once."""
    land: pd.DataFrame = session.client.get_countries()
    return land[["country", "eng"]].rename(columns={"eng": "name"}).drop_duplicates("country")


def _rates(session: Session, service: str) -> pd.DataFrame:
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
    Command(
        ("services",),
        "the services, or those whose name holds a text",
        services,
        (
            _TEXT,
            COUNTRY,
            Argument("--lang", "language of the names: en, ru, es or cn", shown="L"),
        ),
        ("getServicesList",),
        ("services tele",),
        is_list=True,
    ),
    Command(
        ("countries",),
        "the countries, or those whose name holds a text",
        countries,
        (_TEXT,),
        ("getCountries",),
        ("countries stan",),
        is_list=True,
    ),
    Command(
        ("operators",),
        "mobile operators, of one country or of all",
        operators,
        (COUNTRY,),
        ("getOperators",),
        ("operators KZ",),
        is_list=True,
    ),
    Command(
        ("prices",),
        "prices and stock, by country and service",
        prices,
        (
            service(Often.AT_MOST_ONCE),
            COUNTRY,
            Argument("--tiers", "one row for each FreePrice tier", None),
            Argument("--calls", "prices of activations by call", None),
        ),
        ("getPrices", "getPricesExtended", "getPricesVerification"),
        ("prices tg", "prices tg KZ --tiers", "prices Telegram --sort cost -n 5"),
        is_list=True,
    ),
    Command(
        ("stock",),
        "numbers in stock, for each service of a country",
        stock,
        (COUNTRY, OPERATOR),
        ("getNumbersStatus",),
        ("stock KZ",),
        is_list=True,
    ),
    Command(
        ("top",),
        "countries for a service, the best first",
        top,
        (
            service(),
            Argument("--tiers", "one row for each FreePrice tier", None),
            Argument("--rank", "with the prices of your rank", None),
            Argument("--rates", "share of purchases and of codes that came, in percent", None),
            Argument("--rows", "with --rates: how many to ask for", Value.WHOLE),
            Argument("--page", "with --rates: the page, from 1", Value.WHOLE),
        ),
        (
            "getTopCountriesByService",
            "getTopCountriesByServiceRank",
            "getListOfTopCountriesByService",
        ),
        ("top tg", "top tg --rates"),
        is_list=True,
    ),
    Command(
        ("compare",),
        "price, stock and success side by side, the cheapest country first",
        compare,
        (
            service(),
            Argument("countries", "only these", Value.COUNTRY, Often.ANY, shown="COUNTRY"),
        ),
        ("getPrices", "getCountries", "getListOfTopCountriesByService"),
        ("compare tg", "compare tg KZ UZ Indonesia"),
        is_list=True,
    ),
)
