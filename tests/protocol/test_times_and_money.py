"""Times in every spelling of the wire, and money that stays what was written."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.protocol.frames.schema import whole_seconds

MOSCOW = timezone(timedelta(hours=3))
NEW_YORK = ZoneInfo("America/New_York")
seconds = st.datetimes(datetime(1900, 1, 3), datetime(9999, 12, 29)).map(  # noqa: DTZ001 - of the wire
    lambda moment: moment.replace(microsecond=0)
)


def bought_at(wire: Any, written: object, zone: Any = UTC) -> pd.DataFrame:
    reply = {"activationId": 1, "phoneNumber": 7, "activationTime": written}
    frame: pd.DataFrame = wire.read("getNumberV2", reply, zone=zone)
    return frame


def moment(wire: Any, written: object, zone: Any = UTC) -> Any:
    frame = bought_at(wire, written, zone)
    assert frame.attrs["extra"] == {}
    return frame.loc[0, "activation_time"]


@pytest.mark.parametrize(
    "written",
    [
        "2022-06-01 07:05:09",
        "2022-06-01T07:05:09",
        " 2022-06-01 07:05:09 ",
        "'2022-06-01 07:05:09'",
        "2022-6-1 7:5:9",
        "2022-6-1 7-5-9",
        "2022-06-01 07-05-09",
        "2022-06-01T07:05:09Z",
        "2022-06-01T10:05:09+03:00",
        "2022-06-01T07:05:09.000000Z",
        1654067109,
        "1654067109",
        1654067109000,
        "1654067109000",
        1654067109.0,
    ],
)
def test_every_spelling_of_a_time_is_the_same_moment(wire: Any, written: object) -> None:
    assert moment(wire, written) == datetime(2022, 6, 1, 7, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2022-06-01", "2022-06-01 00:00", "2022-6-1"])
def test_a_time_may_be_a_day_or_lack_seconds(wire: Any, written: str) -> None:
    assert moment(wire, written) == datetime(2022, 6, 1, tzinfo=UTC)
    assert moment(wire, written, MOSCOW) == datetime(2022, 6, 1, tzinfo=MOSCOW)


def test_a_zone_on_the_wire_goes_before_the_providers(wire: Any) -> None:
    for written in ("2022-06-01T07:05:09Z", "2022-06-01T10:05:09+03:00", 1654067109):
        expected = datetime(2022, 6, 1, 7, 5, 9, tzinfo=UTC)
        assert moment(wire, written, NEW_YORK) == expected


def test_a_zone_with_summer_time_is_applied_as_of_that_day(wire: Any) -> None:
    assert moment(wire, "2022-06-01 12:00:00", NEW_YORK).hour == 16
    assert moment(wire, "2022-12-01 12:00:00", NEW_YORK).hour == 17


@pytest.mark.parametrize(
    "odd",
    [
        *("soon", "2022-13-01 00:00:00", "2022-02-30", "25:00", "2022-06-01 24:61:00"),
        *("9999-12-31 23:59:59", "9" * 400, 10**18, -(10**18), True, [], {"date": "2022-06-01"}),
    ],
)
def test_what_is_no_time_is_absent_and_kept_as_it_came(wire: Any, odd: object) -> None:
    west = timezone(timedelta(hours=-12))
    frame = bought_at(wire, odd, west)
    assert frame.loc[0, "activation_time"] is pd.NaT
    assert frame.attrs["extra"] == {"activationTime": [odd]}


@given(seconds, st.sampled_from([UTC, MOSCOW, NEW_YORK]))
def test_any_second_is_read_in_the_providers_zone(wire: Any, second: datetime, zone: Any) -> None:
    expected = second.replace(tzinfo=zone).astimezone(UTC)
    for written in (f"{second:%Y-%m-%d %H:%M:%S}", second.isoformat()):
        assert moment(wire, written, zone) == expected


@given(
    st.lists(st.one_of(st.datetimes(datetime(1900, 1, 3), datetime(2200, 1, 1)), st.none())),  # noqa: DTZ001 - made aware below
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.sampled_from([UTC, MOSCOW, NEW_YORK]),
)
def test_people_read_the_whole_second_that_a_time_is_in(
    moments: list[datetime | None], unit: str, zone: Any
) -> None:
    times = pd.Series(pd.DatetimeIndex(moments, tz=UTC).tz_convert(zone).as_unit(unit))
    frame = pd.DataFrame({"at": times, "left": 1}, index=[*reversed(range(len(times)))])
    pd.testing.assert_frame_equal(whole_seconds(frame), frame.assign(at=frame["at"].dt.floor("s")))


@given(st.decimals(0, 10**6, places=4))
def test_an_amount_is_read_as_it_was_written(wire: Any, amount: Decimal) -> None:
    balance = wire.read("getBalance", f"ACCESS_BALANCE:{amount}").loc[0, "balance"]
    assert balance == float(amount)
    assert Decimal(str(balance)) == amount
    for written in (f"{amount}", float(amount)):
        price = wire.read("getPrices", {"2": {"tg": {"cost": written}}}).loc[0, "cost"]
        assert Decimal(str(price)) == amount


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_whole_number_is_exact(wire: Any, number: int) -> None:
    for written in (number, str(number)):
        frame = wire.read("getNumbersStatus", {"tg": written})
        assert frame.loc[0, "count"] == number


@pytest.mark.parametrize("odd", [2**63, -(2**63) - 1, 10**30, str(2**63), 0.5, "0.5", 1e300])
def test_a_count_that_is_none_is_absent_and_kept_as_it_came(wire: Any, odd: object) -> None:
    frame = wire.read("getNumbersStatus", {"tg": odd, "wa": 5})
    assert frame["count"].tolist() == [pd.NA, 5]
    assert frame.attrs["extra"] == {"count": [odd, None]}
