"""What is acknowledged has been stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.collector.database import CollectorDatabase, Queries, Writes
from edge.collector.database.queries import ReportFilter
from edge.collector.ingest import BATCH, Ingest
from edge.collector.parse import Parser
from edge.collector.records import EventRecord, Record
from edge.errors import StorageError
from edge.mqtt.events import MessageReceived
from tests.support import collector_records
from tests.support.collector_records import NOON


def arrived(mid: int, payload: bytes, kind: str = "event") -> MessageReceived:
    return MessageReceived(mid, 1, f"maskgate/site/door/{kind}", payload, False)


@pytest.fixture
def ingest(database: CollectorDatabase) -> Ingest:
    return Ingest(Writes(database), lambda: NOON)


def test_a_batch_says_what_may_be_acknowledged(ingest: Ingest) -> None:
    """Good ones, repetitions, bad ones and those that say nothing: all are done with."""
    payloads = [collector_records.event(1), collector_records.event(1), b"{", collector_records.event(2)]
    for mid, payload in enumerate(payloads, 1):
        ingest.take(7, arrived(mid, payload), None)
    ingest.take(7, arrived(5, b"", "state"), None)
    batch = ingest.commit()
    assert [(one.connection, one.message.mid) for one in batch.messages] == [(7, mid) for mid in range(1, 6)]
    assert (ingest.totals.stored, ingest.totals.known, ingest.totals.rejected) == (2, 1, 1)
    assert ingest.waiting == 0


def test_a_transaction_has_a_largest_size(ingest: Ingest) -> None:
    """What is more waits for the next."""
    for mid in range(BATCH + 5):
        ingest.take(1, arrived(mid, collector_records.event(mid + 1)), None)
    assert len(ingest.commit().messages) == BATCH
    assert ingest.waiting == 5


def test_a_database_that_is_away_lets_it_wait(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done with, and the next attempt stores it."""

    def away(_records: object) -> None:
        raise StorageError("away")

    ingest.take(1, arrived(1, collector_records.event(1)), None)
    with monkeypatch.context() as patch:
        patch.setattr(Writes, "store", lambda _self, records: away(records))
        with pytest.raises(StorageError):
            ingest.commit()
    assert ingest.waiting == 1
    assert len(ingest.commit().messages) == 1


def test_what_no_database_holds_stops_nothing(
    ingest: Ingest, database: CollectorDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a message get past the checks, it alone is rejected, and its neighbours are stored."""
    read = Parser.read

    def careless(self: Parser, topic: str, payload: bytes, received: float) -> Record | None:
        record = read(self, topic, payload, received)
        if isinstance(record, EventRecord) and record.sequence == 2:
            return replace(record, frames=2**70)
        return record

    monkeypatch.setattr(Parser, "read", careless)
    for number in (1, 2, 3):
        ingest.take(1, arrived(number, collector_records.event(number)), None)
    assert len(ingest.commit().messages) == 3
    assert (ingest.totals.stored, ingest.totals.rejected) == (2, 1)
    assert Queries(database).rejected() == 1


def test_a_word_that_waited_is_marked(ingest: Ingest, database: CollectorDatabase) -> None:
    """So that the time between is unknown."""
    ingest.take(1, arrived(1, b"online", "availability"), None)
    ingest.commit()
    ingest.wall = lambda: NOON + 600
    ingest.take(1, arrived(2, b"offline", "availability"), NOON + 300)
    assert ingest.commit().presences == ((collector_records.DOOR, False),)
    kinds = [(one.kind, one.since - NOON) for one in Queries(database).periods(ReportFilter())]
    assert kinds == [("online", 0), ("unknown", 300), ("offline", 600)]


def test_what_a_broker_kept_is_no_sign_of_life(ingest: Ingest, database: CollectorDatabase) -> None:
    """The device may be gone since; one that is told now is."""
    stats = arrived(1, b"{}", "stats")
    ingest.take(1, replace(stats, retained=True), None)
    ingest.commit()
    assert Queries(database).periods(ReportFilter()) == ()
    ingest.take(1, stats, None)
    ingest.commit()
    assert [one.kind for one in Queries(database).periods(ReportFilter())] == ["alive"]
