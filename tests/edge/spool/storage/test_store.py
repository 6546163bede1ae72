"""What is written to a spool and read from it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import ConsumerMark, Spool
from edge.spool.records import Purged
from edge.spool.writer import SpoolWriter
from edge.telemetry.records import DAY_S
from edge.types import Reason
from tests.support.builders import event, limits
from tests.support.spools import fill, gaps, sequences, small


def test_a_number_is_never_given_another_event(spool: Spool) -> None:
    """A second event with a stored number does not replace the first."""
    fill(spool, range(1, 2))
    spool.append(event(1, number=2))
    spool.flush()
    (stored,) = spool.unsent(0, 10)
    assert json.loads(stored.payload)["pass_id"] == event(1).pass_id
    assert spool.depth() == 1


WALL = 1_700_000_000.0


MINUTE = 1_699_999_980


def test_replay_sends_acknowledged_events_again(spool: Spool) -> None:
    """Marked ones become unsent, in order; those beyond the last number are nobody's."""
    fill(spool, range(1, 11))
    spool.mark_sent(range(1, 11))
    told: list[int] = []
    spool.on_change(lambda: told.append(1))
    found = spool.replay(4, 99)
    assert (found.again, found.waiting, found.gone) == (7, 0, 0)
    assert sequences(spool) == list(range(4, 11))
    assert spool.replays == 1
    assert spool.depth() == 7
    assert told
    assert spool.replay(50, 99).again == 0
    assert spool.replays == 1


def test_replay_leaves_out_what_was_sent_just_now(path: Path) -> None:
    """A consumer that is only slow does not get everything twice."""
    now = WALL
    with closing(Spool.open(path, limits(), wall=lambda: now)) as spool:
        fill(spool, range(1, 7))
        spool.mark_sent([1, 2, 3])
        spool.flush()
        now += 60
        spool.mark_sent([4, 5, 6])
        spool.flush()
        assert spool.replay(1, 6, sent_before=now - 30).again == 3
        assert sequences(spool) == [1, 2, 3]


def test_replay_announces_what_is_gone(path: Path) -> None:
    """Whoever asks for what is no longer kept is told that it never comes, each time."""
    with closing(small(path, 4)) as spool:
        fill(spool, range(1, 5))
        spool.mark_sent([1, 2])
        fill(spool, range(5, 7))
        for _ in range(2):
            found = spool.replay(1, 3)
            assert (found.again, found.gone) == (0, 2)
            (gap,) = spool.unsent_gaps(10)
            assert (gap.first, gap.last, gap.reason) == (1, 2, Reason.EXPIRED)
            spool.mark_gaps_sent([gap.position])
            assert gaps(spool) == []


def test_replay_of_an_unknown_epoch_changes_nothing(spool: Spool) -> None:
    """It is one sentence that names the epoch."""
    fill(spool, range(1, 3))
    spool.mark_sent([1, 2])
    with pytest.raises(SpoolError, match="no epoch elsewhere"):
        spool.replay(1, 2, epoch="elsewhere")
    assert sequences(spool) == []


def test_a_clock_that_jumps_ahead_ages_nothing(path: Path) -> None:
    """What was acknowledged a moment ago is kept when the wall clock gains a year."""
    now = [WALL]
    with closing(Spool.open(path, limits(keep_days=7), wall=lambda: now[0])) as spool:
        fill(spool, range(1, 4))
        spool.mark_sent([1, 2, 3])
        spool.flush()
        now[0] += 365 * DAY_S
        spool.ask(SpoolWriter.prune)
        assert spool.figures().stored == 3


def test_everything_but_unsent_events_goes_after_some_days(path: Path) -> None:
    """Marks, minutes, announced gaps and acknowledged events are kept for `keep_days`."""
    with closing(Spool.open(path, limits(max_events=3, keep_days=7), wall=lambda: WALL)) as spool:
        fill(spool, range(1, 6))
        spool.mark_sent([3])
        spool.mark_gaps_sent([gap.position for gap in spool.unsent_gaps(5)])
        spool.set_mark(ConsumerMark("team", "e1", 3, WALL))
    for days, left in ((6, 1), (8, 0)):
        with closing(Spool.open(path, limits(keep_days=7), wall=lambda: WALL + days * DAY_S)) as spool:  # noqa: B023
            assert len(spool.marks()) == left
            assert len(spool.minutes(0, MINUTE)) == left
            assert spool.figures().stored == 2 + left
            assert sequences(spool) == [4, 5]
            assert gaps(spool) == []


def test_purging_takes_what_is_old(path: Path) -> None:
    """Acknowledged events at first, unsent ones only when asked, and these are announced."""
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 6))
        spool.mark_sent([1, 2])
        assert spool.ask(lambda writer: writer.purge(WALL, unsent=True)) == Purged(0, 0)
        assert spool.ask(lambda writer: writer.purge(WALL + 1, unsent=False)) == Purged(2, 0)
        assert sequences(spool) == [3, 4, 5]
        assert spool.ask(lambda writer: writer.purge(WALL + 1, unsent=True)) == Purged(0, 3)
        assert gaps(spool) == [(3, 5, Reason.EXPIRED)]
        assert spool.figures() == replace(spool.figures(), unsent=0, stored=0, dropped=3)
