"""Records of devices that have one name at two sites."""

from __future__ import annotations

from edge.collector.parse import Parser
from edge.collector.records import EventRecord, GapRecord
from edge.types import DeviceKey, Outcome
from tests.support import collector_records
from tests.support.collector_records import NOON

NORTH, SOUTH = DeviceKey("north", "door"), DeviceKey("south", "door")
PARSER = Parser()


def at(place: DeviceKey, kind: str, payload: bytes) -> EventRecord | GapRecord:
    record = PARSER.read(f"maskgate/{place.site}/{place.device}/{kind}", payload, NOON)
    assert isinstance(record, EventRecord | GapRecord), record
    return record


def event(place: DeviceKey, sequence: int, outcome: Outcome = Outcome.COMPLIANT) -> EventRecord | GapRecord:
    return at(place, "event", collector_records.event(sequence, outcome=outcome))


def gap(place: DeviceKey, number: int, first: int, last: int) -> EventRecord | GapRecord:
    return at(place, "gap", collector_records.gap(number, first, last))
