"""Readers of the account and the market: balances, catalogues, stock, prices."""

from typing import Any

import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers.prices import with_tiers
from sms_notebook.protocol.readers.shapes import (
    as_items,
    as_json,
    as_map,
    as_rows,
)
from sms_notebook.protocol.replies import Body, Text, malformed


def balance(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_BALANCE:12.34``."""
    if isinstance(body, Text):
        return tables.BALANCE.frame({"balance": [body.rest.strip("' ")]}, context)
    row = as_map(body, context)
    return tables.BALANCE.from_rows([row], context)


def numbers_status(body: Body, context: Context) -> pd.DataFrame:
    """Read ``{"wa": 90, "vk_0": "23"}``; ``_1`` is the stock with call forwarding."""
    stock = as_json(body, context) or {}
    if not isinstance(stock, dict) or "status" in stock:
        raise malformed("a reply without stock", context, stock)
    services: list[str] = []
    forward: list[bool | None] = []
    for key in stock:
        name, mark, suffix = key.rpartition("_")
        split = bool(mark) and suffix in ("0", "1")
        services.append(name if split else key)
        forward.append(suffix == "1" if split else None)
    counts = list(stock.values())
    if any(isinstance(count, dict | list) for count in counts):
        raise malformed("stock of another shape", context, stock)
    return tables.NUMBERS_STATUS.frame(
        {"service": services, "forward": forward, "count": counts}, context
    )


def top_countries(body: Body, context: Context) -> pd.DataFrame:
    """Read the ranking of countries for a service, one row per FreePrice tier where asked."""
    rows = as_rows(body, context)
    service = context.params.get("service")
    return with_tiers(
        tables.TOP_COUNTRIES, rows, {"service": [service] * len(rows)} if service else {}, context
    )


def top_list(body: Body, context: Context) -> pd.DataFrame:
    """Read the ten most used countries of a service."""
    return tables.TOP_LIST.from_rows(as_rows(body, context), context)


def operators(body: Body, context: Context) -> pd.DataFrame:
    """Read the map of country to operators."""
    value: Any = as_json(body, context)
    if isinstance(value, dict):
        if "countryOperators" in value:
            value = value["countryOperators"]
        elif "status" in value:
            raise malformed("a reply without its operators", context, value)
    countries: list[str] = []
    names: list[Any] = []
    for country, listed in as_map(value, context).items():
        items = as_items(listed, context)
        countries.extend([country] * len(items))
        names.extend(items)
    return tables.OPERATORS.frame({"country": countries, "operator": names}, context)


def countries(body: Body, context: Context) -> pd.DataFrame:
    """Read the catalogue of countries: a map by id or name, or a list."""
    value = as_json(body, context)
    if isinstance(value, dict):
        value = [{"id": key, **row} if isinstance(row, dict) else row for key, row in value.items()]
    return tables.COUNTRIES.from_rows(as_rows(value, context), context)


def services(body: Body, context: Context) -> pd.DataFrame:
    """Read the catalogue of services; a code that comes twice stays once."""
    value = as_json(body, context)
    if isinstance(value, dict) and "services" in value:
        value = value["services"]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value.values()):
        names = {code: name for code, name in value.items() if code != "status"}
        if value and not names:
            raise malformed("a reply without its services", context, value)
        value = [{"code": code, "name": name} for code, name in names.items()]
    frame = tables.SERVICES.from_rows(as_rows(value, context), context)
    doubled = frame["service"].duplicated()
    return _kept(frame, ~doubled.to_numpy(dtype=bool)) if doubled.any() else frame


def _kept(frame: pd.DataFrame, mask: Any) -> pd.DataFrame:
    """Keep some rows, with their extra fields beside them."""
    attrs = dict(frame.attrs)
    attrs["extra"] = {
        name: [value for value, keep in zip(column, mask, strict=True) if keep]
        for name, column in attrs["extra"].items()
    }
    kept: pd.DataFrame = frame[mask].reset_index(drop=True)
    kept.attrs = attrs
    return kept
