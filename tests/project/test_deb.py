"""What the .deb holds; `packaging/trial.sh` installs, updates and removes it in a Debian root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.test_docs import command_lines
from tests.support.paths import ROOT

BUILD = ROOT / "packaging" / "deb.sh"
UV = """\
while [ $# -gt 0 ]; do
    case $1 in --target) site=$2 ;; *.whl) wheel=$1 ;; esac
    shift
done
mkdir -p "$site/bin" "$site/numpy/__pycache__"
touch "$site/numpy/__init__.py" "$site/numpy/__pycache__/__init__.cpython-313.pyc" "$site/bin/f2py"
[ -z "$wheel" ] || exec {python} -m zipfile -e "$wheel" "$site"
"""
"""In the place of uv, which would fetch 80 MB: one package with a cache, and the project's own wheel."""


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for a Raspberry Pi, but for the packages of others; built in a copy of the sources."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    folder = tmp_path_factory.mktemp("deb")
    sources = folder / "sources"
    sources.mkdir()
    for name in ("edge", "training", "convert", "packaging", "systemd", "requirements"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "config.toml"):
        shutil.copy(ROOT / name, sources)
    programs = folder / "bin"
    programs.mkdir()
    for name, script in (
        ("uv", UV.replace("{python}", sys.executable)),
        ("python", f'exec {sys.executable} "$@"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    build = [sources / "packaging" / "deb.sh", programs, "trixie", "arm64"]
    done = subprocess.run(
        build, capture_output=True, text=True, check=False, env={**os.environ, "SOURCE_DATE_EPOCH": "0"}
    )
    assert done.returncode == 0, done.stderr
    (built,) = (sources / "dist").glob("*.deb")
    return built


def ask(deb: Path, *question: str) -> str:
    return subprocess.run(["dpkg-deb", *question, deb], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def files(deb: Path) -> dict[str, str]:
    """Each path of the package, with its mode and owner."""
    found = {}
    for line in ask(deb, "--contents").splitlines():
        mode, owner, _, _, _, name = line.split(maxsplit=5)
        found[name.removeprefix(".").partition(" -> ")[0]] = f"{mode} {owner}"
    return found


def test_its_fields_name_the_machine_that_it_is_for(deb: Path) -> None:
    """Python's modules are built for one Python; the camera's packages are apt's own."""
    fields = dict(
        line.split(": ", 1) for line in ask(deb, "--field").splitlines() if not line.startswith(" ")
    )
    assert fields["Package"] == "maskgate"
    assert fields["Version"].endswith("+deb13")
    assert fields["Architecture"] == "arm64"
    assert "python3 (>= 3.13~), python3 (<< 3.14~)" in fields["Depends"]
    assert fields["Recommends"] == "python3-picamera2, python3-lgpio"
    assert deb.name == f"maskgate_{fields['Version']}_arm64.deb"


def test_it_holds_program_units_and_pages(files: dict[str, str]) -> None:
    for name in (
        "/opt/maskgate/pyvenv.cfg",
        "/opt/maskgate/bin/maskgate",
        "/opt/maskgate/bin/python",
        "/opt/maskgate/lib/python3.13/site-packages/edge/models/manifest.json",
        "/opt/maskgate/lib/python3.13/site-packages/numpy/__init__.py",
        "/usr/bin/maskgate",
        "/usr/lib/systemd/system/maskgate.service",
        "/usr/lib/systemd/system/maskgate-vision.service",
        "/usr/lib/systemd/system/maskgate-uplink.service",
        "/usr/lib/systemd/system/maskgate-relay.socket",
        "/usr/lib/systemd/system/maskgate-relay@.service",
        "/usr/lib/sysusers.d/maskgate.conf",
        "/usr/share/maskgate/config.toml",
        "/usr/share/maskgate/config.schema.json",
        "/usr/share/man/man1/maskgate-doctor.1.gz",
        "/usr/share/bash-completion/completions/maskgate",
        "/usr/share/doc/maskgate/copyright",
    ):
        assert name in files


def test_the_sample_names_a_schema_that_is_installed(deb: Path, tmp_path: Path) -> None:
    """For editors; the rest is as in the sources."""
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    first, *others = (tmp_path / "usr/share/maskgate/config.toml").read_text().splitlines()
    assert json.loads((tmp_path / first.removeprefix("#:schema /")).read_text())["properties"]
    assert others == (ROOT / "config.toml").read_text().splitlines()[1:]


def test_every_command_has_a_man_page(files: dict[str, str]) -> None:
    lines = [line for line, _ in command_lines("maskgate")]
    assert len(lines) > 20
    assert not [line for line in lines if f"/usr/share/man/man1/{line.replace(' ', '-')}.1.gz" not in files]


def test_it_holds_no_cache_and_no_setting(files: dict[str, str]) -> None:
    """Settings are made where there are none, so that an update asks nothing; caches are made there too."""
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in files if name.startswith(("/etc/", "/var/", "/home/", "/tmp/"))]
    assert not [name for name in files if name.endswith("/bin/f2py")]


def test_everything_belongs_to_root_and_is_writable_by_nobody_else(files: dict[str, str]) -> None:
    for name, state in files.items():
        mode, owner = state.split()
        assert owner == "root/root", name
        assert mode.startswith("l") or (mode[5], mode[8]) == ("-", "-"), name


def test_its_scripts_are_complete(deb: Path, tmp_path: Path) -> None:
    """Each is there, can be run, and is a shell script that stops at a fault."""
    subprocess.run(["dpkg-deb", "--control", deb, tmp_path], check=True)
    for name in ("preinst", "postinst", "prerm", "postrm"):
        assert os.access(tmp_path / name, os.X_OK)
        assert (tmp_path / name).read_text().startswith("#!/bin/sh\nset -e\n")
        subprocess.run(["sh", "-n", tmp_path / name], check=True)


@pytest.mark.parametrize(("suite", "arch"), [("sid", "arm64"), ("trixie", "armhf")])
def test_what_it_is_not_for_is_one_sentence(suite: str, arch: str) -> None:
    done = subprocess.run([BUILD, "bin", suite, arch], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert "there is no .deb for" in sentence
