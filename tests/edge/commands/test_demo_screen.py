"""The screen of the demo."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from edge.commands.demo_screen import WIDTH, DemoMessage, DemoRecord
from edge.types import Lamp

LINES = 17
"""Of the screen itself; title and the place of the recording are around it."""

objects = st.dictionaries(st.sampled_from(["lamp", "verdict", "a" * 90]), st.text()).map(json.dumps)
messages_of = st.one_of(
    st.builds(DemoMessage, st.sampled_from(["event", "state", "stats", "summary/hour"]), objects),
    st.just(DemoMessage("availability", "online")),
)


@given(st.lists(messages_of))
def test_the_screen_keeps_its_size(messages: list[DemoMessage]) -> None:
    """However many messages arrive, of whatever length: a terminal that scrolls shows nothing calmly."""
    record = DemoRecord(3.0)
    for message in messages:
        record.receive(message)
    lines = record.drawn().plain.split("\n")
    assert len(lines) == LINES
    assert all(len(line) <= WIDTH for line in lines)


def test_the_members_that_matter_come_first() -> None:
    """A long payload is cut behind them."""
    record = DemoRecord(3.0)
    record.receive(DemoMessage("state", json.dumps({"reason": "x" * 100, "lamp": "red", "people": 2})))
    assert '{"lamp": "red", "people": 2, ...}' in record.drawn().plain


def test_the_lamp_is_dark_in_the_end() -> None:
    """As the daemon leaves it."""
    record = DemoRecord(3.0)
    record.lamp = Lamp.RED
    assert "● ○ ○ red" in record.drawn().plain
    record.end()
    assert "○ ○ ○ off" in record.drawn().plain
