"""`maskgate models`, used as a person would."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge import bundle, config
from edge.bundle import signature
from edge.bundle.store import open_bundle_store
from edge.commands import main
from edge.daemon import factory
from tests.support import bundle_models

SHIPPED = bundle.load(bundle.SHIPPED)


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `maskgate models` on a device on which nothing was installed."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    # Its help names the real file, and is written when the module is loaded.
    importlib.import_module("edge.commands.models")
    monkeypatch.setattr("edge.cli.options.SYSTEM_CONFIG", tmp_path / "system.toml")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["maskgate", "models", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        return Result(end.value.code, *capfd.readouterr())

    return call


def refused(result: Result, *words: str) -> None:
    """Exit code 3 and one sentence with these words."""
    assert result.code == 3, result
    assert len(result.err.splitlines()) == 1, result.err
    assert all(word in result.err for word in words), result.err


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {row["version"]: row for row in json.loads(run("list", "--json").out)}


def test_a_fresh_device_has_the_shipped_bundle(run: Run) -> None:
    """Listed as current, verified, and nothing to go back to."""
    row = listed(run)[SHIPPED.manifest.version]
    assert (row["name"], row["current"], row["shipped"], row["problem"]) == (SHIPPED.name, True, True, "")
    assert "current, shipped" in run("list").out
    assert "the one that comes with the package" in run("verify").out
    refused(run("rollback"), "there is none before it")


def test_install_says_what_was_tried_and_what_to_do(run: Run, tmp_path: Path) -> None:
    """And the new bundle is the one in use, also for the other commands."""
    result = run("install", bundle_models.packed(tmp_path, "1000.1"))
    assert result.code == 0, result.err
    assert f"{len(SHIPPED.manifest.golden)} golden and 16 made-up crops passed" in result.out
    assert " ms a crop" in result.out
    assert "systemctl reload maskgate" in result.out
    assert factory.open_bundle(config.load_config(None)).manifest.version == "1000.1"
    rows = listed(run)
    assert rows["1000.1"]["current"]
    assert rows[SHIPPED.manifest.version]["previous"]
    assert "1000.1" in run("verify").out


def test_a_plain_user_is_told_that_the_service_takes_nothing_of_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed without sudo is in use for that user's own runs only."""
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = run("install", bundle_models.packed(tmp_path, "1000.1"))
    assert result.code == 0, result.err
    assert f"is in use now for this user alone, in {tmp_path / 'data'}" in result.out
    assert "systemctl reload" not in result.out
    assert "sudo maskgate models" in result.out
    assert "sudo maskgate models" in run("list").err, "nor does the list show what the service has"


def test_rollback_goes_back(run: Run, tmp_path: Path) -> None:
    """One step, or to the shipped one at once."""
    for version in ("1000.1", "1000.2"):
        run("install", bundle_models.packed(tmp_path, version))
    assert "1000.1" in run("rollback").out
    assert listed(run)["1000.1"]["current"]
    run("install", tmp_path / "1000.2.tar.gz")
    assert "the shipped bundle is in use now" in run("rollback", "--shipped").out


def test_an_older_version_takes_an_order(run: Run, tmp_path: Path) -> None:
    """The refusal names both ways."""
    run("install", bundle_models.packed(tmp_path, "1000.2"))
    older = bundle_models.packed(tmp_path, "1000.1")
    refused(run("install", older), "older than 1000.2", "--allow-older", "maskgate models rollback")
    assert run("install", "--allow-older", older).code == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"golden": bundle_models.ANSWERS_OTHERWISE}, "golden self-test"),
        ({"input": {"size": 96}}, "its manifest says 96 px"),
    ],
)
def test_what_does_not_work_here_is_not_installed(
    run: Run, tmp_path: Path, fields: dict[str, object], sentence: str
) -> None:
    """Whatever worked where it was made."""
    refused(run("install", bundle_models.packed(tmp_path, "1000.1", **fields)), sentence)
    assert listed(run)[SHIPPED.manifest.version]["current"]


def test_what_is_no_bundle_is_not_installed(run: Run, tmp_path: Path) -> None:
    """A folder, a picture, nothing."""
    refused(run("install", tmp_path), "is no file")
    refused(run("install", tmp_path / "none"), "is no file")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG" * 100)
    refused(run("install", tmp_path / "photo.png"), "photo.png", "no gzip file")


def test_the_services_configuration_counts(run: Run, tmp_path: Path) -> None:
    """Its keys are asked although no configuration was named; and it says what goes before."""
    key = signature.make_key(tmp_path / "key")
    (tmp_path / "system.toml").write_text(f'[classifier]\ntrusted_keys = ["{key.text}"]\n')
    unsigned = bundle_models.packed(tmp_path, "1000.1")
    refused(run("install", unsigned), f"{unsigned} is not signed")
    refused(run("verify", unsigned), f"{unsigned} is not signed")
    signature.sign(bundle.load(tmp_path / "1000.1"), signature.open_private(tmp_path / "key"))
    bundle.pack(tmp_path / "1000.1", unsigned)
    assert "signed with a trusted key" in run("verify", unsigned).out
    assert run("install", unsigned).code == 0
    assert "the one that comes with the package" in run("verify", bundle.SHIPPED).out
    other = tmp_path / "other.toml"
    other.write_text(f'[classifier]\nbundle = "{tmp_path / "1000.1"}"\n')
    assert "is used, whatever is installed" in run("list", "--config", other).err


def test_verify_looks_at_whatever_is_named(run: Run, tmp_path: Path) -> None:
    """A directory or a packed one, named as it was given; damages are named."""
    packed = bundle_models.packed(tmp_path, "1000.1")
    for path in (packed, tmp_path / "1000.1"):
        assert run("verify", path).out.startswith(f"{path} (1000.1-")
    (tmp_path / "1000.1" / bundle.DETECTOR).write_bytes(b"rot")
    refused(run("verify", tmp_path / "1000.1"), "detector.onnx is damaged")


def test_the_list_names_what_is_wrong(run: Run, tmp_path: Path) -> None:
    """A damaged bundle, and one that failed; a link that leads nowhere does not keep it from listing."""
    run("install", bundle_models.packed(tmp_path, "1000.1"))
    store = open_bundle_store()
    (store.path(store.current()) / bundle.CLASSIFIER).write_bytes(b"rot")
    assert "classifier.tflite is damaged" in run("list").out
    shutil.rmtree(store.path(store.current()))
    (store.root / "current").unlink()
    (store.root / "current").symlink_to("/etc")
    assert run("list").code == 0


def test_check_looks_at_the_keys(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Before the daemon misses them."""
    file = tmp_path / "config.toml"
    file.write_text('[classifier]\ntrusted_keys = ["/nowhere/release.pub"]\n')
    monkeypatch.setattr(sys, "argv", ["maskgate", "check", "--config", str(file)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "the key /nowhere/release.pub cannot be read" in capfd.readouterr().err
