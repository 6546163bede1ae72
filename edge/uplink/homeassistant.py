"""Describes to Home Assistant what a device measures, so that it appears there by itself.

Source: Home Assistant's MQTT discovery, one retained message for each entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.messages import payloads
from edge.messages.topics import Topics, client_id
from edge.uplink.retained import RetainedMessage
from edge.uplink.status import EXPIRY_S

DISCOVERY_PREFIX = "homeassistant"


@dataclass(frozen=True, slots=True)
class HomeAssistantEntity:
    """One value in Home Assistant.

    Attributes:
        key: Its name within the device.
        name: What people read.
        topic: Which of the device's messages it comes from.
        template: How to get it from there.
        unit: Its unit, empty for none.
        kind: What it is to Home Assistant, such as `temperature`; empty for nothing in particular.
        binary: Whether it is on or off.
    """

    key: str
    name: str
    topic: str
    template: str
    unit: str = ""
    kind: str = ""
    binary: bool = False


def discovery_messages(topics: Topics, version: str) -> Iterator[RetainedMessage]:
    """The messages that make the device known.

    Args:
        topics: Whose they are.
        version: Of the program.
    """
    node = client_id(topics.site, topics.device)
    for entity in _entities(topics):
        component = "binary_sensor" if entity.binary else "sensor"
        topic = f"{DISCOVERY_PREFIX}/{component}/{node}/{entity.key}/config"
        yield RetainedMessage(topic, topic, payloads.encode(_config(entity, topics, node, version)))


def _entities(topics: Topics) -> tuple[HomeAssistantEntity, ...]:
    # Home Assistant shows the text `None` as unknown.
    percent = (
        "{{ (value_json.compliance * 100) | round(1) if value_json.compliance is not none else 'None' }}"
    )
    counts = [
        HomeAssistantEntity(key, f"{label} today", topics.day, f"{{{{ value_json.verdicts.{key} }}}}")
        for key, label in (
            ("compliant", "With mask"),
            ("no_mask", "Without mask"),
            ("mask_incorrect", "Mask worn incorrectly"),
            ("unsure", "Undecided"),
        )
    ]
    return (
        HomeAssistantEntity("lamp", "Lamp", topics.state, "{{ value_json.lamp }}"),
        HomeAssistantEntity(
            "blind",
            "Camera",
            topics.state,
            "{{ 'ON' if value_json.blind else 'OFF' }}",
            kind="problem",
            binary=True,
        ),
        HomeAssistantEntity("people", "People now", topics.state, "{{ value_json.people }}"),
        HomeAssistantEntity("came_in", "Came in today", topics.day, "{{ value_json.directions['in'] }}"),
        HomeAssistantEntity("went_out", "Went out today", topics.day, "{{ value_json.directions['out'] }}"),
        HomeAssistantEntity("compliance", "Compliance today", topics.day, percent, unit="%"),
        *counts,
        HomeAssistantEntity(
            "temperature", "Temperature", topics.stats, "{{ value_json.temperature_c }}", "°C", "temperature"
        ),
        HomeAssistantEntity("unsent", "Unsent events", topics.stats, "{{ value_json.spool.unsent }}"),
    )


def _config(entity: HomeAssistantEntity, topics: Topics, node: str, version: str) -> dict[str, object]:
    config: dict[str, object] = {
        "name": entity.name,
        "unique_id": f"{node}-{entity.key}",
        "state_topic": entity.topic,
        "value_template": entity.template,
        "availability_topic": topics.availability,
        "device": {
            "identifiers": [node],
            "name": f"MaskGate {topics.device}",
            "manufacturer": "MaskGate",
            "sw_version": version,
        },
    }
    if entity.unit:
        config["unit_of_measurement"] = entity.unit
    if entity.kind:
        config["device_class"] = entity.kind
    if entity.topic == topics.stats:
        # A broker drops an expired message without notice: Home Assistant must forget the value by itself.
        config["expire_after"] = EXPIRY_S
    return config
