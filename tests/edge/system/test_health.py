"""Temperature and throttling, as the kernel tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.system import health
from edge.system.health import Health


def zone(sys: Path, number: int, kind: str, temperature: str) -> None:
    directory = sys / f"class/thermal/thermal_zone{number}"
    directory.mkdir(parents=True)
    (directory / "type").write_text(f"{kind}\n")
    (directory / "temp").write_text(temperature)


def test_the_processors_zone_is_taken(tmp_path: Path) -> None:
    """Of several sensors the processor's counts; thousandths become degrees."""
    zone(tmp_path, 0, "gpu-thermal", "41000\n")
    zone(tmp_path, 1, "cpu-thermal", "53692\n")
    assert health.read(tmp_path) == Health(53.7, None)


def test_a_sensor_that_cannot_be_read_is_stepped_over(tmp_path: Path) -> None:
    """Rubbish in one zone leaves the next."""
    zone(tmp_path, 0, "cpu-thermal", "hot")
    zone(tmp_path, 1, "acpitz", "30000")
    assert health.read(tmp_path).temperature_c == 30.0


@pytest.mark.parametrize(
    ("word", "throttled", "low"),
    [
        ("0\n", False, False),
        ("50000\n", False, False),
        ("50005\n", True, True),
        ("8\n", True, False),
        ("x", None, None),
    ],
)
def test_throttling_now_is_told(tmp_path: Path, word: str, throttled: bool | None, low: bool | None) -> None:
    """The low bits are about now; the high ones about some time since the start."""
    file = tmp_path / health.THROTTLED
    file.parent.mkdir(parents=True)
    file.write_text(word)
    assert health.read(tmp_path) == Health(None, throttled, low)


def test_a_device_that_does_not_tell(tmp_path: Path) -> None:
    """No sensors, no numbers."""
    assert health.read(tmp_path) == Health(None, None)
