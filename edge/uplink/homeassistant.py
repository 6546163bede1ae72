"""Describes a device to Home Assistant, so that it appears there by itself.

Source: Home Assistant's MQTT device discovery, one retained message for a device with all its entities
(`components`). Long-term statistics need `state_class`; a total that begins anew each day needs
`last_reset`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.config import Config
from edge.messages import payloads
from edge.messages.inbound import MAX_MUTE_S
from edge.messages.topics import Topics, client_id
from edge.system.health import Health
from edge.types import Lamp, Outcome
from edge.uplink.retained import RetainedMessage
from edge.uplink.status import EXPIRY_S

KEY = "discovery"
"""Of the message among the retained ones."""
EARLIER_SENSORS = (
    "lamp", "people", "came_in", "went_out", "compliance", "compliant", "no_mask", "mask_incorrect", "unsure",
    "temperature", "unsent",
)  # fmt: skip
"""Version 0.1 had a message for each of these entities, and for the binary sensor `blind`."""

Component = dict[str, object]
_ABSENT: dict[str, Component] = {
    "came_in": {"platform": "sensor"},
    "went_out": {"platform": "sensor"},
    "temperature": {"platform": "sensor"},
    "throttled": {"platform": "binary_sensor"},
    "mute": {"platform": "switch"},
}
"""What a device may not have: with its platform alone Home Assistant removes an entity of before."""


@dataclass(frozen=True, slots=True)
class DescribedDevice:
    """All that the description of a device is made of.

    Attributes:
        config: Of the device: its names, and what it has and accepts.
        version: Of the program.
        machine: What kind of machine it is.
        health: What the machine tells of itself now.
    """

    config: Config
    version: str
    machine: str
    health: Health

    @property
    def topics(self) -> Topics:
        """Where it publishes."""
        return Topics(self.config.device.site, self.config.device.name, self.config.mqtt.prefix)

    @property
    def node(self) -> str:
        """Its identifier in Home Assistant."""
        return client_id(self.config.device.site, self.config.device.name)


def status_topic(prefix: str) -> str:
    """Where Home Assistant says `online` when it has started."""
    return f"{prefix}/status"


def discovery_message(device: DescribedDevice) -> RetainedMessage:
    """The message that makes a device known."""
    mqtt = device.config.mqtt
    payload = {
        "device": _device(device),
        "origin": _origin(device),
        "components": _ABSENT | {key: _whole(device, key, one) for key, one in _components(device)},
        "qos": 1,
    }
    topic = f"{mqtt.discovery_prefix}/device/{device.node}/config"
    return RetainedMessage(KEY, topic, payloads.encode(payload))


def earlier_topics(device: DescribedDevice) -> Iterator[str]:
    """Where version 0.1 described the entities one by one."""
    for kind, keys in (("sensor", EARLIER_SENSORS), ("binary_sensor", ("blind",))):
        for key in keys:
            yield f"{device.config.mqtt.discovery_prefix}/{kind}/{device.node}/{key}/config"


def _device(device: DescribedDevice) -> Component:
    named = device.config.device
    return {
        "identifiers": [device.node],
        "name": f"MaskGate {named.site} {named.name}",
        "manufacturer": "MaskGate",
        "model": device.machine,
        "sw_version": device.version,
        "suggested_area": named.site,
    }


def _origin(device: DescribedDevice) -> Component:
    url = device.config.mqtt.support_url
    return {"name": "MaskGate", "sw_version": device.version, **({"support_url": url} if url else {})}


def _whole(device: DescribedDevice, key: str, component: Component) -> Component:
    """A component with what all have: an identifier, and the device's availability."""
    whole = {"unique_id": f"{device.node}-{key}", **component}
    # A device that is away is not unavailable as far as that is concerned.
    if component.get("device_class") != "connectivity":
        whole["availability_topic"] = device.topics.availability
    return whole


def _components(device: DescribedDevice) -> Iterator[tuple[str, Component]]:
    topics = device.topics
    yield (
        "lamp",
        {
            "platform": "sensor",
            "name": "Lamp",
            "icon": "mdi:traffic-light",
            "device_class": "enum",
            "options": [lamp.value for lamp in Lamp],
            **_from(topics.state, "value_json.lamp"),
        },
    )
    yield "people", _number("People now", "people", _from(topics.state, "value_json.people"))
    yield "verdict", _verdict(topics)
    yield from _today(device)
    yield from _diagnostics(topics)
    yield from _minute(device)
    if "mute" in device.config.mqtt.accept_commands:
        yield "mute", _mute(topics)


def _verdict(topics: Topics) -> Component:
    """Each verdict and revision; `id` tells repetitions apart."""
    members = ("id", "pass_id", "revision", "wall_time")
    attributes = ", ".join(f"'{name}': value_json.{name}" for name in members)
    return {
        "platform": "event",
        "name": "Verdict",
        "icon": "mdi:face-mask",
        "event_types": [outcome.value for outcome in Outcome],
        "state_topic": topics.event,
        "value_template": (
            f"{{{{ {{'event_type': value_json.verdict, {attributes}, "
            "'direction': value_json.direction | default('unknown')} | to_json }}"
        ),
    }


def _today(device: DescribedDevice) -> Iterator[tuple[str, Component]]:
    """Sums of the local day. The day before is on the same topic; it would count once more."""
    day = device.topics.day
    for outcome, name in (
        (Outcome.COMPLIANT, "With mask today"),
        (Outcome.NO_MASK, "Without mask today"),
        (Outcome.MASK_INCORRECT, "Mask worn incorrectly today"),
        (Outcome.UNSURE, "Undecided today"),
    ):
        yield outcome.value, _total(name, day, f"value_json.verdicts.{outcome.value}")
    if device.config.entrance.line:
        yield "came_in", _total("Came in today", day, "value_json.directions['in']")
        yield "went_out", _total("Went out today", day, "value_json.directions['out']")
    # Home Assistant shows the text `None` as unknown: nobody was judged today.
    percent = "(value_json.compliance * 100) | round(1) if value_json.compliance is not none else 'None'"
    template = f"{{% if not value_json.complete %}}{{{{ {percent} }}}}{{% endif %}}"
    yield "compliance", _number("Compliance today", "%", {"state_topic": day, "value_template": template})


def _diagnostics(topics: Topics) -> Iterator[tuple[str, Component]]:
    yield (
        "connected",
        {
            "platform": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": topics.availability,
            "payload_on": "online",
            "payload_off": "offline",
        },
    )
    for key, name, problem, reason in (
        ("blind", "Camera", "value_json.blind or value_json.view", "value_json.reason or value_json.view"),
        ("model_problem", "Model", "value_json.model_problem", "value_json.model_problem"),
        ("spool_problem", "Storage", "value_json.spool_problem", "value_json.spool_problem"),
        ("send_problem", "Sending", "value_json.send_problem", "value_json.send_problem"),
    ):
        yield (
            key,
            {
                "platform": "binary_sensor",
                "name": f"{name} problem",
                "device_class": "problem",
                "entity_category": "diagnostic",
                **_from(topics.state, f"'ON' if {problem} else 'OFF'"),
                "json_attributes_topic": topics.state,
                "json_attributes_template": f"{{{{ {{'reason': {reason}}} | to_json }}}}",
            },
        )
    yield (
        "live_view",
        {
            "platform": "binary_sensor",
            "name": "Live view",
            "icon": "mdi:cctv",
            "entity_category": "diagnostic",
            **_from(topics.state, "'ON' if value_json.live_view_until else 'OFF'"),
        },
    )
    # The device knows of no later model than its own; an empty version would be unknown for ever.
    model = "{'installed_version': value_json.model_version, 'latest_version': value_json.model_version}"
    yield (
        "model",
        {
            "platform": "update",
            "name": "Model",
            "title": "MaskGate model",
            "entity_category": "diagnostic",
            **_from(topics.state, f"{model} | to_json"),
        },
    )


def _minute(device: DescribedDevice) -> Iterator[tuple[str, Component]]:
    """Figures of the last minute, as far as the machine has them."""
    stats, health = device.topics.stats, device.health
    found = [
        ("unsent", _number("Unsent events", "events", _from(stats, "value_json.spool.unsent"))),
        ("fps", _number("Frames per second", "fps", _from(stats, "value_json.fps"))),
    ]
    if health.temperature_c is not None:
        warm = _number("Temperature", "°C", _from(stats, "value_json.temperature_c"))
        found.append(("temperature", {**warm, "device_class": "temperature"}))
    if health.throttled is not None:
        throttled = _from(stats, "'ON' if value_json.throttled else 'OFF'")
        slow = {"platform": "binary_sensor", "name": "Power or heat problem", "device_class": "problem"}
        found.append(("throttled", {**slow, **throttled}))
    for key, component in found:
        # A broker drops an expired message without notice: Home Assistant must forget the value by itself.
        yield key, {**component, "entity_category": "diagnostic", "expire_after": EXPIRY_S}


def _mute(topics: Topics) -> Component:
    def command(seconds: int) -> str:
        return payloads.encode({"command": "mute", "seconds": seconds}).decode()

    return {
        "platform": "switch",
        "name": "Buzzer muted",
        "icon": "mdi:volume-off",
        **_from(topics.state, "'ON' if value_json.muted else 'OFF'"),
        "state_on": "ON",
        "state_off": "OFF",
        "command_topic": topics.command,
        "payload_on": command(MAX_MUTE_S),
        "payload_off": command(0),
    }


def _number(name: str, unit: str, source: Component) -> Component:
    return {
        "platform": "sensor",
        "name": name,
        "unit_of_measurement": unit,
        "state_class": "measurement",
        **source,
    }


def _total(name: str, topic: str, value: str) -> Component:
    return {
        **_number(name, "people", {"state_topic": topic}),
        "state_class": "total",
        "value_template": f"{{% if not value_json.complete %}}{{{{ {value} }}}}{{% endif %}}",
        "last_reset_value_template": "{% if not value_json.complete %}{{ value_json.start }}{% endif %}",
    }


def _from(topic: str, expression: str) -> Component:
    return {"state_topic": topic, "value_template": f"{{{{ {expression} }}}}"}
