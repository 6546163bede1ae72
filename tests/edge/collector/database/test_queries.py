"""What the collector and its reports read."""

from __future__ import annotations

from dataclasses import replace

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.database.queries import ReportFilter
from edge.collector.records import EpochKey
from edge.messages import payloads
from edge.messages.ranges import Range
from tests.support.collector_records import DOOR, NOON, event_record, gap_record, made, read, rejected

E1 = EpochKey(DOOR, "e1")


def test_gaps_count_as_present(writing: Writes, reading: Queries) -> None:
    """The mark goes past what was announced as gone, also without an end."""
    writing.store([event_record(1), event_record(5), gap_record(1, 2, 3)])
    assert reading.mark(E1) == Completeness(3, 5, (Range(4, 4),))
    writing.store([gap_record(2, 4, None), gap_record(2, 4, None)])
    assert reading.mark(E1) == Completeness(5, 5, ())
    assert reading.epoch_statuses()[0].gone == 3


def test_what_comes_after_its_gap_is_not_lost(writing: Writes, reading: Queries) -> None:
    """A replay may bring what was announced as gone; numbers in reserve were no events."""
    reserve = replace(gap_record(2, 6, 9), reason="restart")
    writing.store([event_record(1), gap_record(1, 2, 5), reserve, event_record(10)])
    assert (reading.epoch_statuses()[0].gone, reading.epoch_statuses()[0].reserved) == (4, 4)
    writing.store([event_record(3)])
    assert reading.epoch_statuses()[0].gone == 3


def test_the_latest_revision_of_each_pass_counts(writing: Writes, reading: Queries) -> None:
    """Whatever the order in which the revisions came."""
    sent = [payloads.encode(payloads.event_payload(one)) for one in made(40)]
    records = [record for payload in reversed(sent) if (record := read("event", payload)) is not None]
    writing.store(records)
    final = {one.pass_id: one.verdict.outcome.value for one in made(40)}
    assert sorted(found.verdict for found in reading.passes(ReportFilter())) == sorted(final.values())


def test_rejected_messages_are_kept_and_counted(writing: Writes, reading: Queries) -> None:
    """The same message again is one row that was seen twice."""
    writing.store([rejected(), rejected()])
    writing.store([rejected(), event_record(1)])
    assert reading.rejected() == 3
    assert reading.epoch_statuses()[0].events == 1


def test_a_client_is_remembered(writing: Writes, reading: Queries) -> None:
    """When it was last connected and what it subscribed to."""
    assert reading.seen("one") is None
    writing.note_filters("one", ["a/+", "b"])
    writing.note_seen("one", NOON)
    writing.note_seen("two", NOON + 5)
    assert reading.seen("one") == NOON
    assert reading.seen() == NOON + 5
    assert reading.filters("one") == ("a/+", "b")
