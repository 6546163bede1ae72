"""How a device is described to Home Assistant.

`scripts/homeassistant_check.py` holds the same description against Home Assistant's own schemas, which
need a Python and packages that this project does not.
"""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from edge.config import Config
from edge.system.health import Health
from edge.types import Outcome
from edge.uplink import homeassistant
from edge.uplink.homeassistant import DescribedDevice
from tests.support.descriptions import EVENT, STATE, STATS, SUMMARY, described
from tests.support.schema import validate

LEVELS = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True)
COMMON = {
    "platform", "name", "unique_id", "availability_topic", "state_topic", "value_template", "device_class",
    "entity_category", "icon", "json_attributes_topic", "json_attributes_template",
}  # fmt: skip
KEYS = {
    "sensor": {
        "unit_of_measurement",
        "state_class",
        "options",
        "last_reset_value_template",
        "expire_after",
    },
    "binary_sensor": {"payload_on", "payload_off", "expire_after"},
    "event": {"event_types"},
    "switch": {"state_on", "state_off", "command_topic", "payload_on", "payload_off"},
    "update": {"title"},
}
"""The members that Home Assistant's documents list for each platform, as far as they are used."""


def payload(device: DescribedDevice) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(homeassistant.discovery_message(device).payload)
    return found


def components(device: DescribedDevice) -> dict[str, dict[str, Any]]:
    """Those that a device has."""
    found: dict[str, dict[str, Any]] = payload(device)["components"]
    return {key: one for key, one in found.items() if one.keys() != {"platform"}}


def rendered(component: dict[str, Any], message: dict[str, Any], template: str = "value_template") -> str:
    """What Home Assistant makes of a message."""
    environment = Environment(autoescape=False)
    environment.filters["to_json"] = json.dumps
    return environment.from_string(component[template]).render(value_json=message)


def test_the_members_are_those_that_home_assistant_documents() -> None:
    """Of message, device, origin and each platform; it refuses what it does not know."""
    found = payload(described())
    assert found.keys() == {"device", "origin", "components", "qos"}
    assert found["device"].keys() == {
        "identifiers", "name", "manufacturer", "model", "sw_version", "suggested_area",
    }  # fmt: skip
    assert found["origin"] == {
        "name": "MaskGate", "sw_version": "1.2.3", "support_url": "https://help.example/maskgate",
    }  # fmt: skip
    for component in components(described()).values():
        assert component.keys() <= COMMON | KEYS[component["platform"]]
        assert {"platform", "name", "unique_id", "state_topic"} <= component.keys()


def test_all_belongs_to_one_device_that_may_be_away() -> None:
    """Ids that differ, the device's own availability; whether it is connected is known without that."""
    found = components(described())
    assert len({one["unique_id"] for one in found.values()}) == len(found)
    without = [key for key, one in found.items() if "availability_topic" not in one]
    assert without == ["connected"]
    device = payload(described())["device"]
    assert device["identifiers"] == ["maskgate-north-door"]
    assert (device["name"], device["suggested_area"]) == ("MaskGate north door", "north")


def test_numbers_have_units_and_classes_for_statistics() -> None:
    """Sums of a day say when they began, everything else is a measurement."""
    sensors = {key: one for key, one in components(described()).items() if one["platform"] == "sensor"}
    del sensors["lamp"]
    assert all(one["unit_of_measurement"] for one in sensors.values())
    totals = {key for key, one in sensors.items() if one["state_class"] == "total"}
    assert totals == {*(outcome.value for outcome in Outcome), "came_in", "went_out"}
    assert all(("last_reset_value_template" in one) == (key in totals) for key, one in sensors.items())


def test_every_value_comes_out_of_the_messages_of_a_device() -> None:
    """Each template, rendered over a message of its topic, gives a value that its platform knows."""
    device = described()
    topics = device.topics
    messages = {topics.state: STATE, topics.day: SUMMARY, topics.stats: STATS, topics.event: EVENT}
    values = {
        key: rendered(one, messages[one["state_topic"]])
        for key, one in components(device).items()
        if "value_template" in one
    }
    assert values["lamp"] in components(device)["lamp"]["options"]
    assert (values["people"], values["compliance"], values["came_in"]) == ("2", "75.0", "3")
    assert (values["temperature"], values["throttled"], values["unsent"]) == ("48.3", "OFF", "0")
    assert (values["blind"], values["spool_problem"], values["mute"]) == ("OFF", "ON", "OFF")
    assert json.loads(values["model"]) == {"installed_version": "1.0", "latest_version": "1.0"}
    assert json.loads(values["verdict"])["event_type"] == "no_mask"
    assert "None" not in values.values()


def test_problems_have_their_sentence() -> None:
    """As an attribute, since a binary sensor is on or off."""
    found = components(described())
    assert json.loads(rendered(found["spool_problem"], STATE, "json_attributes_template")) == {
        "reason": STATE["spool_problem"]
    }


def test_a_camera_that_gives_pictures_and_cannot_see_is_a_problem() -> None:
    """Such as one that is covered."""
    camera, covered = components(described())["blind"], {**STATE, "view": "covered"}
    assert rendered(camera, covered) == "ON"
    assert json.loads(rendered(camera, covered, "json_attributes_template")) == {"reason": "covered"}


def test_the_live_view_is_told() -> None:
    """Whether somebody looks through the camera; a device of an earlier version has no such view."""
    component = components(described())["live_view"]
    for members, shown in (
        ({"live_view_until": None}, "OFF"),
        ({}, "OFF"),
        ({"live_view_until": "2025"}, "ON"),
    ):
        assert rendered(component, members) == shown


def test_the_day_before_counts_nothing() -> None:
    """It is told on the same topic once it is over; an empty text is no value to Home Assistant."""
    over = {**SUMMARY, "complete": True}
    found = components(described())
    for key in ("compliant", "came_in", "compliance"):
        assert rendered(found[key], over) == ""
    assert rendered(found["compliant"], over, "last_reset_value_template") == ""
    assert rendered(found["compliant"], SUMMARY, "last_reset_value_template") == SUMMARY["start"]


def test_nobody_was_judged_today() -> None:
    """Home Assistant shows the text `None` as unknown."""
    assert rendered(components(described())["compliance"], {**SUMMARY, "compliance": None}) == "None"


def test_what_expires_is_not_believed_after() -> None:
    """A broker drops figures of a minute without notice."""
    found = components(described())
    assert all(("expire_after" in one) == one["state_topic"].endswith("/stats") for one in found.values())


def test_what_the_device_does_not_have_is_no_entity() -> None:
    """Neither temperature on a machine that tells none, nor directions without a line, nor a mute.

    With its platform alone Home Assistant removes what it knew from before.
    """
    bare = described(health=Health(None, None), line=False, commands=())
    missing = components(described()).keys() - components(bare).keys()
    assert missing == {"temperature", "throttled", "came_in", "went_out", "mute"}
    told, full = payload(bare)["components"], components(described())
    assert all(told[key] == {"platform": full[key]["platform"]} for key in missing)


def test_the_mute_is_a_command_that_the_device_knows() -> None:
    """On is an hour of silence, off ends it."""
    mute = components(described())["mute"]
    assert mute["command_topic"] == "maskgate/north/door/command"
    for key in ("payload_on", "payload_off"):
        validate("command", json.loads(mute[key]))


@given(LEVELS, LEVELS, LEVELS, LEVELS)
def test_different_devices_have_different_topics(site: str, door: str, site2: str, door2: str) -> None:
    """Topics are made of allowed letters, and no two devices share one."""
    one, other = (
        homeassistant.discovery_message(
            DescribedDevice(Config.model_validate({"device": names}), "1", "PC", Health(None, None))
        ).topic
        for names in ({"site": site, "name": door}, {"site": site2, "name": door2})
    )
    assert (one == other) == ((site, door) == (site2, door2))
    assert re.fullmatch(r"homeassistant/device/[A-Za-z0-9_-]+/config", one)


def test_topics_of_version_0_1_are_known() -> None:
    """So that they can be emptied."""
    topics = tuple(homeassistant.earlier_topics(described()))
    assert len(set(topics)) == 12
    assert all(
        re.fullmatch(r"hass/(binary_)?sensor/maskgate-north-door/[a-z_]+/config", one) for one in topics
    )
