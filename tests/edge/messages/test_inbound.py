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
from edge.messages.inbound import Ack, InboundError, MuteCommand, ReplayCommand
from tests.support.schema import SCHEMA, validate

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
    expected = Ack(consumer="facilities", epoch="67c2c0a6-91fe", contiguous=12, missing=((14, 15), (20, 20)))
    assert inbound.parse_ack(json.dumps(ACK).encode()) == expected


def test_commands_are_read() -> None:
    """Silence for a while, and a replay."""
    mute = inbound.parse_command(b'{"command": "mute", "seconds": 60}')
    assert mute == MuteCommand(command="mute", seconds=60)
    replay = inbound.parse_command(b'{"command": "replay", "from": 3, "to": 9}')
    assert isinstance(replay, ReplayCommand)
    assert (replay.first, replay.last) == (3, 9)


@given(acks)
def test_acks_are_held_against_the_schema(members: dict[str, Any]) -> None:
    """The rules of the models are those of the JSON Schema, and that ranges go upwards."""
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
        b'{"consumer":' + b"[" * 5000,
        b'{"consumer":"a","missing":'
        + b"[" * 4000
        + b"]" * 4000
        + b',"missing":[],"epoch":"e","contiguous":1}',
        b'{"consumer":"a","epoch":"e","contiguous":' + b"9" * 5000 + b"}",
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
    assert SCHEMA["$defs"]["number"]["maximum"] == inbound.LARGEST_SEQUENCE
    assert SCHEMA["$defs"]["ack"]["properties"]["missing"]["maxItems"] == inbound.MAX_MISSING


@pytest.mark.parametrize("size", [16_000, inbound.MAX_ACK_BYTES, inbound.MAX_COMMAND_BYTES])
def test_deep_nesting_is_a_bad_message(size: int) -> None:
    """However deep it goes, within the bounds on size or beyond, it is refused and nothing else happens."""
    for read in (inbound.parse_ack, inbound.parse_command):
        with pytest.raises(InboundError):
            read(b"[" * size)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b'{"command":"mute","seconds":-1}', "mute.seconds: Input should be greater than or equal to 0"),
        (b'{"command":"replay","from":3,"to":2}', "replay: a range goes upwards"),
        (b'{"command":"mute","command":"mute","seconds":9}', "a member is given twice"),
    ],
)
def test_a_refusal_says_what_is_wrong(payload: bytes, sentence: str) -> None:
    """The first rule that is broken, with the member that breaks it."""
    with pytest.raises(InboundError) as refused:
        inbound.parse_command(payload)
    assert str(refused.value) == sentence


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_refusal_is_one_short_line_whatever_is_sent(command: str, member: str) -> None:
    """Nobody writes lines of their own into the log."""
    payload = json.dumps({"command": command, member: 1}).encode()[: inbound.MAX_COMMAND_BYTES]
    with pytest.raises(InboundError) as refused:
        inbound.parse_command(payload)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) <= 120
