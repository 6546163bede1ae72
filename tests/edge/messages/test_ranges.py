"""Ranges of numbers, and what goes first when the spool is full."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages import ranges
from edge.messages.ranges import Range
from edge.spool.retention import RowCounts, RowKind, next_drop

NUMBERS = st.sets(st.integers(1, 60))
RANGES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: Range(pair[0], sum(pair)))
)
COUNT = st.integers(0, 50)


def numbers(items: tuple[Range, ...] | list[Range]) -> set[int]:
    return {number for item in items for number in range(item.first, item.last + 1)}


def test_a_range_goes_upwards() -> None:
    """An empty range cannot be made."""
    with pytest.raises(ValueError, match="from 3 to 2"):
        Range(3, 2)


@given(NUMBERS)
def test_numbers_come_back_out_of_their_ranges(some: set[int]) -> None:
    """Ranges say the same numbers, in order, with a hole between any two."""
    found = ranges.ranges_of(some)
    assert numbers(found) == some
    assert sum(map(len, found)) == len(some)
    assert all(a.last + 1 < b.first for a, b in pairwise(found))


@given(RANGES)
def test_merging_keeps_the_numbers_and_leaves_holes_between(items: list[Range]) -> None:
    """What overlaps or adjoins becomes one; merging once more changes nothing."""
    found = ranges.merge(items)
    assert found == ranges.ranges_of(numbers(items))
    assert ranges.merge(found) == found


@given(RANGES, st.integers(1, 60), st.integers(0, 30))
def test_taking_out_leaves_the_rest(taken: list[Range], first: int, more: int) -> None:
    """A range without others is its numbers without theirs."""
    whole = Range(first, first + more)
    assert numbers(ranges.without(whole, taken)) == numbers([whole]) - numbers(taken)


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
