"""What others may say to a device."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages import inbound
from edge.messages.inbound import Ack, InboundError, Mute, Resend
from tests.edge.test_messages import SCHEMA, validate

ACK = {"consumer": "facilities", "epoch": "67c2c0a6-91fe", "contiguous": 12, "missing": [[14, 15], [20, 20]]}

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=6),
    st.just([[1, 2]]),
)
spans = st.lists(st.lists(st.integers(-1, 20), max_size=3), max_size=4)
acks = st.fixed_dictionaries(
    {},
    optional={
        "consumer": st.one_of(st.from_regex(r"[A-Za-z0-9_.-]{1,66}", fullmatch=True), values),
        "epoch": st.one_of(st.from_regex(r"[0-9a-z-]{1,9}", fullmatch=True), values),
        "contiguous": st.one_of(st.integers(-2, 2**41), values),
        "missing": st.one_of(spans, values),
        "extra": values,
    },
)
commands = st.fixed_dictionaries(
    {"command": st.sampled_from(["mute", "replay", "reboot", 1])},
    optional={
        "seconds": st.one_of(st.integers(-1, 4000), values),
        "from": st.one_of(st.integers(-1, 30), values),
        "to": st.one_of(st.integers(-1, 30), values),
    },
)


def fits(kind: str, payload: object) -> bool:
    try:
        validate(kind, payload)
    except jsonschema.ValidationError:
        return False
    return True


def upwards(spans: list[list[int]]) -> bool:
    return all(first <= last for first, last in spans)


def test_an_ack_is_read() -> None:
    """What a consumer has, and what it asks for."""
    expected = Ack("facilities", "67c2c0a6-91fe", 12, ((14, 15), (20, 20)))
    assert inbound.parse_ack(json.dumps(ACK).encode()) == expected


def test_commands_are_read() -> None:
    """Silence for a while, and a replay."""
    assert inbound.parse_command(b'{"command": "mute", "seconds": 60}') == Mute(60)
    assert inbound.parse_command(b'{"command": "replay", "from": 3, "to": 9}') == Resend(3, 9)


@given(acks)
def test_acks_are_held_against_the_schema(members: dict[str, Any]) -> None:
    """The rules written by hand are those of the JSON Schema, and that ranges go upwards."""
    good = fits("ack", members) and upwards(members.get("missing", []))
    try:
        inbound.parse_ack(json.dumps(members).encode())
    except InboundError:
        assert not good
    else:
        assert good


@given(commands)
def test_commands_are_held_against_the_schema(members: dict[str, Any]) -> None:
    """The same for commands."""
    good = fits("command", members) and upwards(
        [[members["from"], members["to"]]] if "from" in members else []
    )
    try:
        inbound.parse_command(json.dumps(members).encode())
    except InboundError:
        assert not good
    else:
        assert good


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_or_read(payload: bytes) -> None:
    """Nothing but `InboundError` comes of what is no message."""
    for read in (inbound.parse_ack, inbound.parse_command):
        with contextlib.suppress(InboundError):
            read(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 5000,
        b'{"consumer":"a","consumer":"b","epoch":"e","contiguous":1}',
        json.dumps({**ACK, "consumer": "x" * 9000}).encode(),
        b'{"consumer":"a","epoch":"e","contiguous":NaN}',
        b'{"consumer":"a\\n","epoch":"e","contiguous":1}',
        b'{"consumer":"a","epoch":"e","contiguous":1e400}',
    ],
)
def test_traps_are_refused(payload: bytes) -> None:
    """Deep nesting, a member given twice, too many bytes, what is no number, a line end after the name."""
    with pytest.raises(InboundError):
        inbound.parse_ack(payload)


def test_a_long_command_is_refused() -> None:
    """More than 1 KiB is no command."""
    with pytest.raises(InboundError, match="1024"):
        inbound.parse_command(b'{"command": "mute", "seconds": 60}' + b" " * 1024)


def test_the_limits_are_those_of_the_schema() -> None:
    """The numbers written in code stand in the schema too."""
    assert SCHEMA["$defs"]["number"]["maximum"] == inbound.LARGEST_NUMBER
    assert SCHEMA["$defs"]["ack"]["properties"]["missing"]["maxItems"] == inbound.MOST_MISSING
