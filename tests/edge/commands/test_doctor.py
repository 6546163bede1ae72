"""`maskgate doctor`, used as a person would."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from edge.commands import main
from edge.demo import CLIP
from edge.diagnostics import doctor, hardware, installation


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(
        f'[camera]\nsource = "{CLIP}"\n[lamp]\nkind = "none"\n[spool]\npath = "{tmp_path / "spool.db"}"\n'
    )
    file.chmod(0o644)
    return file


def called(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    monkeypatch.setattr(sys, "argv", ["maskgate", "doctor", "--offline", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_a_line_for_each_check_and_what_to_do(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault is named with its fix, and makes the exit code 1."""
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (installation.configured, installation.readable))
    assert called(monkeypatch, "--config", config) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ok", "ok"]
    config.chmod(0o600)
    assert called(monkeypatch, "--config", config) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[1] == (
        f"fault    configuration's rights: the service's user may not read it; to do: sudo chmod 644 {config}"
    )


def test_json_for_programs(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same findings, and nothing else on standard output."""
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (installation.configured,))
    config.write_text("[camera]\nfps = 0\n")
    assert called(monkeypatch, "--json", "--config", config) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["check"], found["level"]) == ("configuration", "fault")
    assert found["text"].startswith("camera.fps: ")
    assert found["fix"] == f"change camera.fps in {config}"


def test_a_missing_configuration_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no end of the checks."""
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (installation.configured, installation.secrets))
    assert called(monkeypatch, "--config", tmp_path / "none.toml") == 1
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_slip_of_the_pen_in_the_configuration_costs_no_settings(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line is to be corrected, and nothing is looked for by the defaults."""
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (installation.configured, hardware.camera_packages))
    config.write_text("[camera]\nsource = \n")
    assert called(monkeypatch, "--config", config) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"fault    configuration: {config} is not TOML: ")
    assert first.endswith("; to do: correct that line")
    assert second == "skipped  camera packages: the configuration cannot be read"


def test_a_wrong_key_has_what_goes_by_it_skipped(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", (hardware.camera_packages,))
    config.write_text("[camera]\nsource = 5\n")
    assert called(monkeypatch, "--config", config) == 0
    assert "camera.source is wrong in the configuration" in capsys.readouterr().out
