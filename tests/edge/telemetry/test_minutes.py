"""The line's minutes: nothing is counted twice, nothing is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.telemetry.minutes import LONGEST_CYCLE_S, MinuteAggregator, MinuteStats, Quantiles, Sample, shares

START = 1_700_000_040.0
"""The beginning of a minute."""

steps = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["frame", "blind", "last"])), max_size=300)
jumps = st.sampled_from([-365.0 * 86_400, -3_600.0, 0.0, 3_600.0, 365.0 * 86_400])


def look(at: float, kind: str = "frame", offset: float = START, seconds: float = 0.01) -> Sample:
    times = (seconds, 2 * seconds, 3 * seconds) if kind == "frame" else None
    return Sample(at, at + offset, kind == "blind", times)


def count(looks: list[Sample]) -> list[MinuteStats]:
    minutes = MinuteAggregator()
    over = [minute_stats for one in looks for minute_stats in minutes.add(one)]
    return [*over, *minutes.finish()]


@given(steps, st.dictionaries(st.integers(0, 299), jumps, max_size=5))
def test_minutes_add_up_whatever_the_clock_does(
    cycles: list[tuple[float, str]], leaps: dict[int, float]
) -> None:
    """Frames and seconds over all minutes are those of the turns, also when the clock jumps."""
    looks, at, offset = [], 0.0, START
    watched = blind = 0.0
    for number, (wait, kind) in enumerate(cycles):
        before, at, offset = at, at + wait, offset + leaps.get(number, 0.0)
        # As the clock shows it: a wait of 2 s can be a little more between two large numbers.
        passed = at - before
        counted = passed if number and passed <= LONGEST_CYCLE_S else 0.0
        watched, blind = watched + counted * (kind != "blind"), blind + counted * (kind == "blind")
        looks.append(look(at, kind, offset))
    finished = count(looks)
    assert sum(minute_stats.frames for minute_stats in finished) == sum(kind == "frame" for _, kind in cycles)
    assert sum(minute_stats.watched_s for minute_stats in finished) == pytest.approx(watched, abs=1e-3)
    assert sum(minute_stats.blind_s for minute_stats in finished) == pytest.approx(blind, abs=1e-3)


@given(st.floats(0, 1e5), st.floats(0, LONGEST_CYCLE_S))
def test_a_turn_is_shared_between_two_minutes(at: float, passed: float) -> None:
    """What lies before the full minute belongs to the minute before."""
    parts = list(shares(look(at), passed))
    assert sum(part.watched_s for part in parts) == pytest.approx(passed)
    for part in parts:
        assert part.start % 60 == 0
        assert part.watched_s <= 60
    assert sum(part.frames for part in parts) == 1


def test_a_minute_is_over_when_the_next_begins() -> None:
    """Sixty turns a second apart, then one in the next minute: the first is told."""
    minutes = MinuteAggregator()
    for second in range(60):
        assert minutes.add(look(float(second))) == ()
    (minute_stats,) = minutes.add(look(60.5))
    assert (minute_stats.start, minute_stats.frames) == (int(START), 60)
    assert minute_stats.watched_s == pytest.approx(60.0)
    assert minute_stats.fps == pytest.approx(1.0)


def test_a_pause_is_no_watching() -> None:
    """A line that stood still for ten seconds has not watched in them."""
    (minute_stats,) = count([look(0.0), look(10.0), look(11.0)])
    assert minute_stats.watched_s == pytest.approx(1.0)


def test_blind_time_is_apart() -> None:
    """Time in which the camera gave nothing is blind, and no frame."""
    (minute_stats,) = count([look(0.0, "blind"), look(1.0, "blind"), look(2.0)])
    assert (minute_stats.frames, minute_stats.blind_s, minute_stats.watched_s) == (1, 1.0, 1.0)


def test_quantiles() -> None:
    """Median and 95th percentile by the nearest rank, in milliseconds; nothing where there is nothing."""
    (minute_stats,) = count([look(n / 100, seconds=n / 1000) for n in range(1, 101)])
    assert minute_stats.detect_ms == Quantiles(50.0, 95.0)
    assert minute_stats.latency_ms == Quantiles(150.0, 285.0)
    (minute_stats,) = count([look(0.0, "blind")])
    assert minute_stats.detect_ms == Quantiles(None, None)
    assert minute_stats.fps == 0.0


def test_time_in_which_the_camera_could_not_see_is_watched_and_obscured() -> None:
    """It gave pictures; how long nothing could be seen in them is told beside."""
    looks = [Sample(at, START + at, False, None, obscured=3 < at <= 7) for at in range(10)]
    (found,) = count(looks)
    assert (found.watched_s, found.obscured_s) == (9.0, 4.0)


def test_each_step_to_bring_pictures_back_is_counted_once() -> None:
    """A loss counts its steps up; the next one begins at nothing."""
    attempts = [0, 0, 1, 1, 2, 3, 0, 0, 1, 1]
    looks = [Sample(at, START + at, True, None, attempts=tries) for at, tries in enumerate(attempts)]
    (found,) = count(looks)
    assert found.recoveries == 4


def test_frames_that_were_not_looked_at_are_frames() -> None:
    """The rate is the camera's; how many were looked at is beside, and the most that slowed it down."""
    looks = [look(1.0), look(2.0, "carried"), look(3.0, "carried"), look(4.0)]
    looks = [
        replace(one, carried=one.times is None, slowed=step)
        for one, step in zip(looks, (0, 2, 1, 0), strict=True)
    ]
    (found,) = count(looks)
    assert (found.frames, found.looked_at, found.slowed) == (4, 2, 2)
