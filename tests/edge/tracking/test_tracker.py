"""One verdict per person and pass."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from edge.types import EndedPass, Observation, Outcome, Probabilities, Stage, Verdict
from tests.support.builders import BARE, MASKED, TORN, WRONG, observation, rules
from tests.support.passes import FPS, observations, person, play


@pytest.mark.parametrize(
    ("probabilities", "outcome"),
    [(MASKED, Outcome.COMPLIANT), (BARE, Outcome.NO_MASK), (WRONG, Outcome.MASK_INCORRECT)],
)
def test_a_person_who_stays_as_they_are_gets_one_verdict(
    probabilities: Probabilities, outcome: Outcome
) -> None:
    """However long the person stays, there is one verdict and no revision."""
    verdicts = play(Tracker(rules()), person(probabilities, 8))
    assert [(v.number, v.revision, v.outcome) for v in verdicts] == [(1, 0, outcome)]


@pytest.mark.parametrize("fps", [2, 5, 15, 60])
def test_the_dwell_counts_seconds_and_not_frames(fps: int) -> None:
    """The verdict comes at about the same time at every frame rate."""
    tracker = Tracker(rules(dwell_s=1.0))
    settled = [n / fps for n in range(5 * fps) if tracker.update([observation(BARE)], n / fps, 0.0)]
    # A face of score 0.9 needs 1.0 / 0.9 seconds of evidence, rounded up to a frame.
    assert settled == [pytest.approx(1.0 / 0.9, abs=1 / fps)]


def test_a_face_seen_for_a_moment_is_not_a_pass() -> None:
    """A face that is gone before `presence_s` is counted for nothing."""
    assert play(Tracker(rules()), [*person(BARE, 0.2), *[[]] * 30]) == []


@pytest.mark.parametrize(
    "poor",
    [
        observation(BARE, px=20),
        observation(BARE, sharpness=5),
        observation(TORN),
    ],
    ids=["too small", "too blurred", "too undecided"],
)
def test_what_cannot_be_judged_is_unsure(poor: Observation) -> None:
    """A face that is too small, too blurred or undecided is never guessed."""
    verdicts = play(Tracker(rules()), [[poor]] * 20)
    assert [(v.revision, v.outcome) for v in verdicts] == [(0, Outcome.UNSURE)]


def test_someone_undecided_for_long_is_called_unsure_while_present() -> None:
    """The lamp need not wait until the person has left."""
    tracker = Tracker(rules(undecided_s=2.0))
    moments = [n / FPS for n in range(40) if tracker.update([observation(TORN)], n / FPS, 0.0)]
    assert moments == [2.0]


def test_an_unsure_verdict_is_revised_when_the_person_comes_closer() -> None:
    """Unsure is not the last word of a pass."""
    far, near = person(BARE, 5, px=20), person(BARE, 2, px=30)
    closer = person(BARE, 2, px=44)
    verdicts = play(Tracker(rules()), [*far, *near, *closer])
    assert [(v.revision, v.outcome) for v in verdicts] == [(0, Outcome.UNSURE), (1, Outcome.NO_MASK)]


def test_putting_the_mask_on_revises_the_verdict() -> None:
    """The pass stays the same, its revision counts up."""
    verdicts = play(Tracker(rules()), [*person(BARE, 3), *person(MASKED, 4)])
    assert [(v.number, v.revision, v.outcome) for v in verdicts] == [
        (1, 0, Outcome.NO_MASK),
        (1, 1, Outcome.COMPLIANT),
    ]


def test_a_moment_of_another_label_does_not_revise() -> None:
    """A hand before the face for half a second is no mask."""
    frames = [*person(BARE, 2), *person(MASKED, 0.5), *person(BARE, 2)]
    assert len(play(Tracker(rules()), frames)) == 1


def test_a_decided_verdict_does_not_fade_to_unsure() -> None:
    """Turning away after the verdict takes nothing back."""
    assert len(play(Tracker(rules()), [*person(MASKED, 2), *person(TORN, 6)])) == 1


def test_someone_who_comes_back_later_is_another_pass() -> None:
    """After `gone_s` nobody is recognised again: there are no identities."""
    frames = [*person(BARE, 1), *[[]] * 16, *person(BARE, 1)]
    assert [v.number for v in play(Tracker(rules()), frames)] == [1, 2]


def test_a_pause_of_the_camera_longer_than_gone_closes_the_pass() -> None:
    """The person after a pause is not taken for the one before it."""
    tracker = Tracker(rules())
    for n in range(10):
        tracker.update([observation(BARE)], n / FPS, 0.0)
    later = [v for n in range(10) for v in tracker.update([observation(MASKED)], 60 + n / FPS, 0.0)]
    assert [(v.number, v.outcome) for v in later] == [(2, Outcome.COMPLIANT)]


def test_the_verdict_tells_sizes_and_frames() -> None:
    """Sizes are pixels of the camera's frame, the largest face counts."""
    tracker = Tracker(rules())
    (verdict,) = play(tracker, [[observation(BARE, px=40 + 2 * n)] for n in range(7)])
    assert verdict.face_px == 52
    assert verdict.frames == 7


def test_present_names_those_with_a_verdict_in_the_last_frame() -> None:
    """The lamp follows who is there now."""
    tracker = Tracker(rules())
    for n in range(10):
        tracker.update([observation(WRONG)], n / FPS, 0.0)
    assert [(p.number, p.outcome) for p in tracker.present()] == [(1, Outcome.MASK_INCORRECT)]
    tracker.update([], 1.1, 0.0)
    assert tracker.present() == ()


def test_the_end_leaves_nothing_open() -> None:
    """Closing twice says nothing twice."""
    tracker = Tracker(rules())
    for n in range(4):
        tracker.update([observation(BARE)], n / FPS, 0.0)
    assert [v.outcome for v in tracker.close(0.4, 0.0)] == [Outcome.UNSURE]
    assert tracker.close(0.5, 0.0) == ()


def test_tracks_tell_box_pass_and_verdict_of_every_face_in_the_frame() -> None:
    """A face has a track from its first sight on, a pass once it is a person, and then a verdict."""
    tracker = Tracker(rules())
    told = []
    for n in range(10):
        tracker.update([observation(BARE, x=100 + 5 * n)], n / FPS, 0.0)
        (tracked,) = tracker.tracks()
        assert tracked.box == observation(BARE, x=100 + 5 * n).face.box
        told.append((tracked.track, tracked.number, tracked.stage, tracked.outcome))
    assert list(dict.fromkeys(told)) == [
        (1, 0, Stage.SIGHTED, None),
        (1, 1, Stage.OPEN, None),
        (1, 1, Stage.SETTLED, Outcome.NO_MASK),
    ]
    tracker.update([], 1.1, 0.0)
    assert tracker.tracks() == ()


def test_a_pass_is_told_when_it_begins_and_when_it_ends() -> None:
    """Its end tells the last verdict, the times of first and last sight, and the way between."""
    tracker = Tracker(rules())
    begun, ended = [], []
    for n in range(40):
        frame = [observation(BARE, x=100 + 5 * n)] if n < 11 else []
        tracker.update(frame, n / FPS, 0.0)
        begun += [(n, number) for number in tracker.begun()]
        ended += tracker.ended()
    assert begun == [(3, 1)]
    (end,) = ended
    assert (end.number, end.outcome, end.began, end.ended) == (1, Outcome.NO_MASK, 0.0, 1.0)
    assert (end.path[0].x, end.path[0].monotonic) == (100, 0.0)
    assert (end.path[-1].x, end.path[-1].monotonic) == (150, 1.0)
    steps = [b.monotonic - a.monotonic for a, b in itertools.pairwise(end.path[:-1])]
    assert all(0.19 < step < 0.31 for step in steps)


def test_a_face_that_was_no_person_has_no_end() -> None:
    """What was too short for a pass is told nowhere."""
    tracker = Tracker(rules())
    tracker.update([observation(BARE)], 0.0, 0.0)
    tracker.close(0.1, 0.0)
    assert tracker.ended() == ()


@given(st.lists(st.lists(observations, max_size=4), max_size=60))
def test_whatever_is_seen_passes_and_revisions_count_up(frames: list[list[Observation]]) -> None:
    """Revisions of a pass run 0, 1, 2 ... and each differs from the one before."""
    verdicts = play(Tracker(rules()), frames)
    by_pass: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        by_pass.setdefault(verdict.number, []).append(verdict)
    for history in by_pass.values():
        assert [v.revision for v in history] == list(range(len(history)))
        assert all(a.outcome is not b.outcome for a, b in itertools.pairwise(history))
        assert Outcome.UNSURE not in [v.outcome for v in history[1:]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.lists(observations, max_size=3), st.floats(-0.5, 1.0)), max_size=40))
def test_every_pass_begins_once_and_ends_once(frames: list[tuple[list[Observation], float]]) -> None:
    """None twice and none lost, and the time of a pass never goes back, whatever the camera's clock does."""
    tracker, now = Tracker(rules()), 0.0
    begun, ended = list[int](), list[EndedPass]()
    for seen, step in frames:
        now += step
        tracker.update(seen, now, 0.0)
        begun += tracker.begun()
        ended += tracker.ended()
    tracker.close(now, 0.0)
    ended += tracker.ended()
    assert begun == list(range(1, len(begun) + 1))
    assert sorted(end.number for end in ended) == begun
    for end in ended:
        times = [end.began, *(point.monotonic for point in end.path), end.ended]
        assert times == sorted(times)


@given(st.lists(st.lists(observations, max_size=4), max_size=40))
def test_the_same_frames_give_the_same_verdicts(frames: list[list[Observation]]) -> None:
    """Nothing but the frames and their times decides."""
    assert play(Tracker(rules()), frames) == play(Tracker(rules()), frames)


def test_a_verdict_stands_while_the_latest_look_agrees() -> None:
    """Not before it is settled, and not after a look that says otherwise; who is missing stands nowhere."""
    tracker = Tracker(rules())
    assert not tracker.following
    standing = []
    for frame in range(20):
        tracker.update([observation(MASKED)], frame / 10, 0.0)
        standing.append(tracker.stands_alone)
    assert standing == sorted(standing)
    assert (standing[0], standing[-1]) == (False, True)
    assert tracker.standing(1.9) == (observation(MASKED).face.box,)
    assert tracker.standing(1.95) == ()
    tracker.update([observation(BARE)], 2.0, 0.0)
    assert not tracker.stands_alone
    assert tracker.standing(0.0) == ()
    tracker.update([observation(MASKED)], 2.1, 0.0)
    assert tracker.stands_alone
    tracker.update([], 2.2, 0.0)
    assert tracker.following
    assert not tracker.stands_alone


def test_nobody_stands_alone_in_company() -> None:
    """Though each has a verdict that stands."""
    tracker = Tracker(rules())
    both = [observation(MASKED, x=100), observation(MASKED, x=400)]
    for frame in range(20):
        tracker.update(both, frame / 10, 0.0)
    assert len(tracker.standing(0.0)) == 2
    assert not tracker.stands_alone
