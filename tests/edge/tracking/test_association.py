"""Who is who between two frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from edge.types import Observation, Outcome
from tests.support.builders import BARE, MASKED, observation, rules
from tests.support.passes import FPS, observations, person, play


def test_a_person_may_be_missed_for_some_frames() -> None:
    """A gap shorter than `gone_s` does not begin another pass."""
    frames = [*person(BARE, 1), *[[]] * 12, *person(BARE, 1, x=120)]
    assert {v.number for v in play(Tracker(rules()), frames)} == {1}


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_two_people_who_cross_keep_their_verdicts(missing: int) -> None:
    """Also when one hides the other for some frames in the middle."""
    frames = []
    for n in range(60):
        left, right = observation(MASKED, x=60 + 8 * n), observation(BARE, x=540 - 8 * n, y=112)
        hidden = abs(n - 30) < missing
        frames.append([left] if hidden else [left, right])
    verdicts = play(Tracker(rules()), frames)
    assert sorted((v.revision, v.outcome) for v in verdicts) == [
        (0, Outcome.COMPLIANT),
        (0, Outcome.NO_MASK),
    ]


@given(st.lists(st.lists(observations, max_size=4), max_size=40), st.floats(0, 1e6))
def test_nobody_is_counted_twice_in_one_frame(frames: list[list[Observation]], start: float) -> None:
    """There are never more people present than faces seen."""
    tracker = Tracker(rules())
    for number, frame in enumerate(frames):
        tracker.update(frame, start + number / FPS, 0.0)
        assert len(tracker.present()) <= len(frame)
