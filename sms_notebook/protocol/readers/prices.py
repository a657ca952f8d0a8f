"""Readers of prices: by country and service, flat or nested, plain or as tiers."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np
import pandas as pd

from sms_notebook.protocol.frames import Schema, tables
from sms_notebook.protocol.frames.kinds import Values
from sms_notebook.protocol.readers.places import (
    LADDERS,
    OFFER_FIELDS,
    BarePrice,
    Path,
    PlacedRows,
    is_id,
    is_ladder,
    leaves,
    opened,
    placed,
)
from sms_notebook.protocol.readers.shapes import Reader, Record, as_json, nested, repeated
from sms_notebook.protocol.replies import Body, Context, malformed, word

TIER_EXACT = "exact"

# Price lists are the longest replies, up to 200 countries by 1,000 services. Nearly always each
# offer is plain: a cost and two counts. Such a list is decoded straight to structs, which is
# quicker than to dicts and notices by itself when a field is there that nobody knows; then, as for
# anything odd, the list is decoded again to dicts.

_WireNumber = int | float | str | None
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class DocumentedOffer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An offer exactly as the API documents it."""

    cost: float
    count: _Whole
    physicalCount: _Whole  # noqa: N815 - as on the wire


class Offer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A plain offer: numbers may be texts, and missing."""

    cost: _WireNumber = None
    count: _WireNumber = None
    physicalCount: _WireNumber = None  # noqa: N815 - as on the wire


class RetailOffer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An offer with numbers as texts, without its real stock, or with a second price."""

    cost: float
    count: _Whole
    physicalCount: _Whole | None = None  # noqa: N815 - as on the wire
    retail_price: float | None = None


_NOTHING = Offer()
_DOCUMENTED = msgspec.json.Decoder(dict[str, dict[str, DocumentedOffer]])
_RETAIL = msgspec.json.Decoder(dict[str, dict[str, RetailOffer]], strict=False)
_PLAIN = msgspec.json.Decoder(dict[str, dict[str, Offer]])


def decode_prices(content: bytes) -> Any:
    """Decode a price list, to offers as documented or plain where it has no others."""
    with suppress(msgspec.ValidationError):
        return _DOCUMENTED.decode(content)
    with suppress(msgspec.ValidationError):
        return _RETAIL.decode(content)
    with suppress(msgspec.ValidationError):
        plain = _PLAIN.decode(content)
        if not any(_NOTHING in offers.values() for offers in plain.values()):
            return plain
    return msgspec.json.decode(content)


_FIELDS = {"cost": "cost", "count": "count", "physical_count": "physicalCount"}


def _columns(offers: Sequence[Any]) -> dict[str, Values]:
    """Return the columns of offers, as arrays where every value is of the documented type."""
    columns: dict[str, Values] = {}
    for name, field in _FIELDS.items():
        values = map(attrgetter(field), offers)
        may_lack = field == "physicalCount" and isinstance(offers[0], RetailOffer)
        if isinstance(offers[0], Offer) or may_lack:
            listed = list(values)
            if not may_lack or listed.count(None) < len(listed):
                columns[name] = listed
        else:
            kind = np.float64 if field == "cost" else np.int64
            columns[name] = np.fromiter(values, kind, len(offers))
    return columns


def prices(schema: Schema, *, service_first: bool = False) -> Reader:
    """Make the reader of a price list: a map of maps, a flat one, or a list of records."""

    def read(body: Body, context: Context) -> pd.DataFrame:
        value = as_json(body, context)
        if isinstance(value, dict) and _is_typed(value):
            frame = _plain_list(schema, value, context, service_first=service_first)
            if frame is not None:
                return frame
            value = _plain_values(value)
        elif (frame := _records(schema, value, context, service_first=service_first)) is not None:
            return frame
        placed_rows = placed(value, context, service_first=service_first)
        return with_tiers(schema, placed_rows, context)

    return read


def _is_typed(value: Mapping[str, Any]) -> bool:
    """Tell whether a list was decoded to offers."""
    full = (within for within in value.values() if isinstance(within, dict) and within)
    return isinstance(next(iter(next(full, {"": None}).values())), msgspec.Struct)


def _plain_list(
    schema: Schema, value: Mapping[str, Any], context: Context, *, service_first: bool
) -> pd.DataFrame | None:
    """Build the frame of a list of plain offers, all at once; None where ids are not plain."""
    skipped = len(value.get("", ()))
    outer, sizes, inner, offers = nested({key: item for key, item in value.items() if key})
    place_columns = _places(outer, sizes, inner, service_first=service_first)
    if place_columns is None or not offers:
        return None
    extra: dict[str, list[Any]] = {}
    if isinstance(offers[0], RetailOffer):
        retail = list(map(attrgetter("retail_price"), offers))
        if retail.count(None) < len(retail):
            extra["retail_price"] = retail
    columns = _columns(offers)
    costs = columns["cost"]
    if isinstance(costs, np.ndarray) and not np.isfinite(costs).all():
        return None
    return schema.frame({**place_columns, **columns}, context, extra=extra, skipped=skipped)


def _places(
    outer: Sequence[str], sizes: Sequence[int], inner: Sequence[str], *, service_first: bool
) -> dict[str, Values] | None:
    """Return countries and services of keys; None where it is not plain which are which."""
    are_ids = (_whole_numbers(outer), _whole_numbers(inner))
    first = are_ids[0] is not None and not (service_first and are_ids[1] is not None)
    countries = are_ids[0] if first else are_ids[1]
    if countries is None:
        return None
    if first:
        return {"country": np.repeat(countries, sizes), "service": inner}
    return {"service": repeated(outer, sizes), "country": countries}


def _records(
    schema: Schema, value: Any, context: Context, *, service_first: bool
) -> pd.DataFrame | None:
    """Build the frame of a map of maps of records; None where anything in it is odd."""
    if not isinstance(value, dict) or not all(type(within) is dict for within in value.values()):
        return None
    outer, sizes, inner, rows = nested(value)
    known = OFFER_FIELDS.isdisjoint
    if not all(type(row) is dict and not known(row) for row in rows) or "" in inner:
        return None
    place_columns = _places(outer, sizes, inner, service_first=service_first)
    if place_columns is None or not rows or any("freePriceMap" in row for row in rows):
        return None
    places = (column.wire for column in schema.columns if column.name in place_columns)
    own = set(itertools.chain.from_iterable(places))
    if any(not own.isdisjoint(row) for row in rows[:1]):
        return None
    return schema.from_rows(rows, context, place_columns, skipped=0)


def _plain_values(value: Any) -> Any:
    """Return offers as the maps that they were, without what was not there."""
    return {
        key: {
            name: {
                field: item
                for field, item in msgspec.to_builtins(offer).items()
                if item is not None
            }
            for name, offer in within.items()
        }
        for key, within in value.items()
    }


def _whole_numbers(texts: Sequence[str]) -> np.ndarray[Any, Any] | None:
    """Read the keys of a map as ids of countries, or None where they are no such."""
    known = {text: int(text) for text in set(texts) if is_id(text)}
    if len(known) < len(set(texts)):
        return None
    return np.fromiter((known[text] for text in texts), np.int64, len(texts))


def with_tiers(schema: Schema, placed_rows: PlacedRows, context: Context) -> pd.DataFrame:
    """Build a frame of prices, one row per FreePrice tier where schema and reply have them."""
    rows, skipped = placed_rows.rows, placed_rows.skipped
    if any(column.name == "free_price" for column in schema.columns):
        rows, odd = _spread(placed_rows.rows, context)
        skipped += odd
    has_kind = any(column.name == "count_kind" for column in schema.columns)
    if skipped and not rows:
        raise malformed("prices of another shape", context, placed_rows.sample)
    columns: dict[str, Values] = {
        name: [row.pop(name, None) for row in rows]
        for name in ("free_price", "free_price_count", *(("count_kind",) if has_kind else ()))
        if any(name in row for row in rows)
    }
    return schema.from_rows(rows, context, columns, skipped=skipped)


def _spread(rows: Sequence[dict[str, Any]], context: Context) -> tuple[list[dict[str, Any]], int]:
    """Spread offers over their FreePrice tiers; count those whose tiers cannot be read."""
    result: list[dict[str, Any]] = []
    odd = 0
    for row in rows:
        ladder = row.pop("freePriceMap", None) or {}
        if not isinstance(ladder, dict):
            odd += 1
            continue
        if not ladder:
            result.append(dict(row))
        for price, count in ladder.items():
            tier = {"free_price": price, "free_price_count": count}
            result.append({**row, **tier, "count_kind": context.tier_count})
    return result, odd


def top_countries(body: Body, context: Context) -> pd.DataFrame:
    """Read the ranking of countries for a service, one row per FreePrice tier where asked.

    Where a country is named by a word, that is ``attrs["extra"]["slug"]``.
    """
    value = opened(as_json(body, context), context)
    service = context.params.get("service")
    rows: list[dict[str, Any]] = []
    skipped = 0
    positions = [str(position) for position in range(len(value))]
    is_ranking = list(value) == positions
    for path, record in leaves(value, is_list=True):
        row = _ranked(path, record, is_ranking=is_ranking) if record else None
        if not row:
            skipped += 1
            continue
        rows.append({"service": service, **row} if service else row)
    return with_tiers(tables.TOP_COUNTRIES, PlacedRows(rows, skipped, value), context)


def _ranked(path: Path, record: Record, *, is_ranking: bool) -> dict[str, Any] | None:
    """Read a row of a ranking: its country is named in it, or above it."""
    row = dict(record)
    if not path or isinstance(record, BarePrice):
        return None
    if any(row.get(name) not in (None, "") for name in tables.COUNTRY_FIELDS):
        if len(path) > 1 and not is_ranking and not is_id(path[0]):
            row.setdefault("service", path[0])
        return row
    if is_ranking or not path[0]:
        return None
    row["country" if is_id(path[0]) else "slug"] = path[0]
    if len(path) > 1:
        row.setdefault("provider_id", path[1])
    return row


_FORWARD = r"_[01]$"  # the mark of call forwarding


def price_tiers(body: Body, context: Context) -> pd.DataFrame:
    """Read prices with how many numbers there are at each: getPricesV2, V3 or offers.

    The count of a partner's numbers is exact; else the provider's row says what it is.
    """
    placed_rows = placed(as_json(body, context), context)
    asked_country = context.params.get("country")
    rows = [
        tier
        for row in placed_rows.rows
        if asked_country is None or word(row.get("country", asked_country)) == asked_country
        for tier in _tiers_of(row, context)
    ]
    if placed_rows.skipped and not rows:
        raise malformed("prices of another shape", context, placed_rows.sample)
    kinds = [row.pop("count_kind", None) or context.tier_count for row in rows]
    return tables.PRICE_TIERS.from_rows(
        rows, context, {"count_kind": kinds} if rows else {}, skipped=placed_rows.skipped
    )


def _tiers_of(row: Record, context: Context) -> Iterator[dict[str, Any]]:
    """Spread an offer over its partners, or its prices."""
    place = {name: row[name] for name in ("country", "service", "slug", "currency") if name in row}
    partners = row.get("providers")
    if isinstance(partners, dict | list) and partners:
        named = partners.items() if isinstance(partners, dict) else ((None, p) for p in partners)
        for ref, partner in named:
            if isinstance(partner, dict):
                yield from _of_partner({"provider_id": ref, **partner}, place)
        return
    ladder = next((row[name] for name in LADDERS if is_ladder(row.get(name))), None)
    if ladder is not None:
        for price, count in ladder.items():
            yield {**place, "price": price, "count": count, "count_kind": context.tier_count}
    elif "provider_id" in row:
        yield from _of_partner(row, place)
    else:
        yield dict(row)


def _of_partner(partner: Record, place: Record) -> Iterator[dict[str, Any]]:
    """Read a partner's prices: of several together it is not known how many are at each."""
    price = partner.get("price", partner.get("cost"))
    listed = price if isinstance(price, list) else [price]
    for item in listed:
        count = partner.get("count") if len(listed) == 1 else None
        yield {
            **place,
            "provider_id": partner.get("provider_id"),
            "price": item,
            "count": count,
            "count_kind": TIER_EXACT,
        }


def prices_of(prices: pd.DataFrame, service: str, country: int | None) -> pd.DataFrame:
    """Return the prices of a service: some providers list everything, whatever is asked.

    Parameters
    ----------
    prices : DataFrame
        With the columns ``service`` and ``country``; what is missing there is what was asked for.
    service : str
        Its code; a mark of call forwarding counts for nothing.
    country : int or None
        Only there.
    """
    services = prices["service"].str.replace(_FORWARD, "", regex=True)
    mask = services.isna() | (services == re.sub(_FORWARD, "", service))
    if country is not None:
        mask &= prices["country"].isna() | (prices["country"] == country)
    return prices[mask.astype(bool)]
