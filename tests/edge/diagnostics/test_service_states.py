"""systemd is asked once, and in limited time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.diagnostics import service_states
from edge.diagnostics.service_states import NoAnswerError, ServiceState, ask_systemd
from tests.support.devices import Patient

# Of systemd 257, which gives the properties in an order of its own.
ANSWER = """\
Result=exit-code
NRestarts=12
ExecMainStatus=6
Id=maskgate-uplink.service
ActiveState=activating
SubState=auto-restart
UnitFileState=enabled

Result=success
NRestarts=0
ExecMainStatus=0
Id=maskgate-vision.service
ActiveState=active
SubState=running
UnitFileState=enabled-runtime
"""
NAMES = ("maskgate-uplink.service", "maskgate-vision.service")


def refused(patient: Patient, names: Sequence[str] = NAMES) -> str:
    with pytest.raises(NoAnswerError) as caught:
        ask_systemd(patient.device, names)
    return str(caught.value)


def test_each_service_has_its_state(patient: Patient) -> None:
    states = ask_systemd(patient.with_systemd(ANSWER).device, NAMES)
    assert states == {
        "maskgate-uplink.service": ServiceState(
            active=True, failed=False, looping=True, enabled=True, result="exit-code", status=6, restarts=12
        ),
        "maskgate-vision.service": ServiceState(
            active=True, failed=False, looping=False, enabled=True, result="success", status=0, restarts=0
        ),
    }


def test_all_services_are_asked_for_at_once(patient: Patient) -> None:
    asked = patient.root / "asked"
    ask_systemd(patient.with_systemd(ANSWER, f"echo $@ >>{asked}").device, NAMES)
    (line,) = asked.read_text().splitlines()
    assert line.startswith("show --property=Id,ActiveState,")
    assert line.endswith(" ".join(NAMES))


def test_a_systemctl_that_hangs_is_left(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_states, "PATIENCE_S", 0.1)
    assert refused(patient.with_systemd("", "exec sleep 60")) == "systemctl does not answer within 0.1 s"


def test_without_systemd_or_its_answer_there_is_a_reason(patient: Patient) -> None:
    assert refused(patient) == "systemd does not run here"
    booted = patient.with_systemd("")
    assert refused(patient.with_systemd("", "exit 1")) == "systemctl cannot ask systemd"
    (patient.root / "bin/systemctl").unlink()
    assert refused(booted) == "there is no systemctl"


def test_lines_that_are_none_are_passed_over(patient: Patient) -> None:
    """A later systemd may say more."""
    told = "Id=a.service\n\nwhat\nNRestarts=[not set]\nId=b.service\n"
    assert set(ask_systemd(patient.with_systemd(told).device, NAMES)) == {"a.service", "b.service"}
