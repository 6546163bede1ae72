"""When a picture was taken."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.camera.timestamps import WINDOW_S, DriverStamps, StreamStamps
from tests.support.fakes import FakeClock


def test_stamps_of_our_clock_tell_when_a_picture_was_taken() -> None:
    """A first stamp between opening and arrival proves the clock; later ones are then believed."""
    clock = FakeClock(100.0)
    stamps = DriverStamps(clock)
    clock.now = 100.5
    assert stamps.taken(100.3) == 100.3
    clock.now = 120.0
    assert stamps.taken(104.0) == 104.0, "a picture that waited in the driver is as old as it says"
    assert stamps.taken(121.0) == 120.0, "nothing is taken in the future"


@pytest.mark.parametrize("first", [0.0, 99.0, 1_700_000_000.0])
def test_stamps_of_another_clock_are_not_believed(first: float) -> None:
    """Where the first stamp is not between opening and arrival, pictures count as just taken."""
    clock = FakeClock(100.0)
    stamps = DriverStamps(clock)
    clock.now = 100.5
    assert stamps.taken(first) == 100.5
    clock.now = 101.0
    assert stamps.taken(100.9) == 101.0


def ages(arrivals: list[tuple[float, float]]) -> list[float]:
    """The ages of a stream's pictures, each given by its arrival and its time in the stream."""
    clock = FakeClock(arrivals[0][0])
    stamps = StreamStamps(clock)
    found = []
    for arrival, stamp in arrivals:
        clock.now = arrival
        found.append(arrival - stamps.taken(stamp))
    return found


def test_a_steady_stream_is_fresh() -> None:
    """Pictures that all take the same time to come are as young as can be."""
    assert ages([(500 + i / 10, i / 10) for i in range(200)]) == pytest.approx([0.0] * 200, abs=1e-9)


@pytest.mark.parametrize("stall", [2.0, 30.0])
def test_what_a_network_held_back_is_old(stall: float) -> None:
    """After a stall the pictures that were under way come in a burst, each as old as it is."""
    steady = [(500 + i / 10, i / 10) for i in range(100)]
    taken = [10.0 + i / 10 for i in range(round(stall * 10))]
    burst = [(510.0 + stall, stamp) for stamp in taken]
    assert ages(steady + burst)[100:] == pytest.approx([10.0 + stall - stamp for stamp in taken])


def test_a_stream_that_was_paused_is_believed_again() -> None:
    """Where the camera itself stood still, its pictures count as fresh after at most two windows."""
    steady = [(500 + i / 10, i / 10) for i in range(100)]
    later = [(540 + i / 10, 10 + i / 10) for i in range(300)]
    found = ages(steady + later)[100:]
    assert found[0] == pytest.approx(30.0)
    assert found[round(2 * WINDOW_S * 10) + 1 :] == pytest.approx([0.0] * (299 - 100))


@pytest.mark.parametrize("stamp", [0.0, -1.0, math.nan])
def test_a_stream_without_times_counts_as_fresh(stamp: float) -> None:
    """Where the stream's time stands still, pictures are as old as their arrival."""
    assert ages([(500 + i / 10, stamp) for i in range(100)]) == pytest.approx([0.0] * 100)


def test_a_stream_that_begins_anew_is_measured_anew() -> None:
    """When its time goes back to zero, what was known of its delay is forgotten."""
    found = ages(
        [(500 + i / 10, 50 + i / 10) for i in range(100)] + [(510 + i / 10, i / 10) for i in range(9)]
    )
    assert found == pytest.approx([0.0] * 109)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(allow_nan=True)), min_size=1, max_size=60))
def test_no_picture_is_taken_in_the_future(steps: list[tuple[float, float]]) -> None:
    """Whatever a stream says, a picture is never younger than its arrival."""
    clock = FakeClock()
    stamps = StreamStamps(clock)
    for pause, stamp in steps:
        clock.now += pause
        assert stamps.taken(stamp) <= clock.now
