"""Minutes, passes and the marks of consumers, as the file holds them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.spool import ConsumerMark, Spool
from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts
from edge.types import Direction, Event, Outcome
from tests.support.builders import limits
from tests.support.spools import at

WALL = 1_700_000_000.0


MINUTE = 1_699_999_980


def turned(event: Event, direction: Direction | None) -> Event:
    return replace(event, verdict=replace(event.verdict, direction=direction))


def test_marks_of_consumers_are_kept(path: Path) -> None:
    """The latest of each consumer and epoch, over a restart, readable at once."""
    with closing(Spool.open(path, limits())) as spool:
        for contiguous in (5, 9, 7):
            spool.set_mark(ConsumerMark("team", "e1", contiguous, WALL))
        spool.set_mark(ConsumerMark("other", "e1", 1, WALL))
        marks = (ConsumerMark("other", "e1", 1, WALL), ConsumerMark("team", "e1", 7, WALL))
        assert set(spool.marks()) == set(marks)
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as again:
        assert again.marks() == marks


def test_marks_cannot_fill_the_disk(path: Path) -> None:
    """Of many names the last hundred that were heard stay."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        for number in range(250):
            spool.set_mark(ConsumerMark(f"c{number}", "e1", 1, WALL + number))
        spool.flush()
        assert {mark.consumer for mark in spool.marks()} == {f"c{number}" for number in range(150, 250)}


def test_minutes_count_each_pass_by_its_latest_revision(spool: Spool) -> None:
    """A revision changes the minute in which the pass began, also when it comes in a later one."""
    spool.append(at(1, Outcome.NO_MASK, number=1))
    spool.append(at(2, Outcome.UNSURE, number=2))
    spool.append(at(3, Outcome.COMPLIANT, number=1, revision=1, wall=WALL + 90))
    spool.append(at(4, Outcome.COMPLIANT, number=3, wall=WALL + 90))
    spool.flush()
    first, second = spool.minutes(MINUTE, MINUTE + 600)
    assert (first.start, first.verdicts) == (MINUTE, VerdictCounts(compliant=1, unsure=1))
    assert (second.start, second.verdicts) == (MINUTE + 60, VerdictCounts(compliant=1))


def test_minutes_count_each_pass_by_its_latest_direction(spool: Spool) -> None:
    """Somebody crosses the line after the verdict; a device without a line counts no directions."""
    for number, direction in ((1, Direction.UNKNOWN), (2, Direction.OUT), (3, None)):
        spool.append(turned(at(number, Outcome.NO_MASK, number=number), direction))
    spool.append(turned(at(4, Outcome.NO_MASK, number=1, revision=1, wall=WALL + 90), Direction.IN))
    spool.flush()
    (minute,) = (found for found in spool.minutes(MINUTE, MINUTE + 600) if found.verdicts.no_mask)
    assert (minute.verdicts, minute.directions) == (VerdictCounts(no_mask=3), DirectionCounts(1, 1, 0))


def test_minutes_add_up_over_a_restart(path: Path) -> None:
    """What is added to a minute adds to what it holds."""
    for _ in range(2):
        with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
            spool.add_minute(Minute(MINUTE, frames=10, watched_s=1.5))
            spool.add_minute(Minute(MINUTE, blind_s=2.0))
            spool.flush()
            found = spool.minutes(MINUTE, MINUTE)
    assert found == (Minute(MINUTE, frames=20, watched_s=3.0, blind_s=4.0),)


def test_a_minute_begins_at_a_minute() -> None:
    """Anything else is an error of the caller."""
    with pytest.raises(ValueError, match="multiple of 60"):
        Minute(MINUTE + 1)
