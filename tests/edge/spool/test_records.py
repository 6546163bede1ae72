"""What waits to be written in one transaction."""

from __future__ import annotations

import pytest

from edge.config import SpoolConfig
from edge.messages.ranges import Range
from edge.spool import records
from edge.spool.records import ConsumerMark, EventRow, LostRange, WriteBatch, limits_of, sequence_of
from edge.telemetry.records import Minute
from edge.types import Reason


def test_a_position_holds_the_sequence_whatever_the_epoch() -> None:
    """The generation of the epoch stands above it."""
    assert sequence_of(7) == sequence_of((3 << 40) | 7) == 7


def test_lost_sequences_that_follow_each_other_are_one_range() -> None:
    """Another reason or a hole begins a range of its own."""
    batch = WriteBatch()
    for sequence, reason in (
        (1, Reason.SPOOL_FULL),
        (2, Reason.SPOOL_FULL),
        (4, Reason.SPOOL_FULL),
        (5, Reason.DAMAGED),
    ):
        batch.add_lost(sequence, reason)
    assert batch.lost == [
        LostRange(Range(1, 2), Reason.SPOOL_FULL),
        LostRange(Range(4, 4), Reason.SPOOL_FULL),
        LostRange(Range(5, 5), Reason.DAMAGED),
    ]


def test_a_batch_is_empty_until_something_is_to_be_written() -> None:
    """Its last sequence is that of an event or of a loss."""
    batch = WriteBatch()
    assert not batch
    assert batch.last_sequence == 0
    batch.events.append(EventRow(3, b"", 0.0))
    batch.add_lost(5, Reason.DAMAGED)
    assert batch
    assert batch.last_sequence == 5


def test_minutes_add_up_and_marks_replace_each_other() -> None:
    """Before anything is on disk."""
    batch = WriteBatch()
    batch.add_minute(Minute(60, frames=2))
    batch.add_minute(Minute(60, frames=3))
    for contiguous in (4, 9):
        batch.set_mark(ConsumerMark("team", "e1", contiguous, 0.0))
    assert batch.minutes[60].frames == 5
    assert [mark.contiguous for mark in batch.marks.values()] == [9]


def test_limits_are_those_of_the_configuration() -> None:
    """Mebibytes become bytes."""
    config = SpoolConfig()
    assert limits_of(config).max_bytes == config.max_mib * 1024 * 1024


def test_minutes_that_wait_for_a_disk_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that never comes back must not fill the memory: the oldest minutes are forgotten."""
    monkeypatch.setattr(records, "MOST_MINUTES", 5)
    batch = WriteBatch()
    for number in range(8):
        batch.add_minute(Minute(60 * number, frames=1))
        batch.add_minute(Minute(60 * number, frames=1))
    assert [(minute.start // 60, minute.frames) for minute in batch.minutes.values()] == [
        (number, 2) for number in range(3, 8)
    ]
