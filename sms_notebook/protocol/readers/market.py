"""Readers of the account and the market: balances, catalogues, stock, delivery rates."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.kinds import is_decimal
from sms_notebook.protocol.readers.shapes import (
    Rows,
    as_items,
    as_json,
    as_map,
    as_record,
    as_rows,
)
from sms_notebook.protocol.replies import Body, Context, Text, malformed, word


def balance(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_BALANCE:12.34``, a bare number, or JSON that has it."""
    if isinstance(body, Text):
        amount = body.rest if body.code.startswith("ACCESS_BALANCE") else body.code
        return tables.BALANCE.frame({"balance": [amount.strip("' ")]}, context)
    record: Any = as_json(body, context)
    if isinstance(record, dict) and is_decimal(record.get("data")):
        record = {"balance": record["data"]}
    else:
        record = as_record(body, context, "data", "result", "response")
    return tables.BALANCE.from_rows([record], context)


def numbers_status(body: Body, context: Context) -> pd.DataFrame:
    """Read ``{"wa": 90, "vk_0": "23"}``; ``_1`` is the stock with call forwarding.

    Where the provider's row says that the suffix is the country, that is
    ``attrs["extra"]["country"]``.
    """
    stock: Any = as_json(body, context) or {}
    if isinstance(stock, dict) and "status" in stock and isinstance(stock.get("data"), dict | list):
        stock = stock["data"] or {}
    if not isinstance(stock, dict) or "status" in stock:
        raise malformed("a reply without stock", context, stock)
    good = {key: count for key, count in stock.items() if key and _is_count(count)}
    if stock and not good:
        raise malformed("stock of another shape", context, stock)
    by_country = context.stock_suffix == "country"
    services: list[str] = []
    suffixes: list[str | None] = []
    for key in good:
        name, mark, suffix = key.rpartition("_")
        split = (
            bool(mark) and bool(name) and (suffix.isdigit() if by_country else suffix in ("0", "1"))
        )
        services.append(name if split else key)
        suffixes.append(suffix if split else None)
    columns: dict[str, Any] = {"service": services, "count": list(good.values())}
    if by_country:
        extra = {"country": [None if suffix is None else int(suffix[:18]) for suffix in suffixes]}
        skipped = len(stock) - len(good)
        return tables.NUMBERS_STATUS.frame(columns, context, extra=extra, skipped=skipped)
    columns["forward"] = [None if suffix is None else suffix == "1" for suffix in suffixes]
    return tables.NUMBERS_STATUS.frame(columns, context, skipped=len(stock) - len(good))


def _is_count(value: object) -> bool:
    return not isinstance(value, dict | list) and value is not None


def top_list(body: Body, context: Context) -> pd.DataFrame:
    """Read the ten most used countries of a service."""
    if isinstance(body, Text):
        return tables.TOP_LIST.empty(context)
    rows = as_rows(body, context)
    return tables.TOP_LIST.from_rows(rows.records, context, **rows.facts)


def operators(body: Body, context: Context) -> pd.DataFrame:
    """Read operators: a map of country to operators, or those of the country asked for."""
    value: Any = as_json(body, context)
    for envelope in ("countryOperators", "data", "operators"):
        if isinstance(value, dict) and envelope in value:
            value = value[envelope]
    if isinstance(value, dict) and "status" in value:
        raise malformed("a reply without its operators", context, value)
    asked_country = context.params.get("country")
    ids: list[str | None] = []
    names: list[Any] = []
    labels: list[Any] = []
    for country, offered in _by_country(value, asked_country, context):
        for label, name in offered:
            ids.append(country)
            names.append(name)
            labels.append(label)
    lost = [_is_count(name) and bool(str(name).strip()) for name in names]
    positions = [position for position, is_good in enumerate(lost) if is_good]
    if names and not positions:
        raise malformed("operators of another shape", context, value)
    extra = {"label": [labels[position] for position in positions]}
    return tables.OPERATORS.frame(
        {"country": [ids[n] for n in positions], "operator": [names[n] for n in positions]},
        context,
        extra=extra if any(extra["label"]) else None,
        skipped=len(names) - len(positions),
    )


_Operators = list[tuple[str | None, object]]


def _by_country(
    value: Any, asked_country: str | None, context: Context
) -> list[tuple[str | None, _Operators]]:
    """Return operators by country, each with the label under which it stands."""
    is_flat = not any(isinstance(item, dict | list) for item in as_items(value, context))
    if is_flat and as_items(value, context):
        if asked_country is None and isinstance(value, dict) and all(map(str.isdigit, value)):
            return [(country, [(None, name)]) for country, name in value.items()]
        return [(asked_country, _labelled(value))]
    return [
        (country, _labelled(listed if listed is not None else []))
        for country, listed in as_map(value, context).items()
        if country
    ]


def _labelled(value: Any) -> _Operators:
    """Return operators with their labels; a number is no label, and nor is what repeats them."""
    if not isinstance(value, dict):
        return [(None, name) for name in (value if isinstance(value, list) else [value])]
    return [
        (None if label.isdigit() or label == name else label, name) for label, name in value.items()
    ]


def countries(body: Body, context: Context) -> pd.DataFrame:
    """Read the catalogue of countries: a map by id or name, or a list."""
    rows = _catalogue(body, context, ("id", "country"), "eng")
    return tables.COUNTRIES.from_rows(rows.records, context, **rows.facts)


def _catalogue(body: Body, context: Context, ids: tuple[str, ...], name: str) -> Rows:
    """Read a catalogue: records, by their ids or not, or a map of ids to names."""
    value: Any = as_json(body, context)
    inner = value
    for key in ("data", "countries", "services"):
        if isinstance(inner, dict) and isinstance(inner.get(key), dict | list):
            inner = inner[key]
    if isinstance(inner, dict) and inner and _are_names(inner, is_open=inner is not value):
        records = [{ids[0]: ref, name: text} for ref, text in inner.items() if ref != "status"]
        return Rows(records, [None] * len(records))
    if not isinstance(inner, dict) or (inner is value and "status" in inner):
        return as_rows(body, context)
    keyed = {key: item for key, item in inner.items() if key != "status"}
    good = [(key, item) for key, item in keyed.items() if isinstance(item, dict) and item]
    if keyed and not good:
        raise malformed("records of another shape", context, value)
    return Rows([item for _, item in good], [key for key, _ in good], len(keyed) - len(good)).named(
        *ids
    )


def _are_names(value: Mapping[str, Any], *, is_open: bool) -> bool:
    """Tell whether a map has names alone; one of ``status`` has none."""
    texts = [text for key, text in value.items() if is_open or key != "status"]
    return bool(texts) and all(isinstance(text, str) for text in texts)


def services(body: Body, context: Context) -> pd.DataFrame:
    """Read the catalogue of services; a code that comes twice stays once."""
    rows = _catalogue(body, context, ("code", "service", "id"), "name")
    frame = tables.SERVICES.from_rows(rows.records, context, **rows.facts)
    doubled = frame["service"].duplicated()
    return _select_rows(frame, ~doubled.to_numpy(dtype=bool)) if doubled.any() else frame


def _select_rows(frame: pd.DataFrame, mask: Any) -> pd.DataFrame:
    """Keep some rows, with their extra fields beside them."""
    attrs = dict(frame.attrs)
    attrs["extra"] = {
        name: [value for value, keep in zip(column, mask, strict=True) if keep]
        for name, column in attrs["extra"].items()
    }
    selection: pd.DataFrame = frame[mask].reset_index(drop=True)
    selection.attrs = attrs
    return selection


_RATE = next(column.wire for column in tables.DELIVERY_RATES.columns if column.name == "rate")
_OF = {
    "country": tables.COUNTRY_FIELDS,
    "service": ("service", "serviceCode"),
}


def delivery_rates(body: Body, context: Context) -> pd.DataFrame:
    """Read delivery rates: of what was asked for, one row each."""
    if isinstance(body, Text):
        return tables.DELIVERY_RATES.empty(context)
    rows = as_rows(body, context, *_RATE).named("country")
    records = [_as_documented(row, context) for row in rows.records]
    return tables.DELIVERY_RATES.from_rows(
        [record for record in records if _fits_params(record, context)],
        context,
        **rows.facts,
    )


def _as_documented(row: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return a row with the names of the API, where it says other things than it seems to.

    Of a supplier nobody says of which service and country its rate is.
    """
    record = dict(row)
    if "delivery_percent" in record:
        record = {name: item for name, item in record.items() if name not in _OF["country"]}
        return record | {"provider_id": record.pop("id", None)}
    if "deliverability" in record:
        record["service"] = record.pop("id", None)
        if _is_nothing(record["deliverability"]):
            record["deliverability"] = None
    for name, fields in _OF.items():
        if all(record.get(field) in (None, "") for field in fields):
            record[name] = context.params.get(name)
    return record


def _is_nothing(value: object) -> bool:
    """Tell a rate of zero, which says that there are no figures yet."""
    return is_decimal(value) and not Decimal(word(value))


def _fits_params(record: Mapping[str, Any], context: Context) -> bool:
    for name, fields in _OF.items():
        param = context.params.get(name)
        value = next(
            (word(record[field]) for field in fields if record.get(field) is not None), None
        )
        if param is not None and value is not None and value != param:
            return False
    return True
