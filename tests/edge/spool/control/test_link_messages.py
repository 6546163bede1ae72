"""How calls and answers are written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.spool.control import link_messages
from edge.types import DeviceKey

STORED = st.builds(
    Stored,
    st.integers(0, 1 << 62),
    st.text().map(str.encode),
    st.none() | st.builds(DeviceKey, st.text(), st.text()),
)


@settings(max_examples=20)
@given(st.lists(STORED, max_size=3).map(tuple))
def test_an_answer_is_read_as_it_was_written(events: tuple[Stored, ...]) -> None:
    """Byte for byte, on one line."""
    line = link_messages.encode_answer("unsent", events)
    assert line.count(b"\n") == 1
    assert link_messages.parse_reply("unsent", line) == events


def test_a_call_is_read_as_it_was_written() -> None:
    """With its arguments in order."""
    assert link_messages.parse_call(link_messages.encode_call("unsent", -1, 100)) == ("unsent", (-1, 100))


def test_a_refusal_is_an_error_with_its_sentence() -> None:
    """The one that the other process gave."""
    with pytest.raises(SpoolError, match="the disk is full"):
        link_messages.parse_reply("newest", link_messages.encode_refusal("the disk is full"))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"7",
        b'{"call": "close", "arguments": []}',
        b'{"call": "unsent", "arguments": ["a"]}',
        b'{"call": ["unsent"], "arguments": []}',
    ],
)
def test_anything_else_is_no_call(line: bytes) -> None:
    """Nothing can be called that is not in the table."""
    with pytest.raises(SpoolError, match="no call that the spool knows"):
        link_messages.parse_call(line)


@pytest.mark.parametrize("line", [b"", b"+", b"+[1]\n", b"-\n", b"x\n"])
def test_anything_else_is_no_answer(line: bytes) -> None:
    """Two versions do not guess what the other means."""
    with pytest.raises(SpoolError, match="of one version"):
        link_messages.parse_reply("newest", line)
