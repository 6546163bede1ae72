"""What passes begin with, chosen again with one more frame."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from edge.types import Observation, TrackedFace
from tests.support.builders import BARE, observation, rules

PICTURE = (640, 480)
FPS = 6.25


def seen(frames: Sequence[Sequence[Observation]]) -> list[tuple[TrackedFace, ...]]:
    """The faces of each frame with their tracks."""
    tracker, told = Tracker(rules()), []
    for number, frame in enumerate(frames):
        tracker.update(frame, number / FPS, 0.0, (), PICTURE)
        told.append(tracker.tracks())
    return told


def row(step: float, missed: int | None) -> list[list[Observation]]:
    """Three people in a row, 30 pixels apart; one may be missed in the first frame."""
    frames = [[observation(BARE, x=200 + 30 * n + step * k, px=20) for n in range(3)] for k in range(6)]
    frames[0] = [each for n, each in enumerate(frames[0]) if n != missed]
    return frames


@pytest.mark.parametrize("missed", [None, 0, 1, 2])
@pytest.mark.parametrize("step", [-25, 0, 25])
def test_people_who_walk_in_a_row_are_told_apart_in_the_third_frame(step: float, missed: int | None) -> None:
    """In the second one each may stand where another one stood, and nobody knows yet which way they go."""
    told = seen(row(step, missed))
    ways = [[faces.track for faces in sorted(frame, key=lambda face: face.box.x)] for frame in told[2:]]
    assert all(way == ways[0] for way in ways)
    assert sorted(ways[0]) == [1, 2, 3]


near = st.builds(
    observation,
    probabilities=st.just(BARE),
    x=st.floats(200, 320),
    y=st.floats(200, 220),
    px=st.floats(15, 30),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(near, max_size=5), max_size=6))
def test_every_face_has_one_track_and_what_was_told_stays(frames: list[list[Observation]]) -> None:
    """However close people are: no face is lost, no track is of two, and a number keeps its first sight."""
    began: dict[int, float] = {}
    for frame, faces in zip(frames, seen(frames), strict=True):
        assert sorted(str(each.box) for each in faces) == sorted(str(each.face.box) for each in frame)
        assert len({each.track for each in faces}) == len(faces)
        for face in faces:
            if face.number:
                assert began.setdefault(face.number, face.began) == face.began
