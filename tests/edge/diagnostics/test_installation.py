"""Each fault of what was installed and configured is found when it is brought about."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from edge.bundle import SHIPPED, signature
from edge.daemon.service import Problem
from edge.diagnostics import hardware, installation
from edge.diagnostics.finding import Check, Level
from edge.errors import MissingExtraError
from edge.spool import Spool
from edge.spool.control.server import ControlServer
from tests.support.builders import limits
from tests.support.devices import Patient
from tests.support.spools import other_database


def texts(patient: Patient, check: Check) -> list[str]:
    return [finding.text for finding in patient.found(check) if finding.level is Level.FAULT]


def test_a_sound_installation_has_no_fault(patient: Patient) -> None:
    for check in installation.CHECKS:
        assert {finding.level for finding in patient.found(check)} == {Level.OK}, check


def test_no_configuration(patient: Patient) -> None:
    """Nothing can be lost by the sample."""
    patient.device.file.unlink()
    finding = patient.fault(installation.configured)
    assert "cannot be read" in finding.text
    assert finding.fix == "copy the sample config.toml to that place"


def test_a_configuration_that_is_no_toml(patient: Patient) -> None:
    """What stands in it is not to be overwritten."""
    patient.device.file.write_text("[camera\n")
    finding = patient.fault(installation.configured)
    assert "is not TOML" in finding.text
    assert finding.fix == "correct that line"


def test_each_wrong_key(patient: Patient) -> None:
    patient.device.file.write_text('[camera]\nfps = 0\n[lamp]\ncolour = "red"\n')
    assert [text.partition(":")[0] for text in texts(patient, installation.configured)] == [
        "camera.fps",
        "lamp.colour",
    ]


def test_a_configuration_that_is_a_folder_is_not_to_be_overwritten(patient: Patient) -> None:
    patient.device.file.unlink()
    patient.device.file.mkdir()
    assert patient.fault(installation.configured).fix == "name another with --config"


def test_what_a_default_stands_for_is_not_looked_at(patient: Patient) -> None:
    """A source that is no text has the default's in its place, which needs a package of a Pi."""
    broken = patient.configured(camera={"source": "picamera2"}).lacking("camera.source")
    levels = {finding.check: finding.level for finding in broken.found(installation.services)}
    assert levels.pop("camera's settings") is Level.SKIPPED
    assert set(levels.values()) == {Level.OK}


def test_a_configuration_that_the_service_cannot_read(patient: Patient) -> None:
    patient.device.file.chmod(0o600)
    assert patient.fault(installation.readable).fix == f"sudo chmod 644 {patient.device.file}"


@pytest.mark.parametrize("name", ["mqtt-password", "web-token"])
def test_a_password_that_others_can_read(patient: Patient, name: str) -> None:
    file = patient.write(f"etc/credstore/{name}", "secret")
    file.chmod(0o644)
    finding = patient.fault(installation.secrets)
    assert finding.fix == f"sudo chmod 600 {file}"
    assert "secret" not in finding.text.replace("secrets", "")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("camera", "password_file"),
        ("mqtt", "password_file"),
        ("mqtt", "client_key_file"),
        ("web", "token_file"),
        ("web", "key_file"),
    ],
)
def test_a_named_secret_that_others_can_read(patient: Patient, section: str, key: str) -> None:
    """The service's user is one of the others, so the rights alone are no fix."""
    file = patient.write("etc/maskgate/secret", "hunter2hunter2")
    file.chmod(0o644)
    settings = {key: str(file)} | ({"cert_file": "/c.pem"} if key == "key_file" else {})
    named = patient.configured(**{section: settings})
    finding = named.fault(installation.secrets)
    assert finding.text == f"{file}, which {section}.{key} names, can be read by others"
    assert "credential" in finding.fix
    assert f"chmod 600 {file}" in finding.fix
    file.chmod(0o640)
    assert not texts(named, installation.secrets)
    file.unlink()
    assert not texts(named, installation.secrets)


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


def test_a_missing_package_is_told_once(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the check of packages, which says what to install; to mend the configuration would not help."""
    monkeypatch.setattr("edge.camera.picamera2.importlib.util.find_spec", lambda _name: None)
    pi = patient.configured(camera={"source": "picamera2"})
    assert "install python3-picamera2" in pi.fault(hardware.camera_packages).fix
    (finding,) = (one for one in pi.found(installation.services) if one.check == "camera's settings")
    assert (finding.level, finding.text) == (Level.SKIPPED, "see camera packages")
    assert not texts(pi, installation.services)


def test_a_missing_interpreter_is_to_be_installed(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """No check of packages tells of it."""
    problem = Problem(
        "classifier.interpreter", MissingExtraError("no TFLite interpreter is installed", "edge")
    )
    monkeypatch.setattr(installation, "_problems", lambda _device: [problem])
    finding = patient.fault(installation.services)
    assert (finding.check, finding.text) == ("models", "no TFLite interpreter is installed")
    assert "requirements/edge.txt" in finding.fix


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
