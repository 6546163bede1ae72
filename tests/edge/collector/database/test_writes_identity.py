"""Whose an event is: site, device, epoch and sequence, and nothing less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.collector.database import CollectorDatabase, Queries, Writes
from edge.collector.database.queries import ReportFilter
from edge.collector.export_file import ExportSource
from edge.collector.load import ExportLoader
from edge.collector.records import EpochKey, Rejected
from edge.errors import SourceError
from edge.messages.payloads import encode, event_payload
from edge.messages.ranges import Range
from edge.pipeline.events import EventFactory, EventSource
from edge.types import Outcome
from tests.support import builders, collector_records
from tests.support.collector_identity import NORTH, PARSER, SOUTH, event, gap
from tests.support.collector_records import NOON


def test_two_sites_share_nothing(database: CollectorDatabase) -> None:
    """Same device, epoch, sequences, gaps and passes: each site has all of its own, in reports too."""
    writing, reading = Writes(database), Queries(database)
    tally = writing.store(
        [
            event(NORTH, 1, Outcome.COMPLIANT),
            event(SOUTH, 1, Outcome.NO_MASK),
            gap(NORTH, 1, 2, 3),
            gap(SOUTH, 1, 5, 9),
            event(SOUTH, 2),
        ]
    )
    assert (tally.stored, tally.known, tally.rejected) == (3, 0, 0)
    statuses = {one.epoch_key.place: one for one in reading.epoch_statuses()}
    assert statuses[NORTH].mark.contiguous == 3
    assert statuses[SOUTH].mark.holes == (Range(3, 4),)
    verdicts = sorted((one.place, one.verdict) for one in reading.passes(ReportFilter()))
    assert verdicts == [(NORTH, "compliant"), (SOUTH, "compliant"), (SOUTH, "no_mask")]
    again = writing.store([event(SOUTH, 1, Outcome.NO_MASK), gap(SOUTH, 1, 5, 9)])
    assert (again.stored, again.known, again.rejected) == (0, 1, 0)


def test_a_gap_of_other_sequences_under_a_known_id_is_told(
    database: CollectorDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """It is rejected and not passed over in silence, and the log says so once."""
    writing = Writes(database)
    writing.store([gap(NORTH, 1, 2, 3)])
    tallies = [writing.store([gap(NORTH, 1, 4, number)]) for number in (5, 6)]
    assert [tally.rejected for tally in tallies] == [1, 1]
    assert caplog.text.count("north/door: what comes with the id door/e1/gap/1") == 1
    assert Queries(database).rejected() == 2


def test_another_event_under_a_known_key_is_told(
    database: CollectorDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """Two devices have one name; within a batch as over several."""
    writing = Writes(database)
    tally = writing.store([event(NORTH, 1), event(NORTH, 1, Outcome.NO_MASK)])
    assert (tally.stored, tally.known, tally.rejected) == (1, 0, 1)
    assert caplog.text.count("copied card") == 1


def test_an_event_of_another_site_than_its_topic_is_rejected() -> None:
    """What it says of itself counts."""
    for kind, payload in (
        ("event", collector_records.event(1, site="south")),
        ("gap", collector_records.gap(1, 1, 2, site="south")),
    ):
        record = PARSER.read(f"maskgate/north/door/{kind}", payload, NOON)
        assert isinstance(record, Rejected)
        assert "names the site 'south' on the topic of 'north'" in record.reason
        assert PARSER.read(f"maskgate/south/door/{kind}", payload, NOON) is not None


def lines(tmp_path: Path, *payloads: bytes) -> list[ExportSource]:
    file = tmp_path / "some.jsonl"
    file.write_bytes(b"".join(payload + b"\n" for payload in payloads))
    return [ExportSource(file)]


def test_an_export_of_a_device_that_has_moved(database: CollectorDatabase, tmp_path: Path) -> None:
    """Each event is stored at the site that it names."""
    files = lines(
        tmp_path,
        collector_records.event(1, site="north"),
        collector_records.event(1, site="south", verdict="no_mask"),
    )
    loaded = ExportLoader("", NOON).store(files, database)
    assert [one.epoch_key for one in loaded] == [EpochKey(NORTH, "e1"), EpochKey(SOUTH, "e1")]


@pytest.mark.parametrize(
    ("site", "payload", "words"),
    [
        ("", collector_records.event(1), "it does not say its site; give"),
        ("south", collector_records.event(1, site="north"), "it is of the site 'north', not 'south'"),
    ],
)
def test_a_site_that_is_missing_or_wrong(
    database: CollectorDatabase, tmp_path: Path, site: str, payload: bytes, words: str
) -> None:
    """Nothing is stored, and the sentence says what to type."""
    with pytest.raises(SourceError, match=words):
        ExportLoader(site, NOON).store(lines(tmp_path, payload), database)


def test_an_event_says_its_site() -> None:
    """The device's own numbering does."""
    factory = EventFactory(EventSource("door", "e1", "1", "1.0", "north"), 0, lambda: True)
    payload = event_payload(factory.make(builders.verdict()))
    assert json.loads(encode(payload))["site"] == "north"
