"""Each fault of what was installed and configured is found when it is brought about."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from edge.bundle import SHIPPED, signature
from edge.diagnostics import installation
from edge.diagnostics.finding import Check, Level
from edge.spool import Spool
from edge.spool.control.server import ControlServer
from tests.support.builders import limits
from tests.support.devices import UNIT, Patient
from tests.support.spools import other_database

WANTED = "etc/systemd/system/multi-user.target.wants"
UNITS = "etc/systemd/system"


def texts(patient: Patient, check: Check) -> list[str]:
    return [finding.text for finding in patient.found(check) if finding.level is Level.FAULT]


def test_a_sound_installation_has_no_fault(patient: Patient) -> None:
    for check in installation.CHECKS:
        assert {finding.level for finding in patient.found(check)} == {Level.OK}, check


def test_no_configuration(patient: Patient) -> None:
    patient.device.file.unlink()
    assert "cannot be read" in patient.fault(installation.configured).text


def test_a_configuration_that_is_no_toml(patient: Patient) -> None:
    patient.device.file.write_text("[camera\n")
    assert "is not TOML" in patient.fault(installation.configured).text


def test_each_wrong_key(patient: Patient) -> None:
    patient.device.file.write_text('[camera]\nfps = 0\n[lamp]\ncolour = "red"\n')
    assert [text.partition(":")[0] for text in texts(patient, installation.configured)] == [
        "camera.fps",
        "lamp.colour",
    ]


def test_a_configuration_that_the_service_cannot_read(patient: Patient) -> None:
    patient.device.file.chmod(0o600)
    assert patient.fault(installation.readable).fix == f"sudo chmod 644 {patient.device.file}"


def test_a_password_that_others_can_read(patient: Patient) -> None:
    file = patient.write("etc/credstore/mqtt-password", "secret")
    file.chmod(0o644)
    finding = patient.fault(installation.secrets)
    assert finding.fix == f"sudo chmod 600 {file}"
    assert "secret" not in finding.text.replace("secrets", "")


def test_a_unit_whose_program_is_gone(patient: Patient) -> None:
    (patient.root / "opt/maskgate/bin/maskgate").unlink()
    assert "/opt/maskgate/bin/maskgate" in patient.fault(installation.units).text


def test_a_relay_whose_guard_is_not_installed(patient: Patient) -> None:
    """Only where a relay is wired, and the unit leaves it to a guard of its own."""
    file = patient.write(f"{UNITS}/maskgate.service", f"[Unit]\nWants={installation.GUARD_CALL}\n{UNIT}")
    wired = patient.configured(relay={"pin": 24})
    assert installation.GUARD_CALL in wired.fault(installation.units).text
    assert not texts(patient, installation.units)
    patient.write(f"{UNITS}/{installation.GUARD_CALL}")
    assert not texts(wired, installation.units)
    (patient.root / UNITS / installation.GUARD_CALL).unlink()
    file.write_text(UNIT)
    assert not texts(wired, installation.units)


def test_both_kinds_of_service_at_once(patient: Patient) -> None:
    for name in installation.HALVES:
        patient.write(f"{UNITS}/{name}", UNIT)
        patient.write(f"{WANTED}/{name}", UNIT)
    assert "enabled beside" in patient.fault(installation.units).text


def test_half_a_device(patient: Patient) -> None:
    (patient.root / WANTED / "maskgate.service").unlink()
    for name in installation.HALVES:
        patient.write(f"{UNITS}/{name}", UNIT)
    patient.write(f"{WANTED}/{installation.HALVES[0]}", UNIT)
    assert "only one of the two halves" in patient.fault(installation.units).text


def test_units_of_a_package_are_found(patient: Patient) -> None:
    """A package puts its units where the system keeps its own."""
    unit = patient.root / UNITS / "maskgate.service"
    patient.write("usr/lib/systemd/system/maskgate.service", unit.read_text())
    unit.unlink()
    (finding,) = patient.found(installation.units)
    assert finding.level is Level.OK


@pytest.mark.parametrize("there", [True, False])
def test_a_service_that_does_not_start_at_boot(patient: Patient, there: bool) -> None:
    (patient.root / WANTED / "maskgate.service").unlink()
    if not there:
        (patient.root / UNITS / "maskgate.service").unlink()
    (finding,) = patient.found(installation.units)
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(("number", "line"), [(0, "PrivateNetwork=yes"), (1, "PrivateDevices=yes")])
def test_a_sandbox_that_was_opened(patient: Patient, number: int, line: str) -> None:
    for name, own in zip(installation.HALVES, ("PrivateNetwork=yes", "PrivateDevices=yes"), strict=True):
        patient.write(f"{UNITS}/{name}", UNIT if own == line else f"{UNIT}{own}\n")
    assert patient.fault(installation.sandbox).text == f"{installation.HALVES[number]} has no {line}"


@pytest.mark.parametrize(
    ("section", "settings", "word"),
    [
        ("classifier", {"bundle": "/nowhere"}, "classifier.bundle"),
        ("classifier", {"trusted_keys": ["nonsense"]}, "classifier.trusted_keys"),
        ("detector", {"model": "/nowhere/detector.onnx"}, "detector.model"),
        ("mqtt", {"host": "mqtt://broker"}, "mqtt.host"),
        ("mqtt", {"username": "door"}, "mqtt.password_file"),
        ("mqtt", {"ca_file": "/nowhere/ca.crt"}, "mqtt.ca_file"),
        ("camera", {"source": "/nowhere/clip.mp4"}, "camera.source"),
        ("spool", {"path": "/nowhere/deep/spool.db"}, "spool.path"),
    ],
)
def test_a_part_that_cannot_start(
    patient: Patient, section: str, settings: dict[str, object], word: str
) -> None:
    """The key is named, and nothing else is at fault."""
    finding = patient.configured(**{section: settings}).fault(installation.services)
    assert finding.text.startswith(word)


def test_a_damaged_bundle(patient: Patient, tmp_path: Path) -> None:
    """A hash that is not that of the manifest."""
    bundle = tmp_path / "bundle"
    shutil.copytree(SHIPPED, bundle)
    (bundle / "classifier.tflite").write_bytes(b"rot")
    broken = patient.configured(classifier={"bundle": str(bundle)})
    assert "is damaged" in broken.fault(installation.bundle).text


def test_a_bundle_that_nobody_trusted_has_signed(patient: Patient, tmp_path: Path) -> None:
    """With a key in the configuration, a signature is asked for."""
    bundle = tmp_path / "bundle"
    shutil.copytree(SHIPPED, bundle)
    key = signature.make_key(tmp_path / "key")
    broken = patient.configured(classifier={"bundle": str(bundle), "trusted_keys": [key.text]})
    assert "sign" in broken.fault(installation.bundle).text


def test_another_programs_database(patient: Patient) -> None:
    other_database(Path(patient.device.config.spool.path))
    assert "some other database" in patient.fault(installation.services).text


def test_a_daemon_that_has_a_problem(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says of its own disk."""
    path = Path(patient.device.config.spool.path)
    with closing(Spool.open(path, limits())) as spool, closing(ControlServer(spool)):
        (finding,) = patient.found(installation.spool)
        assert finding.text == "the daemon runs; 0 events wait for a broker"
        monkeypatch.setattr("edge.spool.writer.SpoolWriter.problem", "the disk is full")
        assert patient.fault(installation.spool).text == "the disk is full"
