"""The frame that a chart is drawn of: the columns it needs, as plain numbers, names and times."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sms_notebook.charts.look import display_name, left_out
from sms_notebook.protocol import catalogue
from sms_notebook.protocol.errors import UsageProblem

_PLACES = 9  # of a number; what is finer is a float's noise
_TOO_MUCH = 1e12  # no price, stock or time is as much

ColumnNames = Sequence[str]
"""Names of one column; the first that is there counts."""


class ChartFrame:
    """A frame that a chart was given.

    Parameters
    ----------
    chart : str
        The name of the chart, for errors.
    data : DataFrame
        The frame.
    source : str
        What to call to get the right one, for errors.
    *columns : sequence of str
        The columns that it must have.

    Raises
    ------
    UsageProblem
        If it is no frame, or lacks one of them.
    """

    def __init__(self, chart: str, data: pd.DataFrame, source: str, *columns: ColumnNames) -> None:
        self._chart, self._data, self._source = chart, data, source
        if not isinstance(data, pd.DataFrame):
            raise self._problem(f"it takes a DataFrame, not {type(data).__name__}")
        missing = [" or ".join(names) for names in columns if not self.has(*names)]
        if missing:
            noun = "column" if len(missing) == 1 else "columns"
            raise self._problem(f"this frame lacks the {noun} {', '.join(missing)}")

    def _problem(self, what: str) -> UsageProblem:
        return UsageProblem(f"charts.{self._chart}: {what}. Take the frame of {self._source}.")

    def has(self, *names: str) -> bool:
        """Tell whether one of these columns is there."""
        return any(name in self._data.columns for name in names)

    def _present(self, names: ColumnNames) -> str:
        return next((name for name in names if name in self._data.columns), names[0])

    def column(self, *names: str) -> "pd.Series[Any]":
        """Return a column with a new index; all missing where it is not there."""
        name = self._present(names)
        if name not in self._data.columns:
            return pd.Series([pd.NA] * len(self._data), dtype="object")
        column: Any = self._data[name]
        if isinstance(column, pd.DataFrame):
            raise self._problem(f"the column {name} is there twice")
        return pd.Series(column.reset_index(drop=True))

    def numbers(self, *names: str) -> "pd.Series[float]":
        """Return a column of numbers, NaN where there is none."""
        column = self.column(*names)
        if column.dtype == object:  # of Python's own, which no float may hold
            too_much = [isinstance(value, int) and abs(value) >= _TOO_MUCH for value in column]
            column = column.mask(pd.Series(too_much, dtype=bool), None)
        try:
            read = pd.to_numeric(column).astype("Float64")
        except (TypeError, ValueError):
            raise self._problem(
                f"the column {self._present(names)} does not hold numbers"
            ) from None
        floats = read.to_numpy(dtype="float64", na_value=np.nan)
        return pd.Series(np.where(np.abs(floats) < _TOO_MUCH, floats, np.nan)).round(_PLACES)

    def amounts(self, *names: str) -> "pd.Series[float]":
        """Return a column of numbers that are not below zero, NaN where there is none."""
        return self.numbers(*names).where(lambda amount: amount >= 0)

    def texts(self, *names: str) -> "pd.Series[str]":
        """Return a column of texts, NA where there is none."""
        column = self.column(*names)
        if pd.api.types.is_float_dtype(column.dtype):  # ids become these in a merge
            whole = column.dropna()
            if (whole == whole.round()).all():
                column = column.astype("Int64")
        is_there = column.notna().tolist()
        texts = [
            str(value).encode(errors="replace").decode() or pd.NA if there else pd.NA
            for value, there in zip(column.tolist(), is_there, strict=True)
        ]
        return pd.Series(texts, dtype="string[python]")

    def times(self, *names: str) -> "pd.Series[pd.Timestamp]":
        """Return a column of times in UTC, NaT where there is none."""
        column = self.column(*names)
        try:
            if pd.api.types.is_numeric_dtype(column.dtype):
                raise TypeError  # noqa: TRY301 - numbers would be read as nanoseconds
            return pd.Series(pd.to_datetime(column, utc=True).astype("datetime64[us, UTC]"))
        except (TypeError, ValueError):
            raise self._problem(f"the column {self._present(names)} does not hold times") from None

    def countries(self) -> "pd.Series[str]":
        """Return the names of the countries, NA where there is none."""
        return _named(self.texts("country"), self.texts("eng", "country_name"), _countries())

    def services(self) -> "pd.Series[str]":
        """Return the names of the services, NA where there is none; one for all if none is said."""
        if not self.has("service"):
            return pd.Series(["any service"] * len(self._data), dtype="string[python]")
        return _named(self.texts("service"), self.texts("name"), _services())


@cache
def _countries() -> Mapping[str, str]:
    return {str(country.id): country.eng for country in catalogue.countries()}


@cache
def _services() -> Mapping[str, str]:
    return {service.code: service.name for service in catalogue.services()}


def _named(
    keys: "pd.Series[str]", own: "pd.Series[str]", known: Mapping[str, str]
) -> "pd.Series[str]":
    """Name what the keys stand for; two keys never share a name."""
    given_names = pd.DataFrame({"key": keys, "name": own}).dropna()
    names = dict(given_names.drop_duplicates("key").itertuples(index=False, name=None))
    labels: dict[str, str] = {}
    used_labels: set[str] = set()
    for key in keys.dropna().unique():
        label = display_name(names.get(key, known.get(key, key)))
        if label in used_labels:
            label = f"{label} ({display_name(key)})"
        while label in used_labels:
            label += "'"
        used_labels.add(label)
        labels[key] = label
    return keys.map(labels).astype("string[python]")


def drawable(
    table: pd.DataFrame, reasons: Iterable[tuple["pd.Series[bool]", str]]
) -> tuple[pd.DataFrame, str]:
    """Leave out what cannot be drawn; return the rest, and what to say of that.

    Parameters
    ----------
    table : DataFrame
        What was read.
    reasons : iterable of (bool series, str)
        Which rows to leave out, and why; a row is counted with the first that holds.
    """
    counts = []
    for is_out, reason in reasons:
        lacks = is_out.loc[table.index]
        counts.append((int(lacks.sum()), reason))
        table = table[~lacks]
    return table.reset_index(drop=True), left_out(counts)
