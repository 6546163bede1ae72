"""What one transaction does to the rows of a spool."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.spool import Spool
from edge.telemetry.records import Minute
from edge.types import Reason
from tests.support.builders import limits
from tests.support.spools import fill, gaps, sequences

MINUTE = 1_699_999_980


def test_bytes_are_bounded(path: Path) -> None:
    """The database stays within its size, whatever comes; minutes go before unsent events."""
    with closing(Spool.open(path, limits(max_bytes=200_000))) as spool:
        for minute in range(50):
            spool.add_minute(Minute(MINUTE - 60 * minute, frames=1))
        for first in range(1, 1000, 100):
            fill(spool, range(first, first + 100))
            assert spool.figures().bytes <= 200_000
        kept = sequences(spool)
        assert kept == list(range(kept[0], 1000 + 1))
        assert gaps(spool) == [(1, kept[0] - 1, Reason.SPOOL_FULL)]
        assert spool.minutes(0, MINUTE) == ()
    assert path.stat().st_size < 300_000


def test_given_up_events_are_gaps_and_can_be_replayed(spool: Spool) -> None:
    """What no broker takes is out of the way, announced, and still there."""
    fill(spool, range(1, 6))
    spool.give_up([2, 3, 99])
    assert sequences(spool) == [1, 4, 5]
    spool.flush()
    assert sequences(spool) == [1, 4, 5]
    assert gaps(spool) == [(2, 3, Reason.REFUSED)]
    assert spool.replay(1, 5).again == 2
    assert sequences(spool) == [1, 2, 3, 4, 5]
