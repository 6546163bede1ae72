"""All checks together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.diagnostics import doctor
from edge.diagnostics.finding import Device, Finding, Level, fault, ok, skipped, warning
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
