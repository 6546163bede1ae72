"""Where a device publishes and listens."""

from __future__ import annotations

import pytest

from edge.messages.topics import Topics


def test_topics() -> None:
    """Every topic lies below the site and the device."""
    topics = Topics("north", "door")
    assert topics.availability == "maskgate/north/door/availability"
    assert topics.event == "maskgate/north/door/event"
    assert topics.state == "maskgate/north/door/state"
    assert topics.gap == "maskgate/north/door/gap"
    assert topics.pass_begin == "maskgate/north/door/pass/begin"
    assert topics.pass_end == "maskgate/north/door/pass/end"
    assert topics.ack == "maskgate/north/door/ack"


@pytest.mark.parametrize("level", ["", "a/b", "#", "+", "a b", "a\n"])
def test_a_topic_cannot_be_widened(level: str) -> None:
    """Names that would change the shape of a topic cannot be used."""
    with pytest.raises(ValueError, match="topic level"):
        Topics("north", level)
