"""What people do with frames every day works on all of them, with or without pyarrow installed."""

from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.frames import Schema


@pytest.mark.parametrize("name", ACTIONS)
def test_a_frame_can_be_merged_sorted_filtered_and_written(wire: Any, name: str) -> None:
    try:
        frame: pd.DataFrame = wire.good(name, "many")
    except KeyError:  # an answer of one row by nature
        frame = wire.good(name, "one")
    for column in (name for name in frame if str(frame[name].dtype) != "object"):
        assert len(frame.merge(frame, on=column)) >= frame[column].notna().sum()
        assert len(frame.sort_values(column)) == len(frame)
        assert frame[column].isin(frame[column].dropna()).sum() >= frame[column].notna().sum()
        assert frame.groupby(column, dropna=False).size().sum() == len(frame)
        if frame[column].dtype == "string":
            upper = frame[column].str.upper()
            assert upper.dropna().tolist() == [text.upper() for text in frame[column].dropna()]
            assert (frame[column] + "!").isna().equals(frame[column].isna())
    assert frame.to_html()
    assert frame.to_csv()


@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_done_to_one_frame_is_seen_in_no_other(wire: Any, name: str) -> None:
    def fresh() -> pd.DataFrame:
        return ACTIONS[name].schema.empty(wire.context(name))

    changed, columns = fresh(), list(fresh())
    changed.columns.name = "mine"
    changed.insert(0, "more", 1)
    changed[columns[0]] = "x"
    del changed[columns[-1]]
    changed.columns = [f"new {label}" for label in changed.columns]
    pd.testing.assert_frame_equal(fresh(), ACTIONS[name].schema.empty(wire.context(name)))
    assert list(fresh()) == columns
    assert fresh().columns.name is None


def test_a_schema_without_columns_has_a_frame(wire: Any) -> None:
    assert Schema().empty(wire.context("getBalance")).shape == (0, 0)
