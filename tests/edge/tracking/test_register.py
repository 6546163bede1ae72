"""What is told of the passes."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.entrance import EntryLine, Side
from edge.tracking.register import EntranceRules, Moment, PassRegister, PassUpdate
from edge.tracking.tracker import Tracker
from edge.types import Direction, Observation, Outcome, Verdict
from tests.support.builders import BARE, MASKED, observation, rules
from tests.support.passes import FPS, observations

PICTURE = (640, 480)
ENTRANCE = EntranceRules(EntryLine((0.0, 0.5), (1.0, 0.5), Side.BELOW))
STILL = EntranceRules(ENTRANCE.line, still_s=20.0)


def play(frames: Sequence[Sequence[Observation]], entrance: EntranceRules = ENTRANCE) -> list[PassUpdate]:
    """Runs frames through tracker and register at `FPS`, to their end."""
    tracker, register = Tracker(rules()), PassRegister(entrance)
    updates = []
    now = 0.0
    for number, frame in enumerate(frames):
        now = number / FPS
        verdicts = tracker.update(frame, now, 1000 + now)
        updates.append(register.update(tracker, verdicts, Moment(now, 1000 + now, PICTURE)))
    updates.append(register.close(tracker, tracker.close(now, 1000 + now), Moment(now, 1000 + now)))
    return updates


def told(updates: Sequence[PassUpdate]) -> list[Verdict]:
    return [verdict for update in updates for verdict in update.verdicts]


def walk(start: float, end: float, seconds: float = 4.0) -> list[list[Observation]]:
    """Somebody without a mask who walks down the picture, or up."""
    count = round(seconds * FPS)
    return [[observation(BARE, x=300, y=start + (end - start) * n / count)] for n in range(count)]


def test_a_verdict_says_the_direction_and_a_crossing_after_it_revises_it() -> None:
    """The same verdict, one revision on, at the time of the crossing."""
    first, second = told(play(walk(100, 400)))
    assert (first.revision, first.outcome, first.direction) == (0, Outcome.NO_MASK, Direction.UNKNOWN)
    assert (second.revision, second.outcome, second.direction) == (1, Outcome.NO_MASK, Direction.IN)
    assert second.monotonic > first.monotonic
    assert [v.direction for v in told(play(walk(400, 100)))] == [Direction.UNKNOWN, Direction.OUT]


def test_who_turns_round_has_gone_nowhere() -> None:
    """In, and out again: the last revision says so."""
    verdicts = told(play([*walk(100, 400), *walk(400, 100)]))
    assert [v.direction for v in verdicts] == [Direction.UNKNOWN, Direction.IN, Direction.UNKNOWN]
    assert [v.revision for v in verdicts] == [0, 1, 2]


def test_revisions_of_verdict_and_direction_count_together() -> None:
    """Somebody puts the mask on behind the line."""
    frames = [*walk(100, 400), *([observation(MASKED, x=300, y=400)] for _ in range(40))]
    verdicts = told(play(frames))
    assert [(v.revision, v.outcome, v.direction) for v in verdicts] == [
        (0, Outcome.NO_MASK, Direction.UNKNOWN),
        (1, Outcome.NO_MASK, Direction.IN),
        (2, Outcome.COMPLIANT, Direction.IN),
    ]


def test_without_a_line_there_are_no_directions() -> None:
    """And the verdicts are the tracker's own."""
    (verdict,) = told(play(walk(100, 400), EntranceRules()))
    assert (verdict.revision, verdict.direction) == (0, None)


def test_a_pass_is_told_when_it_begins_and_when_it_ends() -> None:
    """With the times of first and last sight, and the last verdict."""
    updates = play([*walk(100, 400), *([] for _ in range(30))])
    (begun,) = (begun for update in updates for begun in update.begun)
    (finished,) = (finished for update in updates for finished in update.finished)
    assert (begun.number, begun.monotonic, begun.wall) == (1, 0.0, 1000.0)
    assert (finished.number, finished.began, finished.monotonic, finished.wall) == (1, 0.0, 3.9, 1003.9)
    assert finished.verdict == told(updates)[-1]
    assert {update.people for update in updates[4:40]} == {1}
    assert updates[-1].people == 0


def test_a_poster_makes_no_event_and_is_counted_apart() -> None:
    """From the first frame on, for as long as it hangs there, also where it is missed for some time."""
    hung = [[observation(BARE, x=300, y=100)]]
    updates = play([*hung * 60, *[[]] * 40, *hung * 300], STILL)
    assert told(updates) == []
    assert [u.finished for u in updates if u.finished] == []
    assert (updates[-2].people, updates[-2].still_faces, updates[-2].present) == (0, 1, ())
    assert updates[-2].faces[0].still
    # Nobody knows yet: somebody who stands there is shown the lamp.
    assert (updates[30].people, updates[30].still_faces, len(updates[30].present)) == (1, 0, 1)


def test_somebody_who_stands_first_is_told_of_with_the_first_step() -> None:
    """With the time at which it was decided."""
    stands = [[observation(BARE, x=300, y=100)]] * 50
    updates = play([*stands, *walk(100, 400)], STILL)
    first = told(updates)[0]
    assert first.monotonic < 1.0
    assert all(not update.verdicts and not update.begun for update in updates[:50])
    assert [v.direction for v in told(updates)] == [Direction.UNKNOWN, Direction.IN]


def test_somebody_who_never_moved_is_told_of_at_the_end() -> None:
    """No event is lost: a recording of still pictures has its verdicts."""
    updates = play([[observation(BARE, x=300, y=100)]] * 50, STILL)
    assert [v.outcome for v in told(updates)] == [Outcome.NO_MASK]
    assert [update.verdicts for update in updates[:-1] if update.verdicts] == []
    assert len(updates[-1].finished) == 1


@given(st.lists(st.lists(observations, max_size=3), max_size=60))
def test_nothing_is_lost_and_nothing_told_twice(frames: list[list[Observation]]) -> None:
    """Whatever is seen: every verdict of the tracker is told, and the revisions of a pass count up from 0."""
    tracker = Tracker(rules())
    expected: list[tuple[int, Outcome]] = []
    for number, frame in enumerate(frames):
        expected += [(v.number, v.outcome) for v in tracker.update(frame, number / FPS, 0.0)]
    expected += [(v.number, v.outcome) for v in tracker.close(len(frames) / FPS, 0.0)]
    for entrance in (ENTRANCE, STILL):
        updates = play(frames, entrance)
        verdicts = told(updates)
        by_pass = {v.number: [w for w in verdicts if w.number == v.number] for v in verdicts}
        assert set(by_pass) == {number for number, _ in expected}
        for number, some in by_pass.items():
            assert [v.revision for v in some] == list(range(len(some)))
            outcomes = [outcome for other, outcome in expected if other == number]
            assert some[-1].outcome is outcomes[-1]
        finished = [end.number for update in updates for end in update.finished]
        assert sorted(finished) == sorted(by_pass)
