"""All checks together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.config import Config
from edge.diagnostics import doctor
from edge.diagnostics.finding import Device, Finding, Level, fault, fault_by, ok, skipped, warning
from edge.diagnostics.installation import PARTS
from edge.errors import BrokerError
from tests.support.devices import Patient


def test_a_check_that_fails_hides_no_other(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fault itself."""

    def may_not(_device: Device) -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied", "/etc/credstore")
        yield

    def sees(_device: Device) -> Iterator[Finding]:
        yield ok("sees", "fine")

    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (may_not, sees))
    first, second = doctor.examine(patient.device, connect=False)
    assert (first.check, first.level, first.fix) == ("may not", Level.FAULT, "run this with sudo")
    assert second == Finding("sees", Level.OK, "fine")


def test_only_a_fault_makes_a_device_unsound() -> None:
    assert doctor.sound([ok("a", "b"), skipped("a", "b"), warning("a", "b", "c")])
    assert not doctor.sound([ok("a", "b"), fault("a", "b", "c")])


@pytest.mark.parametrize("connect", [True, False])
def test_what_goes_by_a_configuration_that_cannot_be_read_is_skipped(patient: Patient, connect: bool) -> None:
    """The defaults would have it look for a Pi's camera, and ask a broker on this machine."""
    patient.device.file.write_text("[camera\n")
    lost = Patient(replace(patient.device, config=Config())).lacking("")
    found = list(doctor.examine(lost.device, connect=connect))
    assert [finding.check for finding in found if finding.level is Level.FAULT] == ["configuration"]
    skipped_ones = {finding.check for finding in found if finding.text == "the configuration cannot be read"}
    assert {"camera packages", "pin packages", "pins", "bundle", *PARTS, "spool"} <= skipped_ones
    opened = {"camera", "lamp", "relay", "broker's network", "broker", "broker's access list", "test message"}
    assert opened & skipped_ones == (opened if connect else set())


@pytest.mark.parametrize(
    ("wrong", "key", "known"),
    [
        ("camera.source", "camera.source", False),
        ("camera.source", "camera", False),
        ("camera", "camera.source", False),
        ("entrance.line.1.0", "entrance.line", False),
        ("camera.source", "camera.fps", True),
        ("camera.source", "cam", True),
        ("", "camera", False),
    ],
)
def test_only_what_is_wrong_is_not_known(patient: Patient, wrong: str, key: str, known: bool) -> None:
    assert bool(patient.lacking(wrong).device.unknown(key)) is not known


def test_the_second_half_of_a_sentence_is_what_to_do() -> None:
    assert fault_by("a", BrokerError("it refuses; ask it"), "look") == fault("a", "it refuses", "ask it")
    assert fault_by("a", BrokerError("it refuses"), "look") == fault("a", "it refuses", "look")
