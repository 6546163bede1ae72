"""When the lamp rests, and who lights it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.lamp_schedule import LampSchedule
from edge.system.local_time import LocalTime, WeeklyTime
from edge.tracking.register import PassUpdate
from edge.types import Blind, Box, Frame, Lamp, Outcome, Presence, SeenFace, Stage, TrackedFace

PIXELS = np.zeros((100, 200, 3), np.uint8)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def at(text: str) -> float:
    """A time in Berlin in winter."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - 3600


def schedule(
    quiet: tuple[str, ...] = (),
    exempt: tuple[str, ...] = (),
    area: tuple[tuple[float, float], ...] = (),
) -> LampSchedule:
    times = (tuple(map(WeeklyTime.parse, one)) for one in (quiet, exempt))
    return LampSchedule(LocalTime("Europe/Berlin"), *times, area)


def frame(wall: float, monotonic: float = 1.0) -> Frame:
    return Frame(0, PIXELS, monotonic, wall)


def seen(*people: tuple[int, float]) -> PassUpdate:
    """People without a mask, by number and by the share of the picture at which their faces are."""
    faces = tuple(
        SeenFace(
            TrackedFace(
                Box(x * 200 - 10, 40, 20, 20), number, number, Stage.SETTLED, Outcome.NO_MASK, 0.0, ()
            ),
            False,
            None,
        )
        for number, x in people
    )
    return PassUpdate(present=tuple(Presence(n, Outcome.NO_MASK) for n, _ in people), faces=faces)


@pytest.mark.parametrize(
    ("wall", "lamp"),
    [
        ("2025-01-13T19:59", Lamp.RED),
        ("2025-01-13T20:00", Lamp.OFF),
        ("2025-01-14T05:59", Lamp.OFF),
        ("2025-01-14T06:00", Lamp.RED),
        ("2025-01-18T12:00", Lamp.OFF),
    ],
)
def test_nothing_is_lit_in_quiet_hours(wall: str, lamp: Lamp) -> None:
    """By local time, over midnight, and on whole days."""
    policy = LampPolicy(3.0, schedule(quiet=("mon-fri 20:00-06:00", "sat,sun")))
    assert policy.after(seen((1, 0.5)), frame(at(wall))) is lamp


def test_not_even_blindness_is_shown_in_quiet_hours() -> None:
    """The state tells of it; the lamp rests."""
    policy = LampPolicy(3.0, schedule(quiet=("sun",)))
    assert policy.after(PassUpdate(), Blind("gone", 1.0, at("2025-01-19T12:00"))) is Lamp.OFF
    assert policy.after(PassUpdate(), Blind("gone", 1.0, at("2025-01-20T12:00"))) is Lamp.BLIND
    assert policy.rests(at("2025-01-19T12:00"))


def test_a_person_who_is_there_when_the_rest_ends_is_shown() -> None:
    """What was settled in quiet hours was not forgotten."""
    policy = LampPolicy(3.0, schedule(quiet=("20:00-06:00",)))
    assert policy.after(seen((1, 0.5)), frame(at("2025-01-14T05:59:59"), 1.0)) is Lamp.OFF
    assert policy.after(PassUpdate(), frame(at("2025-01-14T06:00:00"), 2.0)) is Lamp.RED


def test_who_is_in_the_exempt_area_lights_nothing() -> None:
    """Somebody beside it does; the pass itself is what it is."""
    policy = LampPolicy(3.0, schedule(area=LEFT_HALF))
    noon = at("2025-01-14T12:00")
    assert policy.after(seen((1, 0.2)), frame(noon)) is Lamp.OFF
    assert policy.after(seen((1, 0.2), (2, 0.8)), frame(noon)) is Lamp.RED


def test_an_area_may_be_exempt_at_times() -> None:
    """A canteen at noon."""
    policy = LampPolicy(0.1, schedule(exempt=("mon-fri 11:30-13:30",), area=LEFT_HALF))
    assert policy.after(seen((1, 0.2)), frame(at("2025-01-14T12:00"), 1.0)) is Lamp.OFF
    assert policy.after(seen((1, 0.2)), frame(at("2025-01-14T14:00"), 9.0)) is Lamp.RED
