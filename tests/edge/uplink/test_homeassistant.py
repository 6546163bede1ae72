"""What Home Assistant is told."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.messages.topics import Topics
from edge.uplink import homeassistant
from tests.support.schema import SCHEMA

TOPICS = Topics("north", "door")
LEVELS = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True)
MESSAGES = {TOPICS.state: "state", TOPICS.day: "summary", TOPICS.stats: "stats"}


def configs() -> dict[str, dict[str, Any]]:
    return {
        notice.topic: json.loads(notice.payload) for notice in homeassistant.discovery_messages(TOPICS, "1.0")
    }


def test_every_value_is_in_a_message_of_the_device() -> None:
    """Each template reads a member that the message of its topic has by the schema."""
    for config in configs().values():
        definition = SCHEMA["$defs"][MESSAGES[config["state_topic"]]]
        found = re.findall(r"value_json\.([a-z_]+)(?:\.([a-z_]+))?", config["value_template"])
        assert found
        for member, inner in found:
            described = definition["properties"][member]
            described = SCHEMA["$defs"].get(described.get("$ref", "").rpartition("/")[2], described)
            assert not inner or inner in described["properties"]


def test_all_belongs_to_one_device_that_may_be_away() -> None:
    """One device, ids that differ, the device's own availability; what expires is not believed after."""
    found = configs()
    assert len({config["unique_id"] for config in found.values()}) == len(found)
    assert {tuple(config["device"]["identifiers"]) for config in found.values()} == {("maskgate-north-door",)}
    assert {config["availability_topic"] for config in found.values()} == {TOPICS.availability}
    assert all(("expire_after" in c) == (c["state_topic"] == TOPICS.stats) for c in found.values())


@given(LEVELS, LEVELS, LEVELS, LEVELS)
def test_different_devices_have_different_topics(site: str, door: str, site2: str, door2: str) -> None:
    """Topics are made of allowed letters, and no two devices share one."""
    one = {notice.topic for notice in homeassistant.discovery_messages(Topics(site, door), "1")}
    other = {notice.topic for notice in homeassistant.discovery_messages(Topics(site2, door2), "1")}
    assert (one == other) == ((site, door) == (site2, door2))
    assert all(re.fullmatch(r"homeassistant/[a-z_]+/[A-Za-z0-9_-]+/[a-z_]+/config", topic) for topic in one)
