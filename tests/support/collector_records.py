"""Small makers of messages and records for the collector's tests."""

from __future__ import annotations

from edge.collector.parse import Parser
from edge.collector.records import (
    AvailabilityRecord,
    CameraRecord,
    DeviceKey,
    EventRecord,
    GapRecord,
    Record,
    Rejected,
)
from edge.messages import payloads
from edge.pipeline.events import EventFactory, EventSource
from edge.types import Event, EventId, Lamp, Outcome, State, Verdict
from tests.support import builders

NOON = 1_700_049_600.0
"""2023-11-15T12:00:00Z."""

DOOR = DeviceKey("site", "door")
PARSER = Parser()


def made(count: int, device: str = "door", epoch: str = "e1") -> list[Event]:
    """Events as a device numbers them: two revisions of every third pass."""
    factory = EventFactory(EventSource(device, epoch, "1", "1.0"), 0, lambda: True)
    outcomes = list(Outcome)
    events: list[Event] = []
    number = 0
    while len(events) < count:
        number += 1
        outcome = outcomes[number % len(outcomes)]
        for revision in range(2 if number % 3 == 0 else 1):
            final = Outcome.COMPLIANT if revision else outcome
            events.append(factory.make(builders.verdict(final, number, revision)))
    return events[:count]


def event(sequence: int, /, at: float = NOON, outcome: Outcome = Outcome.COMPLIANT, **rest: object) -> bytes:
    """The payload of one event of the device `door`, a pass of its own."""
    shape = Verdict(sequence, 0, outcome, builders.BARE, (0.0, 0.8, 0.0), 12, 80, 3.5, at)
    one = Event(EventId("door", "e1", sequence), f"e1-1-{sequence}", shape, "1.0", True)
    return payloads.encode({**payloads.event_payload(one), **rest})


def gap(number: int, /, first: int, last: int | None, epoch: str = "e1", **rest: object) -> bytes:
    """The payload of one gap of the device `door`."""
    payload: dict[str, object] = {
        "id": f"door/{epoch}/gap/{number}",
        "device": "door",
        "epoch": epoch,
        "number": number,
        "from": first,
        "to": last,
        "reason": "spool_full",
        "wall_time": payloads.iso_time(NOON),
    }
    return payloads.encode({**payload, **rest})


def state(*, blind: bool = False, since: float = NOON, **rest: object) -> bytes:
    """The payload of a state."""
    lamp = Lamp.BLIND if blind else Lamp.OFF
    payload = payloads.state_payload(State(lamp, blind, "unplugged" if blind else "", "1.0", since))
    return payloads.encode({**payload, **rest})


def read(kind: str, payload: bytes, received: float = NOON) -> Record | None:
    """What the parser makes of a message of the device `door`."""
    return PARSER.read(f"maskgate/site/door/{kind}", payload, received)


def event_record(sequence: int, at: float = NOON, outcome: Outcome = Outcome.COMPLIANT) -> EventRecord:
    record = read("event", event(sequence, at, outcome))
    assert isinstance(record, EventRecord)
    return record


def gap_record(number: int, first: int, last: int | None) -> GapRecord:
    record = read("gap", gap(number, first, last))
    assert isinstance(record, GapRecord)
    return record


def presence(
    *, online: bool, received: float = NOON, unsure_since: float | None = None
) -> AvailabilityRecord:
    return AvailabilityRecord(DOOR, online, received, unsure_since)


def analysis(*, blind: bool, since: float = NOON) -> CameraRecord:
    return CameraRecord(DOOR, blind, "unplugged" if blind else "", since, since)


def rejected(reason: str = "bad") -> Rejected:
    return Rejected("maskgate/site/door/event", b"{", reason, NOON)
