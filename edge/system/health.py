"""How warm the device is, and whether it is slowed down for want of power or cooling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ZONES = "class/thermal/thermal_zone*"
THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
NOW = 0xF
"""Bits of the Raspberry Pi's firmware: under-voltage, capped, throttled, soft limit; others are history."""


@dataclass(frozen=True, slots=True)
class Health:
    """Both are None where the device does not tell.

    Attributes:
        temperature_c: Of the processor.
        throttled: Whether the firmware slows it down now.
    """

    temperature_c: float | None
    throttled: bool | None


def read(sys: Path = Path("/sys")) -> Health:
    """What the kernel tells."""
    return Health(_temperature(sys), _throttled(sys))


def _temperature(sys: Path) -> float | None:
    """The processor's zone where one is named so, else the first that can be read."""
    zones = sorted(sys.glob(ZONES), key=lambda zone: ("cpu" not in _text(zone / "type"), zone.name))
    for zone in zones:
        try:
            return round(int(_text(zone / "temp")) / 1000, 1)
        except ValueError:
            continue
    return None


def _throttled(sys: Path) -> bool | None:
    try:
        return bool(int(_text(sys / THROTTLED), 16) & NOW)
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
