"""When a device is asked for what is missing."""

from __future__ import annotations

from edge.collector.missing import ATTEMPTS, MAX_RANGES, MissingRanges
from edge.messages.ranges import Range

HOLE = Range(3, 7)


def test_what_has_just_been_missed_may_still_be_under_way() -> None:
    """A range is asked for once it has been open for the stated time, not before."""
    missing_ranges = MissingRanges(10)
    missing_ranges.update(0, [HOLE])
    assert missing_ranges.request(9.9) == ()
    assert missing_ranges.wait(4) == 6
    assert missing_ranges.request(10) == (HOLE,)


def test_a_request_is_repeated_ever_more_seldom() -> None:
    """Each wait is twice the one before, and after the last the range is given up."""
    missing_ranges = MissingRanges(10)
    missing_ranges.update(0, [HOLE])
    asked = []
    for now in range(2000):
        missing_ranges.update(now, [HOLE])
        if missing_ranges.request(now):
            asked.append(now)
        if missing_ranges.given_up(now):
            break
    assert asked == [10, 30, 70, 150, 310, 630]
    assert len(asked) == ATTEMPTS
    assert now == 630 + 640


def test_what_a_broker_refused_was_not_asked() -> None:
    """The device never heard of it, so it is asked again however often that was, and not given up."""
    missing_ranges = MissingRanges(10)
    missing_ranges.update(0, [HOLE])
    for now in range(5000):
        if missing_ranges.request(now):
            missing_ranges.heed(now + 1)
        assert missing_ranges.given_up(now) == ()
    assert missing_ranges.wait(5000) is not None


def test_what_comes_keeps_a_range_alive() -> None:
    """While parts of a range arrive it is not given up."""
    missing_ranges = MissingRanges(1)
    for now in range(500):
        missing_ranges.update(now, [Range(1 + now, 1000)])
        missing_ranges.request(now)
        assert missing_ranges.given_up(now) == ()


def test_what_has_come_is_not_asked_for() -> None:
    """A range that was filled, or the part of it that was, is forgotten."""
    missing_ranges = MissingRanges(10)
    missing_ranges.update(0, [Range(1, 1), HOLE])
    missing_ranges.update(5, [Range(3, 4), Range(6, 7)])
    assert missing_ranges.request(10) == (Range(3, 4), Range(6, 7))
    missing_ranges.update(11, [])
    assert missing_ranges.wait(11) is None
    assert missing_ranges.request(1000) == ()


def test_a_request_has_a_largest_size() -> None:
    """More ranges than fit into one message are asked for in turn."""
    many = [Range(2 * number, 2 * number) for number in range(1, 251)]
    missing_ranges = MissingRanges(10)
    missing_ranges.update(0, many)
    first, second, third = missing_ranges.request(10), missing_ranges.request(10), missing_ranges.request(10)
    assert [len(first), len(second), len(third)] == [MAX_RANGES, MAX_RANGES, 50]
    assert (*first, *second, *third) == tuple(many)
