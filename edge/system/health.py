"""How warm the device is, and whether it is slowed down for want of power or cooling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ZONES = "class/thermal/thermal_zone*"
THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
NOW = 0xF
"""Bits of the Raspberry Pi's firmware: under-voltage, capped, throttled, soft limit; others are history."""
UNDER_VOLTAGE = 0x1


@dataclass(frozen=True, slots=True)
class Health:
    """Each is None where the device does not tell.

    Attributes:
        temperature_c: Of the processor.
        throttled: Whether the firmware slows it down now.
        under_voltage: Whether its voltage is too low now.
    """

    temperature_c: float | None
    throttled: bool | None
    under_voltage: bool | None = None


def read(sys: Path = Path("/sys")) -> Health:
    """What the kernel tells."""
    bits = _firmware(sys)
    slowed, low = (None, None) if bits is None else (bool(bits & NOW), bool(bits & UNDER_VOLTAGE))
    return Health(_temperature(sys), slowed, low)


def _temperature(sys: Path) -> float | None:
    """The processor's zone where one is named so, else the first that can be read."""
    zones = sorted(sys.glob(ZONES), key=lambda zone: ("cpu" not in _text(zone / "type"), zone.name))
    for zone in zones:
        try:
            return round(int(_text(zone / "temp")) / 1000, 1)
        except ValueError:
            continue
    return None


def _firmware(sys: Path) -> int | None:
    try:
        return int(_text(sys / THROTTLED), 16)
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
