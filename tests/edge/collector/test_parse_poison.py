"""No message, whatever is in it, is more than a rejected message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.collector.connection import MAX_PACKET_BYTES
from edge.collector.database import CollectorDatabase, Queries, Writes, open_database
from edge.collector.ingest import Ingest
from edge.collector.parse import Parser
from edge.collector.records import EventRecord, GapRecord, Rejected
from edge.mqtt.events import MessageReceived
from tests.support import collector_records
from tests.support.collector import CollectorProcess, FakeDevice
from tests.support.collector_records import NOON, event_record, gap_record
from tests.support.commands import Run, one_sentence
from tests.support.exports import config, export, load, path
from tests.support.mosquitto import Mosquitto

__all__ = ["config", "export", "load", "path"]

KINDS = ["event", "gap", "availability", "state", "stats"]
DEPTHS = [2, 16, 17, 100, 255, 256, 300, 600, 950, 1_000, 5_000, 100_000]


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]", inside: bytes = b"") -> bytes:
    return opening * depth + inside + closing * depth


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_values_within_values(kind: str, depth: int) -> None:
    """Whatever the nesting, at the top or in a member that no schema knows, the message is rejected."""
    bare, objects = nested(depth), nested(depth, b'{"a":', b"}", b"1")
    member = collector_records.event(1)[:-1] + b',"more":' + nested(max(depth, 16)) + b"}"
    for payload in (bare, objects, member):
        record = collector_records.read(kind, payload)
        assert isinstance(record, Rejected) or (kind == "stats" and payload is not bare), record


def test_a_member_that_nobody_knows_may_have_some_levels() -> None:
    """A device may be newer than its collector."""
    payload = collector_records.event(1)[:-1] + b',"more":' + nested(12) + b"}"
    assert isinstance(collector_records.read("event", payload), EventRecord)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    kind=st.sampled_from(KINDS),
    key=st.sampled_from(list(json.loads(collector_records.event(1)))),
    value=VALUES,
)
def test_any_value_in_any_place(kind: str, key: str, value: object) -> None:
    """Reading a message gives a record or a rejection, and never an error."""
    payload = json.dumps({**json.loads(collector_records.event(1)), key: value}).encode()
    collector_records.read(kind, payload)


@settings(max_examples=300)
@given(topic=st.text(max_size=40), payload=st.binary(max_size=200))
def test_any_bytes_on_any_topic(topic: str, payload: bytes) -> None:
    """The same holds for bytes that are no JSON, and for topics that no device has."""
    Parser().read(topic, payload, NOON) if not topic else collector_records.PARSER.read(topic, payload, NOON)


class Panic(BaseException):
    """What a library in another language raises when it fails."""


@pytest.mark.parametrize(
    "error", [ValueError("limit"), MemoryError(), RecursionError(), Panic("index out of bounds")]
)
def test_a_library_that_fails_rejects_the_message(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises."""

    def fail(*_: object) -> object:
        raise error

    monkeypatch.setattr(Parser, "_members", fail)
    for record in (
        collector_records.read("event", b"{}"),
        collector_records.PARSER.exported("site", b"{}", NOON),
    ):
        assert isinstance(record, Rejected)
        assert type(error).__name__ in record.reason


def test_an_interrupt_is_no_message() -> None:
    """Ctrl-C ends the program, also while it reads."""
    parser = Parser()
    parser._members = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        parser.read("maskgate/site/door/event", b"{}", NOON)


@pytest.fixture
def ingest(database: CollectorDatabase) -> Iterator[Ingest]:
    return Ingest(Writes(database), lambda: NOON)


def test_a_record_that_fails_when_it_is_written_is_rejected_alone(
    ingest: Ingest, database: CollectorDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong with one of them; the others are stored and all are acknowledged."""
    bad: list[tuple[str, object]] = [("frames", 2**70), ("at", None), ("verdict", "\ud800"), ("epoch", None)]
    records = [event_record(number) for number in range(1, len(bad) + 3)]
    for record, (column, value) in zip(records[1:], bad, strict=False):
        object.__setattr__(record, column, value)
    gap: GapRecord = gap_record(1, 20, 21)
    object.__setattr__(gap, "first", "x")
    feed = iter([*records, gap])
    monkeypatch.setattr(Parser, "read", lambda *_: next(feed))
    for mid in range(len(records) + 1):
        ingest.take(1, MessageReceived(mid, 1, "maskgate/site/door/event", b"", False), None)
    assert len(ingest.commit().messages) == len(records) + 1
    assert ingest.totals.stored == 2
    assert ingest.totals.rejected == len(bad) + 1
    assert Queries(database).rejected() == len(bad) + 1


@pytest.mark.broker
def test_a_poisoned_message_does_not_stop_a_collector(broker: Mosquitto, tmp_path: Path) -> None:
    """It is rejected, acknowledged and counted, and what comes after it is stored."""
    collector = CollectorProcess(broker.port, tmp_path / "events.db").start()
    with FakeDevice(broker.port) as device:
        # The broker does not pass on what is larger than the collector takes.
        delivered = [depth for depth in DEPTHS if len(nested(depth)) < MAX_PACKET_BYTES]
        for depth in DEPTHS:
            device.send("event", nested(depth))
        device.publish(collector_records.made(3))
        collector.wait_for_events(3)
    assert collector.stop() == 0
    with closing(open_database(f"sqlite:///{tmp_path}/events.db", create=False)) as database:
        assert Queries(database).rejected() == len(delivered)
    assert "Traceback" not in collector.log


@pytest.mark.parametrize("depth", [300, 950])
def test_a_poisoned_line_of_an_export_is_one_sentence(load: Run, export: Path, depth: int) -> None:
    """It names file and line, and nothing is stored."""
    export.write_bytes(export.read_bytes() + nested(depth) + b"\n")
    one_sentence(load(export), 4, "march.jsonl, line 31: it is nested too deeply; nothing was stored")
