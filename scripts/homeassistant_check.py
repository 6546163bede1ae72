"""Holds the description of a device, and the blueprint, against Home Assistant's own schemas.

They come with Home Assistant, which needs Python 3.13 and more than a hundred packages, so they are in an
environment of their own:

    python3.13 -m venv /tmp/homeassistant
    /tmp/homeassistant/bin/pip install homeassistant==2025.4.4 paho-mqtt==2.1.0
    .venv/bin/python scripts/homeassistant_check.py /tmp/homeassistant/bin/python
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BLUEPRINT = ROOT / "docs" / "samples" / "homeassistant" / "verdict.yaml"


def description() -> bytes:
    """The description of a device that has everything."""
    sys.path.insert(0, str(ROOT))
    described = import_module("tests.support.descriptions").described()
    payload: bytes = import_module("edge.uplink.homeassistant").discovery_message(described).payload
    return payload


def check_description(payload: dict[str, Any]) -> None:
    """Raises what Home Assistant's schemas raise."""
    import_module("homeassistant.components.mqtt.schemas").DEVICE_DISCOVERY_SCHEMA(payload)
    shared = {name: payload[name] for name in ("device", "origin", "qos")}
    for key, component in payload["components"].items():
        platform = import_module(f"homeassistant.components.mqtt.{component.pop('platform')}")
        platform.DISCOVERY_SCHEMA({**shared, **component})
        print(f"component {key}: as Home Assistant wants it")


def check_blueprint() -> None:
    """Raises what Home Assistant's schema of blueprints raises."""
    load = import_module("homeassistant.util.yaml").load_yaml_dict
    schemas = import_module("homeassistant.components.blueprint.schemas")
    schemas.BLUEPRINT_SCHEMA(load(BLUEPRINT))
    print(f"{BLUEPRINT.name}: as Home Assistant wants it")


async def check(payload: dict[str, Any]) -> None:
    """Runs inside of Home Assistant, whose templates need its core object."""
    hass = import_module("homeassistant.core").HomeAssistant(str(ROOT))
    import_module("homeassistant.helpers.frame").async_setup(hass)
    check_description(payload)
    check_blueprint()
    await hass.async_stop(force=True)


def main() -> int:
    """With an interpreter that has Home Assistant has it check; without one is what that interpreter runs."""
    if len(sys.argv) == 2:
        # The interpreter is the choice of who runs this.
        return subprocess.run([sys.argv[1], __file__], input=description(), check=False).returncode  # noqa: S603
    asyncio.run(check(json.load(sys.stdin)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
