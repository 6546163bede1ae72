"""One person from the first sight to the last."""

from __future__ import annotations

from itertools import pairwise

from edge.tracking.passes import LONGEST_PATH, TRANSITIONS, Pass, PassEvent
from edge.types import Outcome, Stage
from tests.support.builders import BARE, MASKED, observation, rules


def test_every_stage_but_the_last_can_end() -> None:
    """A pass can always be closed, and a closed one stays closed."""
    assert TRANSITIONS[Stage.CLOSED] == {}
    for stage in set(Stage) - {Stage.CLOSED}:
        assert TRANSITIONS[stage][PassEvent.GONE][0] is Stage.CLOSED


def test_a_signal_that_its_stage_does_not_know_moves_no_pass() -> None:
    """Nobody has a verdict who is no person yet."""
    person = Pass(1, observation(BARE), 0.0)
    assert person.move(PassEvent.DECIDED) is None
    assert (person.stage, person.outcome, person.revision) == (Stage.SIGHTED, None, -1)


def test_each_verdict_of_a_pass_has_the_next_revision() -> None:
    """The first one is 0; an end after a verdict tells nothing more."""
    person = Pass(1, observation(BARE), 0.0)
    signals = (PassEvent.CONFIRMED, PassEvent.OVERDUE, PassEvent.DECIDED, PassEvent.GONE)
    told = [(person.move(signal), person.revision) for signal in signals]
    assert told == [(None, -1), (Outcome.UNSURE, 0), (person.leading, 1), (None, 1)]
    assert person.stage is Stage.CLOSED


def test_the_path_of_a_face_begins_at_its_first_sight_and_ends_at_its_last() -> None:
    """Points in between are some time apart, and the oldest of them are left out when they are many."""
    person = Pass(1, observation(MASKED, x=0), 0.0)
    for step in range(1, 3000):
        person.motion.advance(step / 10)
        person.observe(observation(MASKED, x=step), step / 10, rules())
    times = [point.monotonic for point in person.path]
    assert (times[0], times[-1]) == (0.0, 299.9)
    assert len(times) == LONGEST_PATH + 2
    assert all(0.15 < later - earlier < 0.35 for earlier, later in pairwise(times[1:]))
