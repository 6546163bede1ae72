"""Posters and persons who stand."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator

import pytest

from edge.tracking.stillness import FaceKind, StillFaces
from edge.types import Box, Stage, TrackedFace

STILL_S = 60.0
FPS = 5
FACE = 40.0


def seen(track: int, x: float = 0.0, y: float = 0.0, size: float = 1.0) -> TrackedFace:
    """A face, shifted by so many face sizes from (100, 100), of so many times the usual size."""
    side = FACE * size
    box = Box(100 + FACE * x - side / 2, 100 + FACE * y - side / 2, side, side)
    return TrackedFace(box, track, 0, Stage.SIGHTED, None, 0.0, ())


def watch(still: StillFaces, frames: Iterable[list[TrackedFace]], start: float = 0.0) -> float:
    """Shows frames at `FPS`; when the last one was."""
    now = start
    for number, faces in enumerate(frames):
        now = start + number / FPS
        still.update(faces, now)
    return now


def poster(seconds: float, seed: int, track: int = 1) -> Iterator[list[TrackedFace]]:
    """Its box jitters as that of a face of 24 pixels does."""
    drawn = random.Random(seed)
    for _ in range(round(seconds * FPS)):
        x, y, growth = (drawn.gauss(0, 0.015) for _ in range(3))
        yield [seen(track, x, y, math.exp(growth))]


def sway(seconds: float, seed: int, track: int = 1) -> Iterator[list[TrackedFace]]:
    """Somebody who waits: the head moves by some centimetres, in seconds, and now and then it turns."""
    drawn = random.Random(seed)
    x = y = 0.0
    for number in range(round(seconds * FPS)):
        x += -0.2 * x + drawn.gauss(0, 0.05)
        y += -0.2 * y + drawn.gauss(0, 0.02)
        turned = 0.15 if number % (10 * FPS) > 8 * FPS else 0.0
        yield [seen(track, x + turned, y)]


@pytest.mark.parametrize("seed", range(5))
def test_a_poster_is_still_after_its_time_and_never_a_person(seed: int) -> None:
    """Until then nobody knows; for hours after, it does not become one."""
    still = StillFaces(STILL_S)
    now = watch(still, poster(STILL_S - 1, seed))
    assert (still.judge(1), still.count) == (FaceKind.UNDECIDED, 0)
    watch(still, poster(3600, seed + 100), now + 1 / FPS)
    assert (still.judge(1), still.count) == (FaceKind.STILL, 1)


@pytest.mark.parametrize("seed", range(5))
def test_somebody_who_waits_is_a_person(seed: int) -> None:
    """Long before a poster would be one, also within half a minute in a queue."""
    still = StillFaces(STILL_S)
    watch(still, sway(20, seed))
    assert (still.judge(1), still.count) == (FaceKind.PERSON, 0)


def test_somebody_who_walks_is_a_person_at_once() -> None:
    """Within a second of a slow camera, sideways or straight on: about when a verdict is settled."""
    still = StillFaces(STILL_S)
    watch(still, ([seen(1, 0.2 * number)] for number in range(6)))
    assert still.judge(1) is FaceKind.PERSON
    watch(still, ([seen(2, 3.0, size=1.1**number)] for number in range(6)), 2.0)
    assert still.judge(2) is FaceKind.PERSON


def test_a_person_stays_one() -> None:
    """However long somebody who came stands still."""
    still = StillFaces(STILL_S)
    now = watch(still, ([seen(1, 0.1 * number)] for number in range(10)))
    watch(still, ([seen(1, 1.0)] for _ in range(600 * FPS)), now)
    assert (still.judge(1), still.count) == (FaceKind.PERSON, 0)


def test_a_poster_that_is_missed_is_the_same_poster() -> None:
    """Its tracks end and others begin; it is judged by all the time that it has been there."""
    still = StillFaces(STILL_S)
    for number in range(1, 8):
        watch(still, [*poster(8, number, number), []], 10.0 * number)
    assert (still.judge(7), still.count) == (FaceKind.STILL, 1)


def test_a_moment_away_is_no_motion() -> None:
    """Somebody walks past a poster, and its box jumps for a frame."""
    still = StillFaces(STILL_S)
    now = watch(still, poster(STILL_S + 1, 1))
    watch(still, [[seen(1, 0.3)], [seen(1)], [seen(1, -0.2)], [seen(1)]], now)
    assert still.judge(1) is FaceKind.STILL


def test_a_scene_that_changes_is_judged_anew() -> None:
    """The camera was turned: the poster is elsewhere, and no person there either. Then it is taken down."""
    still = StillFaces(STILL_S)
    now = watch(still, poster(STILL_S + 1, 1))
    now = watch(still, ([seen(1, 4.0)] for _ in range(10)), now + 1)
    assert still.judge(1) is FaceKind.UNDECIDED
    now = watch(still, ([seen(1, 4.0)] for _ in range(round(STILL_S * FPS))), now)
    assert (still.judge(1), still.count) == (FaceKind.STILL, 1)
    watch(still, [[]], now + STILL_S + 1)
    assert still.count == 0


def test_somebody_who_gets_up_is_a_person_after_all() -> None:
    """A guard who sat without motion for a minute."""
    still = StillFaces(STILL_S)
    now = watch(still, poster(STILL_S + 1, 1))
    watch(still, ([seen(1, 0.3 * number)] for number in range(10)), now)
    assert still.judge(1) is FaceKind.PERSON


def test_somebody_who_leaves_without_a_motion_is_a_person_in_the_end() -> None:
    """After the time in which a poster would have been found again; at the end of all at once."""
    still = StillFaces(STILL_S)
    now = watch(still, poster(3, 1))
    still.leave(1)
    watch(still, [[]], now + STILL_S - 1)
    assert still.judge(1) is FaceKind.UNDECIDED
    watch(still, [[]], now + STILL_S + 1)
    assert still.judge(1) is FaceKind.PERSON
    watch(still, poster(3, 2, 2), now + 100)
    still.close()
    assert still.judge(2) is FaceKind.PERSON


def test_without_a_time_everybody_is_a_person() -> None:
    """`still_s = 0`."""
    still = StillFaces(0.0)
    watch(still, poster(100, 1))
    assert (still.judge(1), still.count) == (FaceKind.PERSON, 0)
