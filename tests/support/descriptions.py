"""A device as it is described to Home Assistant, and messages of such a device."""

from __future__ import annotations

from typing import Any

from edge.config import Config
from edge.messages.payloads import Trouble, event_payload, state_payload
from edge.system.health import Health
from edge.types import Lamp, Outcome, State
from edge.uplink.homeassistant import DescribedDevice
from tests.support.builders import event

STATE = state_payload(
    State(Lamp.RED, False, "", "1.0", 1_700_000_000.0, "", 2), Trouble(0, "the spool is full; make room")
)
EVENT = event_payload(event(1, Outcome.NO_MASK))
SUMMARY: dict[str, Any] = {
    "start": "2023-11-14T00:00:00.000Z",
    "complete": False,
    "verdicts": {"compliant": 3, "no_mask": 1, "mask_incorrect": 0, "unsure": 2},
    "directions": {"in": 3, "out": 2, "unknown": 1},
    "compliance": 0.75,
}
STATS: dict[str, Any] = {"fps": 14.9, "temperature_c": 48.3, "throttled": False, "spool": {"unsent": 0}}

TELLS_ALL = Health(48.3, False)


def described(
    health: Health = TELLS_ALL, *, line: bool = True, commands: tuple[str, ...] = ("mute",)
) -> DescribedDevice:
    """A device with everything, unless told otherwise."""
    config = Config.model_validate(
        {
            "device": {"site": "north", "name": "door"},
            "entrance": {"line": [[0.1, 0.5], [0.9, 0.5]], "inside": "below"} if line else {},
            "mqtt": {
                "accept_commands": list(commands),
                "discovery": True,
                "discovery_prefix": "hass",
                "support_url": "https://help.example/maskgate",
            },
        }
    )
    return DescribedDevice(config, "1.2.3", "Raspberry Pi 4 Model B Rev 1.5", health)
