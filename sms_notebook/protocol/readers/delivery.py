"""Reader of delivery rates, however a provider cuts them: by country, by supplier, by service."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.kinds import is_decimal
from sms_notebook.protocol.readers.shapes import as_rows
from sms_notebook.protocol.replies import Body, Context, Text, word

_RATE = next(column.wire for column in tables.DELIVERY_RATES.columns if column.name == "rate")
_OF = {
    "country": ("country", "countryCode", "country_id"),
    "service": ("service", "serviceCode"),
}


def delivery_rates(body: Body, context: Context) -> pd.DataFrame:
    """Read delivery rates: of what was asked for, one row each."""
    if isinstance(body, Text):
        return tables.DELIVERY_RATES.empty(context)
    rows = as_rows(body, context, *_RATE).named("country")
    records = [_as_documented(row, context) for row in rows.records]
    return tables.DELIVERY_RATES.from_rows(
        [record for record in records if _is_asked_for(record, context)],
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


def _is_asked_for(record: Mapping[str, Any], context: Context) -> bool:
    for name, fields in _OF.items():
        asked = context.params.get(name)
        said = next(
            (word(record[field]) for field in fields if record.get(field) is not None), None
        )
        if asked is not None and said is not None and said != asked:
            return False
    return True
