"""Payloads of messages."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages import payloads
from edge.messages.topics import OFFLINE, ONLINE
from edge.types import (
    DeviceKey,
    Direction,
    Event,
    EventId,
    FinishedPass,
    Lamp,
    Outcome,
    PassNotice,
    State,
    Verdict,
)
from tests.support import builders
from tests.support.schema import SCHEMA, validate

LAST_SECOND_OF_9999 = 253_402_300_799


share = st.floats(0, 1)


seconds = st.floats(0, 1e6)


wall = st.floats(0, LAST_SECOND_OF_9999)


name = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)


epoch = st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{4}", fullmatch=True)


verdicts = st.builds(
    Verdict,
    number=st.integers(1, 2**31),
    revision=st.integers(0, 1000),
    outcome=st.sampled_from(Outcome),
    probabilities=st.tuples(share, share, share),
    votes=st.tuples(seconds, seconds, seconds),
    frames=st.integers(0, 10**6),
    face_px=st.integers(0, 10_000),
    monotonic=st.floats(0, 1e9),
    wall=wall,
    direction=st.none() | st.sampled_from(Direction),
)


events = st.builds(
    Event,
    id=st.builds(EventId, device=name, epoch=epoch, sequence=st.integers(1, 2**53)),
    pass_id=st.builds("{}-{}-{}".format, epoch, st.integers(1, 10**6), st.integers(1, 10**6)),
    verdict=verdicts,
    model_version=st.text(max_size=40),
    clock_synced=st.booleans(),
)


states = st.builds(
    State,
    lamp=st.sampled_from(Lamp),
    blind=st.booleans(),
    reason=st.text(),
    model_version=st.text(max_size=40),
    since=wall,
    model_problem=st.text(),
    people=st.integers(0, 100),
    still_faces=st.integers(0, 100),
)


notices = st.builds(
    PassNotice,
    origin=st.builds(DeviceKey, name, name),
    epoch=epoch,
    pass_id=st.builds("{}-{}-{}".format, epoch, st.integers(1, 10**6), st.integers(1, 10**6)),
    monotonic=st.floats(0, 1e9),
    wall=wall,
    clock_synced=st.booleans(),
    finished=st.none()
    | st.builds(
        FinishedPass,
        number=st.integers(1, 2**31),
        began=st.just(0.0),
        monotonic=st.floats(0, 1e9),
        wall=wall,
        verdict=verdicts,
    ),
)


def invalid(kind: str, payload: object) -> bool:
    try:
        validate(kind, payload)
    except jsonschema.ValidationError:
        return True
    return False


def test_the_schema_is_one() -> None:
    """The schema file follows the rules for JSON Schemas."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(events)
def test_events_match_the_schema(event: Event) -> None:
    """Whatever event there is, what goes over the wire is what the schema describes."""
    validate("event", json.loads(payloads.encode(payloads.event_payload(event))))


@given(states)
def test_states_match_the_schema(state: State) -> None:
    """Whatever state there is, what goes over the wire is what the schema describes."""
    validate("state", json.loads(payloads.encode(payloads.state_payload(state))))


@given(notices)
def test_begins_and_ends_of_passes_match_the_schema(notice: PassNotice) -> None:
    """Whatever pass there was, what goes over the wire is what the schema describes."""
    kind = "pass_begin" if notice.finished is None else "pass_end"
    validate(kind, json.loads(payloads.pass_message(notice)))


def test_only_a_device_with_an_entry_line_says_a_direction() -> None:
    """What an earlier version or a device without a line sends has no such member, and is as valid."""
    plain = builders.event()
    turned = replace(plain, verdict=replace(plain.verdict, direction=Direction.OUT))
    assert "direction" not in payloads.event_payload(plain)
    assert payloads.event_payload(turned)["direction"] == "out"
    assert invalid("event", {**payloads.event_payload(plain), "direction": "up"})


def test_availability_matches_the_schema() -> None:
    """Availability is one of two bare words."""
    validate("availability", ONLINE.decode())
    validate("availability", OFFLINE.decode())
    assert invalid("availability", "gone")


def test_the_schema_refuses_what_it_does_not_describe() -> None:
    """A member more, a member less, or a share above 1 is noticed by the schema."""
    payload = payloads.event_payload(builders.event())
    shares: Any = payload["probabilities"]
    assert invalid("event", {**payload, "name": "x"})
    assert invalid("event", {key: value for key, value in payload.items() if key != "epoch"})
    assert invalid("event", {**payload, "probabilities": {**shares, "with_mask": 1.5}})
    assert invalid("event", {**payload, "wall_time": "2025-01-01 00:00"})


GAP = {
    "id": "door/e1/gap/1",
    "device": "door",
    "epoch": "e1",
    "number": 1,
    "from": 3,
    "to": 5,
    "reason": "spool_full",
    "wall_time": "2025-03-01T08:15:30.250Z",
}


def test_a_gap_may_have_an_unknown_end() -> None:
    """The last sequence of a damaged spool is null; nothing else may be."""
    validate("gap", GAP)
    validate("gap", {**GAP, "to": None})
    assert invalid("gap", {**GAP, "from": None})
    assert invalid("gap", {**GAP, "reason": "bored"})


@given(
    contiguous=st.integers(0, 2**40 - 2),
    missing=st.lists(st.tuples(st.integers(1, 2**40 - 2), st.integers(1, 2**40 - 2)), max_size=100),
)
def test_marks_match_the_schema(contiguous: int, missing: list[tuple[int, int]]) -> None:
    """Whatever a consumer says of its mark is what the schema describes, in at most 8 KiB."""
    sent = payloads.encode(payloads.ack_payload("team", "67c2c0a6-91fe", contiguous, missing))
    validate("ack", json.loads(sent))
    assert len(sent) <= 8192


def test_a_mark_without_wishes_has_no_list() -> None:
    """`missing` is there only where something is missing."""
    assert "missing" not in payloads.ack_payload("team", "e1", 3)
    assert payloads.ack_payload("team", "e1", 3, [(4, 6)])["missing"] == [[4, 6]]


def test_every_member_is_described() -> None:
    """Every member of every message has a description of its own or by reference."""
    for kind in ("event", "state", "gap", "ack", "stats", "summary"):
        for key, member in SCHEMA["$defs"][kind]["properties"].items():
            reference = member.get("$ref", "").rpartition("/")[2]
            assert "description" in {**SCHEMA["$defs"].get(reference, {}), **member}, f"{kind}.{key}"


def test_an_event_in_full() -> None:
    """An event is flat, with rounded numbers, UTC time in milliseconds, and shares and votes by label."""
    verdict = replace(builders.verdict(), probabilities=(0.1234567, 0.8765433, 0.0), monotonic=3.50049)
    event = replace(builders.event(sequence=7), verdict=verdict)
    assert payloads.event_payload(event) == {
        "id": "door/e1/7",
        "device": "door",
        "epoch": "e1",
        "sequence": 7,
        "pass_id": "e1-1-1",
        "revision": 0,
        "verdict": "no_mask",
        "probabilities": {"with_mask": 0.1235, "without_mask": 0.8765, "mask_worn_incorrectly": 0.0},
        "votes": {"with_mask": 0.0, "without_mask": 0.8, "mask_worn_incorrectly": 0.0},
        "frames": 12,
        "face_px": 80,
        "model_version": "1.0",
        "wall_time": "2023-11-14T22:13:20.250Z",
        "monotonic_time": 3.5,
        "clock_synced": True,
    }


def test_encoding_is_compact_and_utf_8() -> None:
    """No blanks between members, and letters beyond ASCII as themselves."""
    assert payloads.encode({"a": 1, "b": "ü"}) == '{"a":1,"b":"ü"}'.encode()


def test_what_json_cannot_say_is_refused() -> None:
    """A number that is not finite is an error and never `NaN` on the wire."""
    with pytest.raises(ValueError, match="JSON"):
        payloads.encode({"a": math.nan})


@pytest.mark.parametrize("moment", [math.inf, math.nan, 1e30, -1e30])
def test_times_without_a_calendar_day_are_refused(moment: float) -> None:
    """A time that no calendar has is a ValueError, whatever the platform makes of it."""
    with pytest.raises(ValueError, match=r"\w"):
        payloads.iso_time(moment)
