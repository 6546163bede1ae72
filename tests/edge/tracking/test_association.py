"""Who is who between two frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from edge.types import Observation, Outcome
from tests.support.builders import BARE, MASKED, face, observation, rules
from tests.support.passes import FPS, observations, person, play

PICTURE = (640, 480)


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


frames_of_few = st.lists(st.lists(observations, max_size=4), max_size=12)


def numbers(
    frames: list[list[Observation]], picture: tuple[int, int] | None = PICTURE
) -> list[dict[str, int]]:
    """For each frame the track of each face, by its box."""
    tracker, told = Tracker(rules()), []
    for number, frame in enumerate(frames):
        tracker.update(frame, number / FPS, 0.0, (), picture)
        told.append({str(tracked.box): tracked.track for tracked in tracker.tracks()})
    return told


@settings(max_examples=20, deadline=None)
@given(frames_of_few)
def test_every_face_has_one_track_and_no_track_two_faces(frames: list[list[Observation]]) -> None:
    """No face is lost, and nobody is in two places."""
    tracker = Tracker(rules())
    for number, frame in enumerate(frames):
        tracker.update(frame, number / FPS, 0.0, (), PICTURE)
        tracked = tracker.tracks()
        assert sorted(str(each.box) for each in tracked) == sorted(str(each.face.box) for each in frame)
        assert len({each.track for each in tracked}) == len(tracked)


@settings(max_examples=20, deadline=None)
@given(frames_of_few, frames_of_few)
def test_no_face_is_lost_where_some_are_not_judged(
    frames: list[list[Observation]], others: list[list[Observation]]
) -> None:
    """Every judged face has a track of its own; of the others, those that continue one."""
    tracker = Tracker(rules())
    for number, (frame, other) in enumerate(zip(frames, others, strict=False)):
        glimpses = [seen.face for seen in other]
        tracker.update(frame, number / FPS, 0.0, glimpses, PICTURE)
        tracked = tracker.tracks()
        boxes = Counter(str(each.box) for each in tracked)
        assert len({each.track for each in tracked}) == len(tracked) <= len(frame) + len(other)
        assert not Counter(str(each.face.box) for each in frame) - boxes


@settings(max_examples=20, deadline=None)
@given(frames_of_few, st.randoms(use_true_random=False))
def test_the_order_of_faces_in_a_frame_does_not_matter(
    frames: list[list[Observation]], random: Random
) -> None:
    """A detector may tell them as it likes."""
    assert numbers([random.sample(frame, len(frame)) for frame in frames]) == numbers(frames)


def mirrored(seen: Observation) -> Observation:
    box = seen.face.box
    return replace(seen, face=replace(seen.face, box=replace(box, x=PICTURE[0] - box.x - box.w)))


def walkers(count: int, frames: int, seed: int) -> list[list[Observation]]:
    """People who walk about in the picture, at distances that differ."""
    random = Random(seed)
    people = [
        (random.uniform(100, 500), 80 + 90 * n, random.uniform(-80, 80), random.uniform(25, 70))
        for n in range(count)
    ]
    return [
        [
            observation(BARE, x=x + speed * number / FPS + random.gauss(0, 1), y=y, px=px)
            for x, y, speed, px in people
        ]
        for number in range(frames)
    ]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 1000))
def test_mirrored_pictures_give_mirrored_tracks(count: int, seed: int) -> None:
    """Left and right are the same to a tracker."""
    frames = walkers(count, 20, seed)
    there = [sorted(told.values()) for told in numbers(frames)]
    mirrored_frames = [[mirrored(seen) for seen in frame] for frame in frames]
    assert [sorted(told.values()) for told in numbers(mirrored_frames)] == there
    for frame, one, other in zip(frames, numbers(frames), numbers(mirrored_frames), strict=True):
        for seen in frame:
            assert other[str(mirrored(seen).face.box)] == one[str(seen.face.box)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_people_who_walk_apart_are_told_apart_at_every_frame_rate(fps: int) -> None:
    """Frames a second change nothing where nobody comes near another."""
    tracker = Tracker(rules())
    for number in range(3 * fps + 1):
        now = number / fps
        people = [observation(BARE, x=120 + 100 * now, y=100), observation(MASKED, x=520 - 100 * now, y=300)]
        tracker.update(people, now, 0.0, (), PICTURE)
    assert [tracked.track for tracked in tracker.tracks()] == [1, 2]


def test_time_that_goes_back_stands_still() -> None:
    """A camera's clock may jump; nothing ends or begins because of that."""
    tracker = Tracker(rules())
    moments = []
    for now in (0.0, 0.1, 0.2, 0.05, 0.3, 0.4, 0.5):
        tracker.update([observation(BARE)], now, 0.0)
        (tracked,) = tracker.tracks()
        moments.append(tracked.path[-1].monotonic)
        assert tracked.track == 1
    assert all(one <= other for one, other in pairwise(moments))


def test_nobody_inherits_the_pass_of_one_who_left_at_the_edge() -> None:
    """Who comes in there a moment later is somebody else."""
    frames = [[observation(BARE, x=400 + 22 * n)] for n in range(11)]
    frames += [[]] * 4
    frames += [[observation(BARE, x=630 - 22 * n)] for n in range(6)]
    tracks = [track for told in numbers(frames) for track in told.values()]
    assert tracks == [1] * 11 + [2] * 6


def test_edges_are_guessed_where_nobody_knows_the_picture() -> None:
    """They are where faces have reached to; so nobody inherits a pass there."""
    frames = [[observation(BARE, x=600, y=60 * n + 40, px=30) for n in range(7)] for _ in range(10)]
    frames += [[observation(BARE, x=400 + 22 * n, y=470)] for n in range(10)]
    frames += [[]] * 5
    frames += [[observation(BARE, x=595 - 22 * n, y=470)] for n in range(6)]
    told = numbers(frames, picture=None)
    assert not set(told[19].values()) & set(told[-1].values())


def test_a_large_face_is_hardly_ever_somebody_new() -> None:
    """Who is missed for half a second in the middle of the picture has stepped aside meanwhile."""
    frames = [[observation(BARE, x=300, y=240, px=100)] for _ in range(20)] + [[]] * 5
    frames += [[observation(BARE, x=610, y=240, px=100)]]
    assert set(numbers(frames, (1280, 720))[-1].values()) == {1}


def test_nobody_inherits_the_pass_of_one_who_grew_out_of_the_picture() -> None:
    """The next in the row, who was hidden, is smaller than the one who has gone past would be."""
    frames = [[observation(BARE, x=320, y=240, px=160 / (4.0 - 0.12 * n) * 2)] for n in range(25)]
    frames += [[observation(BARE, x=320, y=240, px=160 / (2.2 - 0.12 * n) * 2)] for n in range(8)]
    tracks = [track for told in numbers(frames) for track in told.values()]
    assert tracks == [1] * 25 + [2] * 8


def test_one_who_was_hidden_for_long_comes_back_beside_the_one_in_front() -> None:
    """They are waited for beyond `gone_s`, because somebody nearer stands before them."""
    frames = []
    for n in range(70):
        front = observation(BARE, x=300, y=240, px=100)
        behind = observation(MASKED, x=max(440 - 4 * n, 340), y=240, px=50)
        frames.append([front] if 28 <= n < 46 else [front, behind])
    told = numbers(frames)
    assert set(told[-1].values()) == set(told[0].values()) == {1, 2}


def test_a_face_of_a_low_score_continues_a_pass_and_begins_none() -> None:
    """As in ByteTrack's second round, but in one choice with the sure faces."""
    tracker = Tracker(rules())
    for n in range(10):
        tracker.update([observation(BARE)], n / FPS, 0.0)
    for n in range(10, 40):
        tracker.update([], n / FPS, 0.0, [face(score=0.4), face(x=400, score=0.4)], PICTURE)
        assert [tracked.track for tracked in tracker.tracks()] == [1]


def test_a_face_that_is_not_judged_keeps_its_pass_when_somebody_comes_out_from_behind() -> None:
    """Nor does one of a low score lose it to the sure face beside it."""
    tracker = Tracker(rules())
    for n in range(20):
        tracker.update([observation(BARE, x=300, px=60)], n / FPS, 0.0, (), PICTURE)
    newcomer = observation(BARE, x=330, y=90, px=48)
    tracker.update([newcomer], 2.0, 0.0, [face(x=300, px=60, score=0.4)], PICTURE)
    assert {tracked.box.w: tracked.track for tracked in tracker.tracks()} == {60: 1, 48: 2}


def test_a_face_that_is_found_twice_is_one() -> None:
    """The second box, of a low score, does not take the pass of the first, however well it fits."""
    tracker = Tracker(rules())
    for n in range(20):
        tracker.update([observation(BARE, x=300, px=60)], n / FPS, 0.0, (), PICTURE)
    surer = observation(BARE, x=304, y=84, px=76)
    tracker.update([surer], 2.0, 0.0, [face(x=300, px=56, score=0.4)], PICTURE)
    assert {tracked.box.w: tracked.track for tracked in tracker.tracks()} == {76: 1}


def test_of_two_who_overlap_the_one_in_front_is_seen() -> None:
    """Also where the face that is left is as near to the place of the one behind."""
    frames = [
        [observation(BARE, x=300, y=200, px=60), observation(BARE, x=420 - 4 * n, y=190, px=48)]
        for n in range(22)
    ]
    frames += [[observation(BARE, x=319, y=194, px=54)]]
    assert list(numbers(frames)[-1].values()) == [1]


def test_a_face_that_jitters_over_the_edge_is_one_pass() -> None:
    """It is found in some frames and not in others; and it goes nowhere."""
    seen = [n < 6 or n % 3 == 0 for n in range(20)]
    frames = [
        [observation(BARE, x=650 + 3 * (n % 2), y=100, px=60)] if found else []
        for n, found in enumerate(seen)
    ]
    assert {track for told in numbers(frames) for track in told.values()} == {1}


def test_a_single_sight_counts_for_the_frame_it_stands_for() -> None:
    """Who is seen in every other frame of a slow camera is one person, also where newcomers come in."""
    tracker, tracks = Tracker(rules()), set()
    for n in range(5):
        seen = [observation(BARE, x=626 - 6 * n, y=120, px=18)] if n % 2 == 0 else []
        tracker.update(seen, 0.16 * n, 0.0, (), PICTURE)
        tracks |= {tracked.track for tracked in tracker.tracks()}
    assert tracks == {1}


def test_one_who_was_seen_once_at_the_edge_has_come_in_there() -> None:
    """Nobody leaves in the frame in which they come: they are waited for like anybody else."""
    tracker, tracks = Tracker(rules()), set()
    for n, at in enumerate(((-8, 200), None, (31, 190))):
        seen = [observation(BARE, x=at[0], y=at[1], px=34)] if at else []
        tracker.update(seen, 0.16 * n, 0.0, (), PICTURE)
        tracks |= {tracked.track for tracked in tracker.tracks()}
    assert tracks == {1}
