from datetime import UTC, datetime, timedelta

import pytest

from sms_notebook.sandbox.clock import Clock

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
    monkeypatch.setattr("sms_notebook.sandbox.clock.time.monotonic", lambda: real[0])
    clock = Clock(start=NOON, speed=2)
    shown = 0
    for passed, speed in ((10, 60), (5, 0), (100, 3600), (1, 1)):
        shown += passed * clock.speed
        real[0] += passed
        assert clock.now() == NOON + timedelta(seconds=shown)
        clock.speed = speed
        assert clock.now() == NOON + timedelta(seconds=shown)


@pytest.mark.parametrize("speed", [-1, float("inf"), float("nan")])
def test_a_speed_is_a_positive_number_or_zero(speed):
    with pytest.raises(ValueError, match="speed"):
        Clock(speed=speed)


def test_real_waits_shrink_with_the_speed():
    soon = NOON + timedelta(seconds=120)
    assert Clock(start=NOON, speed=0).real_seconds_until(soon) is None
    assert Clock(start=NOON, speed=60).real_seconds_until(soon) == pytest.approx(2, abs=0.5)
    assert Clock(start=soon, speed=60).real_seconds_until(NOON) == 0


def test_a_naive_start_is_utc():
    assert Clock(start=datetime(2026, 3, 1, 12), speed=0).now() == NOON  # noqa: DTZ001  # the point
