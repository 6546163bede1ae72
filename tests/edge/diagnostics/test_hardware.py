"""Each fault of packages, devices and groups is found when it is brought about."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from edge.diagnostics import hardware
from edge.diagnostics.finding import Check, Level
from tests.support.devices import Patient

PI = {"camera": {"source": "picamera2"}, "lamp": {"kind": "gpio"}}


@pytest.fixture
def pi(patient: Patient) -> Patient:
    """A Pi with its camera and lamps."""
    patient.write("dev/gpiochip0")
    return patient.configured(**PI)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that can be seen; a test takes some away."""
    found = {"picamera2", "libcamera", "gpiozero", "lgpio"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in found else None)
    monkeypatch.setattr(hardware, "version", lambda _name: "0.2.2.0")
    return found


def test_a_sound_pi_has_no_fault(pi: Patient, there: set[str]) -> None:
    for check in hardware.CHECKS:
        (finding,) = pi.found(check)
        assert finding.level is Level.OK, finding


def test_what_is_not_used_is_not_asked_for(patient: Patient) -> None:
    """A PC with a USB camera needs no package of a Pi."""
    for check in (hardware.camera_packages, hardware.pin_packages, hardware.pins):
        (finding,) = patient.found(check)
        assert finding.level is Level.SKIPPED


def test_groups_are_asked_for_where_a_service_needs_them(patient: Patient) -> None:
    """On a PC without the service a missing group gpio is no fault."""
    patient.write("etc/group", "root:x:0:\n")
    patient.write("etc/systemd/system/maskgate.service", "[Service]\nExecStart=/opt/maskgate/bin/maskgate\n")
    (finding,) = patient.found(hardware.groups)
    assert finding.level is Level.SKIPPED


@pytest.mark.parametrize("group", ["video", "gpio"])
def test_a_missing_group(patient: Patient, group: str) -> None:
    lines = (patient.root / "etc/group").read_text().splitlines()
    patient.write("etc/group", "\n".join(line for line in lines if not line.startswith(group)))
    finding = patient.fault(hardware.groups)
    assert finding.text == f"there is no group {group}"
    assert "systemd-sysusers" in finding.fix


@pytest.mark.parametrize(
    ("package", "check", "fix"),
    [
        ("picamera2", hardware.camera_packages, "python3-picamera2"),
        ("libcamera", hardware.camera_packages, "--system-site-packages"),
        ("gpiozero", hardware.pin_packages, "pi.txt"),
        ("lgpio", hardware.pin_packages, "python3-lgpio"),
    ],
)
def test_a_missing_package(pi: Patient, there: set[str], package: str, check: Check, fix: str) -> None:
    there.remove(package)
    finding = pi.fault(check)
    assert package in finding.text
    assert fix in finding.fix


def test_a_numpy_that_hides_the_systems(
    pi: Patient, there: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy-0.9.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: numpy\nVersion: 0.9\n"
    (tmp_path / "numpy-0.9.dist-info" / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)
    assert "pi.txt" in pi.fault(hardware.camera_packages).fix


def test_an_lgpio_that_is_a_stub(pi: Patient, there: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "version", lambda _name: "0.0.0.2")
    assert "empty module" in pi.fault(hardware.pin_packages).text


def test_no_chip_with_pins(pi: Patient) -> None:
    (pi.root / "dev/gpiochip0").unlink()
    assert "gpiochip" in pi.fault(hardware.pins).text
