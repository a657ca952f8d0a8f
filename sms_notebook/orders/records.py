"""Rows of frames as records, and their values as the ledger keeps them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import pandas as pd

_MOST = 10**9
Record = dict[str, Any]
"""One row of a frame, by column."""


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a frame."""
    return cast("list[Record]", frame.to_dict("records"))


def text(row: Record, name: str) -> str | None:
    """Return a text of a frame's row."""
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def whole(row: Record, name: str) -> int | None:
    """Return a whole number of a frame's row."""
    value = row.get(name)
    return None if value is None or value is pd.NA or abs(value) >= _MOST else int(value)


def money(row: Record, name: str) -> Decimal | None:
    """Return an amount of a frame's row; None for one that nobody can mean."""
    value = row.get(name)
    if value is None or value is pd.NA or not 0 <= value < _MOST:
        return None
    return Decimal(str(value))


def moment(row: Record, name: str) -> datetime | None:
    """Return a time of a frame's row."""
    value = row.get(name)
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else None
