"""Ranges of numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages import ranges
from edge.messages.ranges import Range

NUMBERS = st.sets(st.integers(1, 60))


RANGES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: Range(pair[0], sum(pair)))
)


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
