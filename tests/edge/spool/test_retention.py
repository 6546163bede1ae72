"""What the spool drops, what it says of it, and what it keeps besides events."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.spool.retention import RowCounts, RowKind, next_drop
from edge.types import Reason
from tests.support.spools import fill, gaps, sequences, small


def test_acknowledged_events_go_first(path: Path) -> None:
    """A full spool forgets what a broker has, the longest acknowledged first, and nothing is lost."""
    with closing(small(path, 10)) as spool:
        fill(spool, range(1, 11))
        spool.mark_sent([7])
        spool.flush()
        spool.mark_sent([2, 3])
        fill(spool, range(11, 13))
        assert sequences(spool) == [1, 4, 5, 6, 8, 9, 10, 11, 12]
        assert spool.figures().stored == 10
        assert gaps(spool) == []
        assert spool.replay(3, 3).again == 1
        assert spool.figures().dropped == 0


def test_the_oldest_unsent_go_last_and_are_announced(path: Path) -> None:
    """With nothing else to drop the oldest events go: counted, and one gap that grows."""
    with closing(small(path, 10)) as spool:
        for first in (1, 8, 15):
            fill(spool, range(first, first + 7))
        assert sequences(spool) == list(range(12, 22))
        assert gaps(spool) == [(1, 11, Reason.SPOOL_FULL)]
        assert spool.figures().dropped == 11
        assert "full" in spool.problem
    with closing(small(path, 10)) as again:
        assert again.figures().dropped == 11
        assert again.problem == ""


def test_a_full_spool_that_is_drained_is_none(path: Path) -> None:
    """The problem ends with the first events that fit again."""
    with closing(small(path, 5)) as spool:
        fill(spool, range(1, 9))
        assert spool.problem
        spool.mark_sent(range(4, 9))
        fill(spool, range(9, 10))
        assert spool.problem == ""


COUNT = st.integers(0, 50)


@given(COUNT, COUNT, COUNT, st.integers(-5, 60), st.integers(-5, 5))
def test_dropping_keeps_its_order_and_comes_to_an_end(
    acknowledged: int, minutes: int, unsent: int, rows_over: int, pages_over: int
) -> None:
    """No kind is touched while one before it is left; as many go as the bounds ask for, and no more."""
    left = {RowKind.ACKNOWLEDGED: acknowledged, RowKind.MINUTES: minutes, RowKind.UNSENT: unsent}
    pages, order = pages_over, []
    while drop := next_drop(RowCounts(*left.values()), rows_over, pages):
        assert 1 <= drop.count <= left[drop.kind]
        left[drop.kind] -= drop.count
        rows_over -= drop.count if drop.kind is not RowKind.MINUTES else 0
        pages -= 1
        order.append(drop.kind)
    assert order == sorted(order, key=lambda kind: kind.value)
    assert (rows_over <= 0 and pages <= 0) or left[RowKind.ACKNOWLEDGED] == left[RowKind.UNSENT] == 0
    if pages_over <= 0:
        assert left[RowKind.MINUTES] == minutes


def test_nothing_goes_within_the_bounds() -> None:
    """A spool that is exactly full keeps everything."""
    assert next_drop(RowCounts(5, 5, 5), 0, 0) is None
