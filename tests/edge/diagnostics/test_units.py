"""Each fault of the services is found when it is brought about."""

from __future__ import annotations

import re

import pytest

from edge.diagnostics import units
from edge.diagnostics.finding import Check, Level
from edge.diagnostics.unit_files import ALL_IN_ONE, GUARD_CALL, HALVES, UPLINK, VISION
from tests.support.devices import UNIT, UNITS, WANTED, Patient
from tests.support.paths import ROOT

FAILED = """\
Id=maskgate.service
ActiveState={active}
SubState={sub}
Result={result}
ExecMainStatus={status}
NRestarts={restarts}
UnitFileState=enabled
"""


@pytest.fixture
def halves(patient: Patient) -> Patient:
    """A device on which both halves are installed as they are shipped, and enabled."""
    for file in (UNITS, WANTED):
        (patient.root / file / ALL_IN_ONE).unlink()
    for name in HALVES:
        patient.install(name, (ROOT / "systemd" / name).read_text())
    patient.write(f"{UNITS}/{GUARD_CALL}", "[Socket]\n")
    return patient


def texts(patient: Patient, check: Check) -> list[str]:
    return [finding.text for finding in patient.found(check) if finding.level is Level.FAULT]


def test_a_sound_device_has_no_fault(patient: Patient, halves: Patient) -> None:
    assert [finding.level for check in units.CHECKS for finding in halves.found(check)] == [
        Level.OK,
        Level.OK,
        Level.SKIPPED,
    ]


def test_a_unit_whose_program_is_gone(patient: Patient) -> None:
    (patient.root / "opt/maskgate/bin/maskgate").unlink()
    assert "/opt/maskgate/bin/maskgate" in patient.fault(units.units).text


def test_a_relay_whose_guard_is_not_installed(patient: Patient) -> None:
    """Only where a relay is wired, and the unit leaves it to a guard of its own."""
    file = patient.write(f"{UNITS}/maskgate.service", f"[Unit]\nWants={GUARD_CALL}\n{UNIT}")
    wired = patient.configured(relay={"pin": 24})
    assert GUARD_CALL in wired.fault(units.units).text
    assert not texts(patient, units.units)
    patient.write(f"{UNITS}/{GUARD_CALL}")
    assert not texts(wired, units.units)
    (patient.root / UNITS / GUARD_CALL).unlink()
    file.write_text(UNIT)
    assert not texts(wired, units.units)


def test_both_kinds_of_service_at_once(patient: Patient) -> None:
    for name in HALVES:
        patient.install(name)
    assert "enabled beside" in patient.fault(units.units).text


def test_half_a_device(patient: Patient) -> None:
    (patient.root / WANTED / "maskgate.service").unlink()
    for name in HALVES:
        patient.install(name, enabled=name == VISION)
    assert "only one of the two halves" in patient.fault(units.units).text


def test_units_of_a_package_are_found(patient: Patient) -> None:
    """A package puts its units where the system keeps its own."""
    unit = patient.root / UNITS / "maskgate.service"
    patient.write("usr/lib/systemd/system/maskgate.service", unit.read_text())
    unit.unlink()
    (finding,) = patient.found(units.units)
    assert finding.level is Level.OK


@pytest.mark.parametrize("there", [True, False])
def test_a_service_that_does_not_start_at_boot(patient: Patient, there: bool) -> None:
    (patient.root / WANTED / "maskgate.service").unlink()
    if not there:
        (patient.root / UNITS / "maskgate.service").unlink()
    (finding,) = patient.found(units.units)
    assert finding.level is Level.WARNING


def test_a_camera_of_the_network_beside_a_process_without_one(halves: Patient) -> None:
    """The half that sees would be blind for ever."""
    far = halves.configured(camera={"source": "rtsp://10.0.0.7/stream"})
    finding = far.fault(units.units)
    assert VISION in finding.text
    assert "install.sh --one-process" in finding.fix
    assert not texts(halves, units.units)


def test_a_half_that_runs_without_being_enabled_counts(patient: Patient) -> None:
    """It was started by hand."""
    (patient.root / WANTED / ALL_IN_ONE).unlink()
    patient.install(VISION, enabled=False)
    far = patient.configured(camera={"source": "rtsp://10.0.0.7/stream"})
    assert not texts(far, units.units)
    answer = f"Id={VISION}\nActiveState=active\nSubState=running\nUnitFileState=disabled\n"
    assert "has no network" in far.with_systemd(answer).fault(units.units).text


@pytest.mark.parametrize("enabled", [True, False])
def test_a_masked_service_is_to_be_unmasked(patient: Patient, enabled: bool) -> None:
    """Where it was to start with the machine, or where nothing else does."""
    (patient.root / UNITS / ALL_IN_ONE).unlink()
    (patient.root / UNITS / ALL_IN_ONE).symlink_to("/dev/null")
    if not enabled:
        (patient.root / WANTED / ALL_IN_ONE).unlink()
    assert patient.fault(units.units).fix == f"sudo systemctl unmask {ALL_IN_ONE}"


def test_a_service_that_was_masked_in_favour_of_another_is_none(halves: Patient) -> None:
    (halves.root / UNITS / ALL_IN_ONE).symlink_to("/dev/null")
    assert not texts(halves, units.units)


@pytest.mark.parametrize(("number", "line"), [(0, "PrivateNetwork=yes"), (1, "PrivateDevices=yes")])
def test_a_sandbox_that_lacks_a_line(patient: Patient, number: int, line: str) -> None:
    for name, own in zip(HALVES, ("PrivateNetwork=yes", "PrivateDevices=yes"), strict=True):
        patient.install(name, UNIT if own == line else f"{UNIT}{own}\n")
    finding = patient.fault(units.sandbox)
    assert (finding.text, finding.fix) == (f"{HALVES[number]} has no {line}", "install once more")


def test_without_the_halves_there_is_no_sandbox_to_look_at(patient: Patient) -> None:
    (finding,) = patient.found(units.sandbox)
    assert (finding.level, finding.text) == (Level.SKIPPED, "the two halves are not installed")


OPENED = [
    (VISION, "PrivateNetwork=no"),
    (VISION, "PrivateNetwork="),
    (VISION, "RestrictAddressFamilies=AF_INET"),
    (VISION, "RestrictAddressFamilies="),
    (VISION, "IPAddressDeny="),
    (VISION, "DevicePolicy=auto"),
    (UPLINK, "PrivateDevices=off"),
    (UPLINK, "RestrictAddressFamilies=AF_PACKET"),
    (UPLINK, "IPAddressDeny="),
    (UPLINK, "IPAddressAllow=any"),
    (UPLINK, "DevicePolicy="),
]


@pytest.mark.parametrize("folder", [UNITS, "run/systemd/system", "usr/lib/systemd/system"])
@pytest.mark.parametrize(("name", "line"), OPENED)
def test_a_drop_in_that_opens_a_sandbox(halves: Patient, folder: str, name: str, line: str) -> None:
    """The file is named, since to install once more would not take it away."""
    file = halves.drop_in(name, line, folder=folder)
    finding = halves.fault(units.sandbox)
    assert finding.text == f"{name} is opened by {line} in {file}"
    assert finding.fix.startswith("take that line out of the file")


def test_of_several_lines_the_one_that_opens_is_named(halves: Patient) -> None:
    """Others of its key may be as the documents say."""
    halves.write(f"{UNITS}/{UPLINK}.d/a.conf", "[Service]\nIPAddressAllow=198.51.100.7\n")
    file = halves.write(f"{UNITS}/{UPLINK}.d/b.conf", "[Service]\nIPAddressAllow=0.0.0.0/0\n")
    halves.write(f"{UNITS}/{UPLINK}.d/c.conf", "[Service]\nIPAddressAllow=198.51.100.8\n")
    assert halves.fault(units.sandbox).text == f"{UPLINK} is opened by IPAddressAllow=0.0.0.0/0 in {file}"


def test_a_line_of_the_unit_itself_is_put_right_by_the_installer(halves: Patient) -> None:
    file = halves.root / UNITS / VISION
    file.write_text(file.read_text().replace("PrivateNetwork=yes", "PrivateNetwork=no"))
    finding = halves.fault(units.sandbox)
    assert finding.text == f"{VISION} is opened by PrivateNetwork=no in {file}"
    assert finding.fix == "install once more"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (VISION, "SystemCallFilter=adjtimex clock_adjtime"),
        (VISION, "RestrictAddressFamilies=~AF_NETLINK"),
        (VISION, "DevicePolicy=strict"),
        (UPLINK, "IPAddressAllow=198.51.100.7"),
        (UPLINK, "RestrictAddressFamilies=none"),
    ],
)
def test_a_drop_in_that_the_documents_name_or_that_narrows_is_none(
    halves: Patient, name: str, line: str
) -> None:
    halves.drop_in(name, line)
    assert not texts(halves, units.sandbox)


def test_a_drop_in_of_a_drop_in_counts_last(halves: Patient) -> None:
    """By the names of the files."""
    halves.drop_in(VISION, "PrivateNetwork=no")
    halves.write(f"{UNITS}/{VISION}.d/zz.conf", "[Service]\nPrivateNetwork=yes\n")
    assert not texts(halves, units.sandbox)


def state(active: str = "failed", sub: str = "failed", result: str = "exit-code", **numbers: int) -> str:
    return FAILED.format(
        active=active,
        sub=sub,
        result=result,
        status=numbers.get("status", 2),
        restarts=numbers.get("restarts", 0),
    )


def test_a_service_that_has_failed(patient: Patient) -> None:
    """With what its exit code means, and where its log is."""
    finding = patient.with_systemd(state()).fault(units.states)
    assert finding.text == (
        "maskgate.service has failed: its configuration or command line is wrong (exit code 2)"
    )
    assert "journalctl -u maskgate.service" in finding.fix
    assert "sudo systemctl restart maskgate.service" in finding.fix


@pytest.mark.parametrize(
    "answer",
    [
        state("activating", "auto-restart", status=4, restarts=57),
        state("activating", "auto-restart-queued", status=4, restarts=57),
    ],
)
def test_a_service_that_is_started_again_and_again(patient: Patient, answer: str) -> None:
    assert patient.with_systemd(answer).fault(units.states).text == (
        "maskgate.service is started again and again (57 times): "
        "its camera or recording cannot be read (exit code 4)"
    )


def test_a_try_that_is_under_way_hides_no_loop(patient: Patient) -> None:
    """systemd has forgotten by then how the last one ended."""
    answer = state("activating", "start", "success", status=0, restarts=57)
    assert patient.with_systemd(answer).fault(units.states).text == (
        "maskgate.service is started again and again (57 times): it ends before it is ready"
    )


def test_a_service_that_hung(patient: Patient) -> None:
    """systemd's word for it says more than the number of the signal."""
    answer = state("activating", "auto-restart", "watchdog", status=6, restarts=3)
    assert patient.with_systemd(answer).fault(units.states).text.endswith("something in it hung")


@pytest.mark.parametrize(
    "answer",
    [
        state("active", "running", "success", status=0),
        state("active", "running", "success", status=0, restarts=9),
        state("activating", "start", "success", status=0),
        state("inactive", "dead", "success", status=0),
        state().replace("=enabled", "=disabled"),
    ],
)
def test_a_service_that_runs_or_is_not_wanted_is_no_fault(patient: Patient, answer: str) -> None:
    (finding,) = patient.with_systemd(answer).found(units.states)
    assert finding.level is Level.OK


def test_the_pages_and_the_collector_are_asked_for_too(patient: Patient) -> None:
    for name in ("maskgate-web.service", "maskgate-collector.service"):
        patient.install(name)
    answer = "\n".join(
        state().replace("maskgate.", f"{stem}.") for stem in ("maskgate-web", "maskgate-collector")
    )
    assert len(texts(patient.with_systemd(answer), units.states)) == 2


def test_without_systemd_no_service_is_asked_for(patient: Patient) -> None:
    """In a container, for example."""
    (finding,) = patient.found(units.states)
    assert (finding.level, finding.text) == (Level.SKIPPED, "systemd does not run here")


def test_every_exit_code_of_the_documents_has_a_meaning_and_a_place_to_look() -> None:
    """But for the two that are no failure."""
    table = (ROOT / "docs/operations.md").read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert documented - {0, 130} <= set(units.EXIT_CODES)
