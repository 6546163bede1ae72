"""How far an epoch is complete."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge.collector.completeness import OPEN, completeness_of, holes
from edge.messages.ranges import Range, merge, ranges_of

spans = st.builds(lambda first, more: Range(first, first + more), st.integers(1, 60), st.integers(0, 8))


def members(ranges: tuple[Range, ...]) -> set[int]:
    return {number for span in ranges for number in range(span.first, span.last + 1)}


@given(st.lists(spans), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(given_spans: list[Range], random: object) -> None:
    """However ranges come, in whatever portions and however often, their union is the same."""
    mixed = given_spans + given_spans[: len(given_spans) // 2]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    whole = merge(given_spans)
    half = len(mixed) // 2
    assert merge((*merge(mixed[:half]), *merge(mixed[half:]))) == whole
    assert members(whole) == {n for span in given_spans for n in range(span.first, span.last + 1)}


@given(st.lists(spans))
def test_a_union_neither_touches_nor_overlaps(given_spans: list[Range]) -> None:
    """Between two ranges there is always a hole."""
    whole = merge(given_spans)
    assert all(left.last + 1 < right.first for left, right in itertools.pairwise(whole))


@given(st.lists(spans))
def test_holes_are_what_is_not_there(given_spans: list[Range]) -> None:
    """Ranges and their holes together are all sequences up to the highest, none twice."""
    whole = merge(given_spans)
    there, missing = members(whole), members(holes(whole))
    assert not there & missing
    assert there | missing == set(range(1, max(there, default=0) + 1))


@given(st.sets(st.integers(1, 60)))
def test_the_mark_counts_up_to_the_first_that_is_missing(sequences: set[int]) -> None:
    """The mark is the largest n for which 1 to n are all there."""
    found = completeness_of(ranges_of(sequences), max(sequences, default=0))
    expected = 0
    while expected + 1 in sequences:
        expected += 1
    assert found.contiguous == expected


def test_a_gap_without_an_end_closes_the_epoch() -> None:
    """Whatever is missing behind its beginning will never come; the mark is the highest that is known."""
    whole = merge([Range(1, 3), Range(9, 9), Range(4, OPEN)])
    assert completeness_of(whole, 9).contiguous == 9
    assert completeness_of(whole, 9).holes == ()


def test_an_epoch_that_is_gone_as_a_whole() -> None:
    """A gap from 1 without an end, and nothing that ever came, leaves nothing to wait for."""
    found = completeness_of((Range(1, OPEN),), 0)
    assert (found.contiguous, found.holes) == (0, ())
