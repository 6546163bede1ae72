"""From bytes to records, and what is wrong with the bytes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.collector.parse import _load, _load_carefully
from edge.collector.records import (
    AvailabilityRecord,
    CameraRecord,
    EventRecord,
    GapRecord,
    Heartbeat,
    Rejected,
)
from edge.messages import payloads
from tests.support import collector_records
from tests.support.collector_records import DOOR, NOON, PARSER, read


def reason(kind: str, payload: bytes) -> str:
    record = read(kind, payload)
    assert isinstance(record, Rejected), record
    assert record.payload == payload
    return record.reason


def test_an_event_as_devices_make_it() -> None:
    """All members arrive in their columns."""
    (one,) = collector_records.made(1)
    sent = payloads.event_payload(one)
    record = read("event", payloads.encode(sent), NOON)
    assert isinstance(record, EventRecord)
    shared = sent.keys() & set(EventRecord.__slots__)
    assert {key: getattr(record, key) for key in shared} == {key: sent[key] for key in shared}
    assert record.epoch_key.place == DOOR
    assert record.without_mask == 0.96
    assert record.votes_without_mask == 0.8
    assert payloads.iso_time(record.at) == sent["wall_time"]
    assert record.received == NOON


def test_an_event_with_and_without_a_direction() -> None:
    """A device of an earlier version says none, and one without an entry line neither."""
    for sent, stored in (({"direction": "out"}, "out"), ({}, None)):
        record = read("event", collector_records.event(1, **sent))
        assert isinstance(record, EventRecord)
        assert record.direction == stored
    assert reason("event", collector_records.event(1, direction="up")).startswith("direction: ")


def test_a_gap_with_and_without_an_end() -> None:
    """The end may be unknown."""
    closed, open_ended = (
        read("gap", collector_records.gap(1, 3, 5)),
        read("gap", collector_records.gap(2, 1, None)),
    )
    assert isinstance(closed, GapRecord)
    assert isinstance(open_ended, GapRecord)
    assert (closed.first, closed.last, open_ended.last) == (3, 5, None)


def test_presence_and_sight() -> None:
    """Availability is a bare word, the state tells of blindness and since when."""
    assert read("availability", b"offline") == AvailabilityRecord(DOOR, False, NOON)
    assert read("state", collector_records.state(blind=True, since=NOON - 60)) == CameraRecord(
        DOOR, True, "unplugged", NOON - 60, NOON
    )


def test_stats_are_a_sign_of_life() -> None:
    """Whatever they tell, in a form that the schema knows."""
    assert read("stats", b'{"frames":900}') == Heartbeat(DOOR, NOON)
    assert isinstance(read("stats", b'{"frames":"many"}'), Rejected)
    assert isinstance(read("stats", b"alive"), Rejected)


def test_a_clock_that_is_ahead_is_not_believed() -> None:
    """A state that began in the future began when it was received."""
    record = read("state", collector_records.state(since=NOON + 3600))
    assert isinstance(record, CameraRecord)
    assert record.since == NOON


@pytest.mark.parametrize("kind", ["availability", "state", "stats"])
def test_a_retained_message_taken_back_is_nothing(kind: str) -> None:
    """An empty message clears a topic."""
    assert read(kind, b"") is None


def test_a_newer_device_may_say_more() -> None:
    """Members that this version does not know are let through."""
    assert isinstance(read("event", collector_records.event(1, mood="fine")), EventRecord)
    assert isinstance(read("state", collector_records.state(mood="fine")), CameraRecord)


def test_an_older_device_may_say_less() -> None:
    """A state needs only what is used of it; what is there must still be right."""
    needed = {"blind": True, "reason": "x", "since": "2025-03-01T08:15:30.250Z"}
    assert isinstance(read("state", payloads.encode({**needed})), CameraRecord)
    assert isinstance(read("state", payloads.encode({**needed, "lamp": "pink"})), Rejected)
    assert isinstance(read("state", payloads.encode({"blind": True})), Rejected)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested"),
        (b"[1]", "object"),
        (collector_records.event(1).replace(b"0.96", b"NaN"), "NaN"),
        (collector_records.event(1).replace(b"3.5", b"1e999"), "too large"),
        (collector_records.event(1, frames=2**63), "too large"),
        (collector_records.event(1, frames=-1), "frames"),
        (collector_records.event(1, verdict="maybe"), "verdict"),
        (collector_records.event(1, model_version="a\0b"), "character 0"),
        (collector_records.event(1).replace(b'"1.0"', b'"\\ud800"'), "half a character"),
        (collector_records.event(1, device="gate"), "names the device"),
        (collector_records.event(1, sequence=2), "its id is"),
        (collector_records.event(2**40 - 1), "beyond"),
        (collector_records.event(1, wall_time="2025-02-30T00:00:00.000Z"), "no time"),
        (collector_records.event(1, wall_time="9999-12-31T23:59:59.999Z"), "outside the years"),
        (collector_records.event(1, pass_id="p" * 300 + "-1"), "longer than"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_a_bad_event_is_told_apart(payload: bytes, words: str) -> None:
    """Each rule that is broken has its reason."""
    assert words in reason("event", payload)


@pytest.mark.parametrize("number", [2**53 + 2, -(2**53) - 2, 2**70, 1e300, float("1e999")])
@pytest.mark.parametrize(
    ("kind", "payload", "member"),
    [
        ("event", collector_records.event(1), "face_px"),
        ("event", collector_records.event(1), "monotonic_time"),
        ("event", collector_records.event(1), "revision"),
        ("gap", collector_records.gap(1, 3, 5), "number"),
        ("gap", collector_records.gap(1, 3, 5), "to"),
        ("stats", b"{}", "frames"),
    ],
)
def test_a_number_that_no_database_holds(kind: str, payload: bytes, member: str, number: float) -> None:
    """Is told as too large, in whichever member it stands."""
    changed = json.dumps({**json.loads(payload), member: number}).replace("Infinity", "1e999")
    assert reason(kind, changed.encode()) == "a number in it is too large"


def test_a_gap_that_ends_before_it_begins() -> None:
    """Is none."""
    assert "before it begins" in reason("gap", collector_records.gap(1, 5, 3))


def test_a_gap_beyond_all_sequences() -> None:
    """No device could be told of it."""
    assert "beyond" in reason("gap", collector_records.gap(1, 5, 2**40 - 1))
    assert "beyond" in reason("gap", collector_records.gap(1, 2**40 - 1, None))


def test_availability_is_one_of_two_words() -> None:
    """And nothing else."""
    assert "bare word" in reason("availability", b'"online"')


@pytest.mark.parametrize(
    "topic",
    ["maskgate/site/door", "maskgate/site/door/event/x", "other/site/door/event", "maskgate//door/event",
     "maskgate/site/do or/event", "maskgate/site/door/ack", "", "maskgate/" + "s" * 300 + "/door/event"],
)  # fmt: skip
def test_a_topic_of_nobody(topic: str) -> None:
    """What does not come from a device is rejected, whatever it says."""
    assert isinstance(PARSER.read(topic, collector_records.event(1), NOON), Rejected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    kind=st.sampled_from(["event", "gap", "state", "availability"]),
    member=st.sampled_from(["id", "epoch", "sequence", "from", "votes", "wall_time", "since", "revision"]),
    value=json_values,
)
def test_no_message_stops_the_line(kind: str, member: str, value: Any) -> None:
    """Whatever stands in a member, the answer is a record or a rejection."""
    whole = (
        json.loads(collector_records.event(1))
        | json.loads(collector_records.gap(1, 1, 2))
        | json.loads(collector_records.state())
    )
    read(kind, json.dumps({**whole, member: value}).encode())


@given(json_values.map(json.dumps).map(str.encode) | st.text().map(str.encode) | st.binary())
def test_what_is_read_quickly_is_what_is_read_carefully(payload: bytes) -> None:
    """The same value; a number that is too large is left to the schema."""
    try:
        careful = _load_carefully(payload)
    except ValueError as error:
        if "too large" not in str(error):
            with pytest.raises(ValueError, match=re.escape(str(error))):
                _load(payload)
    else:
        assert _load(payload) == careful


@given(st.binary())
def test_no_bytes_stop_the_line(payload: bytes) -> None:
    """Nor do bytes that are no JSON at all."""
    for kind in ("event", "gap", "state", "availability"):
        read(kind, payload)
