"""Where a device publishes and listens."""

from __future__ import annotations

import pytest

from edge.messages.topics import Topics
from edge.types import DeviceKey


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


def test_a_prefix_of_ones_own_may_have_levels() -> None:
    """All topics begin with it, under another name as well; the identifier does not."""
    topics = Topics("north", "door", "works/doors")
    assert topics.event == "works/doors/north/door/event"
    assert topics.of_name(DeviceKey("north", "gate")).ack == "works/doors/north/gate/ack"
    assert topics.client_id == "maskgate-north-door"


@pytest.mark.parametrize("prefix", ["", "a/", "/a", "a//b", "a/#", "$share"])
def test_a_prefix_cannot_be_widened(prefix: str) -> None:
    """Nor be a part that means something else."""
    with pytest.raises(ValueError, match="topic level"):
        Topics("north", "door", prefix)


@pytest.mark.parametrize("level", ["", "a/b", "#", "+", "a b", "a\n"])
def test_a_topic_cannot_be_widened(level: str) -> None:
    """Names that would change the shape of a topic cannot be used."""
    with pytest.raises(ValueError, match="topic level"):
        Topics("north", level)
