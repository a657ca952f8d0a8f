from datetime import UTC, datetime, timedelta, timezone

import pytest

from sms_notebook.sandbox.simulation import Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_standing_clock_only_steps():
    clock = Clock(start=NOON, speed=0)
    assert clock.now() == NOON
    clock.step(90.5)
    assert clock.now() == NOON + timedelta(seconds=90.5)


def test_without_a_start_it_shows_the_real_now():
    shown = Clock().now()
    assert shown.tzinfo is UTC
    assert abs(datetime.now(UTC) - shown) < timedelta(seconds=5)


def test_a_fast_clock_runs_faster_than_the_real_one():
    clock = Clock(start=NOON, speed=1_000_000)
    first = clock.now()
    while clock.now() == first:
        pass
    assert clock.now() > first


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_it_never_steps_back(seconds):
    clock = Clock(start=NOON, speed=0)
    with pytest.raises(ValueError, match="forward"):
        clock.step(seconds)


def test_a_change_of_speed_is_no_jump_in_time(monkeypatch):
    real = [1000.0]
    monkeypatch.setattr("sms_notebook.sandbox.simulation.time.monotonic", lambda: real[0])
    clock = Clock(start=NOON, speed=2)
    shown = 0
    for passed, speed in ((10, 60), (5, 0), (100, 3600), (1, 1)):
        shown += passed * clock.speed
        real[0] += passed
        assert clock.now() == NOON + timedelta(seconds=shown)
        clock.speed = speed
        assert clock.now() == NOON + timedelta(seconds=shown)


@pytest.mark.parametrize("seconds", ["a", "5", None])
def test_it_steps_by_numbers_only(seconds):
    with pytest.raises(TypeError, match="the clock steps by a number of seconds, not by"):
        Clock(start=NOON, speed=0).step(seconds)


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 10**400, 1000 * 366 * 86400])
def test_a_step_beyond_its_end_is_refused_and_changes_nothing(seconds):
    clock = Clock(start=NOON, speed=0)
    with pytest.raises(ValueError, match="the clock ends with the year 2999"):
        clock.step(seconds)
    assert clock.now() == NOON


def test_it_stands_at_its_end(monkeypatch):
    real = [1000.0]
    monkeypatch.setattr("sms_notebook.sandbox.simulation.time.monotonic", lambda: real[0])
    last_day = datetime(2999, 12, 31, tzinfo=UTC)
    clock = Clock(start=last_day, speed=1_000_000)
    real[0] += 1e9
    assert clock.now() == last_day + timedelta(days=1)
    clock.speed = 1
    real[0] += 1
    assert clock.now() == last_day + timedelta(days=1)


@pytest.mark.parametrize(
    "start",
    [
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(3000, 1, 1, tzinfo=UTC),
        datetime(3000, 1, 1),  # noqa: DTZ001 - naive on purpose
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=3))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-3))),
    ],
)
def test_it_starts_in_the_years_from_1970_to_2999(start):
    with pytest.raises(ValueError, match="the clock starts in the years 1970 to 2999"):
        Clock(start=start)


@pytest.mark.parametrize("speed", [-1, 1_000_001, 1e300, float("inf"), float("nan")])
def test_a_speed_is_from_zero_to_a_million(speed):
    with pytest.raises(ValueError, match="a speed is a number from 0 to 1000000"):
        Clock(speed=speed)


def test_a_speed_is_a_number():
    with pytest.raises(TypeError, match="a speed is a number from 0 to 1000000, not 'fast'"):
        Clock(speed="fast")


def test_real_waits_shrink_with_the_speed():
    soon = NOON + timedelta(seconds=120)
    assert Clock(start=NOON, speed=0).real_seconds_until(soon) is None
    assert Clock(start=NOON, speed=60).real_seconds_until(soon) == pytest.approx(2, abs=0.5)
    assert Clock(start=soon, speed=60).real_seconds_until(NOON) == 0


def test_a_naive_start_is_utc():
    assert Clock(start=datetime(2026, 3, 1, 12), speed=0).now() == NOON  # noqa: DTZ001 - the point
