"""What is installed from the checkout is complete, and setting up says what is wrong with a machine."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SET_UP = ROOT / "scripts" / "venv.sh"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built as pip builds it, with nothing fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*command, "-w", folder, ROOT], check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_three_packages(wheel: Path) -> None:
    """The device's code, training and conversion are installed; the tests and scripts are not."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"edge", "training", "convert"}


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    """Each tracked file of the packages is in the wheel: code, schemas, the models, the demo's clip."""
    listed = subprocess.run(
        ["git", "ls-files", "--", "edge", "training", "convert"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    tracked = {name for name in listed.stdout.split("\n") if name and (ROOT / name).exists()}
    assert tracked
    assert not tracked - set(zipfile.ZipFile(wheel).namelist())


def test_a_bare_install_asks_for_no_tensorflow(wheel: Path) -> None:
    """Without an extra, neither TensorFlow nor an OpenCV with windows is asked for."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(archive.read(metadata).decode())
    bare = [line for line in headers.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert any(line.startswith("opencv-python-headless") for line in bare)
    assert not [
        line for line in bare if line.startswith(("tensorflow", "keras", "matplotlib", "opencv-python>"))
    ]


def test_the_installed_copy_runs(wheel: Path, tmp_path: Path) -> None:
    """The command runs from the installed files alone, away from the checkout."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import edge, edge.commands, sys; print(edge.__file__); "
        "sys.argv[1:] = ['--version']; edge.commands.main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, version = run.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path)
    assert version.split()[-1] == wheel.name.split("-")[1]


def python_that(tmp_path: Path, script: str) -> Path:
    """A stand-in for an interpreter."""
    fake = tmp_path / "python3"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    return fake


def set_up(tmp_path: Path, python: Path | str, kind: str = "edge") -> subprocess.CompletedProcess[str]:
    """Tries to make a virtual environment with an interpreter."""
    return subprocess.run(
        [SET_UP, tmp_path / "venv", f"requirements/{kind}.txt", str(python)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('[ "$1" = -V ] && echo Python 3.10.13; exit 1', "is Python 3.10.13"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt-get install python3-venv"),
    ],
    ids=["too old", "no venv"],
)
def test_an_unfit_python_is_one_sentence(tmp_path: Path, script: str, reason: str) -> None:
    """Setting up with a Python that is too old, or has no venv, says so in one line and makes nothing."""
    run = set_up(tmp_path, python_that(tmp_path, script))
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert reason in sentence
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("python", ["", "python0"], ids=["none found", "named one missing"])
def test_no_python_is_one_sentence(tmp_path: Path, python: str) -> None:
    """Setting up without any Python that fits says which ones do."""
    run = set_up(tmp_path, python)
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert "Python 3.11 to 3.13" in sentence


def test_a_link_to_another_environment_is_left_alone(tmp_path: Path) -> None:
    """It belongs to another checkout: setting up ends in one sentence, and what it holds stays."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").touch()
    (tmp_path / "venv").symlink_to("other")
    run = set_up(tmp_path, sys.executable)
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert "is a link to an environment of another place" in sentence
    assert [file.name for file in (tmp_path / "other").iterdir()] == ["kept"]


def test_tflite_wants_its_python(tmp_path: Path) -> None:
    """Setting up the lock for tflite-runtime with a newer Python ends at once and names Python 3.11."""
    code = f'exec {sys.executable} -c "import sys; sys.version_info = (3, 12, 1); $2"'
    run = set_up(
        tmp_path, python_that(tmp_path, f'[ "$1" = -V ] && exec echo Python 3.12.1; {code}'), "tflite"
    )
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert "needs Python 3.11," in sentence
    assert "is Python 3.12.1" in sentence
    assert not (tmp_path / "venv").exists()
