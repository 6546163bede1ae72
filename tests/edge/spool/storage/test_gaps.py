"""Gaps in the file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.spool import Spool
from edge.types import Gap, Reason
from tests.support.builders import limits
from tests.support.spools import fill, gaps, small

WALL = 1_700_000_000.0


def test_a_gap_that_was_read_does_not_grow(path: Path) -> None:
    """What may be on its way to the broker keeps its meaning; later losses are a gap of their own."""
    with closing(small(path, 5)) as spool:
        fill(spool, range(1, 8))
        (first,) = spool.unsent_gaps(10)
        fill(spool, range(8, 10))
        assert gaps(spool) == [(1, 2, Reason.SPOOL_FULL), (3, 4, Reason.SPOOL_FULL)]
        spool.mark_gaps_sent([first.position])
        assert gaps(spool) == [(3, 4, Reason.SPOOL_FULL)]
        spool.flush()
        assert gaps(spool) == [(3, 4, Reason.SPOOL_FULL)]


def test_a_gap_of_an_earlier_run_does_not_grow(path: Path) -> None:
    """It may have been sent then, and the acknowledgement was lost."""
    for run in range(2):
        with closing(small(path, 5)) as spool:
            fill(spool, range(1 + 10 * run, 11 + 10 * run))
    with closing(small(path, 5)) as spool:
        assert gaps(spool) == [(1, 5, Reason.SPOOL_FULL), (6, 15, Reason.SPOOL_FULL)]
        assert [gap.number for gap in spool.unsent_gaps(5)] == [1, 2]


def test_gaps_are_plain_values(path: Path) -> None:
    """A gap names the epoch of its numbers and when it was found."""
    with closing(Spool.open(path, limits(max_events=1), wall=lambda: WALL)) as spool:
        fill(spool, range(1, 4))
        assert spool.unsent_gaps(1) == (Gap(1, spool.epoch, 1, 1, 2, Reason.SPOOL_FULL, WALL),)
