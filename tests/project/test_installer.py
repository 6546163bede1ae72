"""The installer tells its plan, and refuses what it cannot serve. `packaging/trial.sh` tries the rest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPT = ROOT / "packaging" / "install.sh"
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
TRIXIE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n'


@dataclass(frozen=True)
class Machine:
    """A root to install into, and the programs that say what kind of machine it is."""

    root: Path
    programs: Path

    def program(self, name: str, script: str) -> None:
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def write(self, name: str, text: str = "") -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Runs the installer; what it prints, with the names that a machine has."""
        path = f"{self.programs}:{os.environ['PATH']}"
        done = subprocess.run(
            [SCRIPT, *options],
            env={**os.environ, "PATH": path, "DESTDIR": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        done.stdout = done.stdout.replace(str(self.root), "")
        return done

    def files(self) -> set[Path]:
        return set(self.root.rglob("*"))


@pytest.fixture
def pi(tmp_path: Path) -> Machine:
    """A Raspberry Pi with a new Raspberry Pi OS."""
    machine = Machine(tmp_path / "root", tmp_path / "programs")
    machine.programs.mkdir()
    machine.write("etc/os-release", TRIXIE)
    machine.write("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    machine.program("dpkg", "echo arm64")
    machine.program("dpkg-query", "echo not-installed")
    machine.program("systemctl", ":")
    return machine


def test_a_dry_run_is_a_readable_plan(pi: Machine) -> None:
    """It names packages, lock, folder, settings and service in lines of at most 80, and changes nothing."""
    before = pi.files()
    done = pi.run("--dry-run")
    assert done.returncode == 0, done.stderr
    for part in (
        "MaskGate ",
        "trixie",
        "Raspberry Pi 5 Model B",
        "python3-venv python3-picamera2 python3-lgpio",
        "requirements/pi.txt",
        "/opt/maskgate/versions/",
        "py3.13",
        "/etc/maskgate/config.toml, the sample",
        "maskgate, enabled and started",
        "Nothing was changed",
    ):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert pi.files() == before


def test_a_pc_gets_the_lock_of_a_pc(pi: Machine) -> None:
    """Without a camera of a Pi nothing of the system's Python is needed."""
    (pi.root / "proc/device-tree/model").unlink()
    done = pi.run("--dry-run")
    assert "requirements/edge.txt" in done.stdout
    assert "picamera2" not in done.stdout


def test_settings_that_are_there_are_kept(pi: Machine) -> None:
    pi.write("etc/maskgate/config.toml", "[device]\n")
    assert "/etc/maskgate/config.toml is kept as it is" in pi.run("--dry-run").stdout


@pytest.mark.parametrize("enabled", [True, False])
def test_an_update_keeps_two_processes(pi: Machine, enabled: bool) -> None:
    """Which service runs is asked for once; later updates go by what is enabled."""
    wants = pi.root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    if enabled:
        (wants / "maskgate-vision.service").symlink_to("../maskgate-vision.service")
    done = pi.run("--dry-run", *(() if enabled else ("--two-processes",)))
    assert "maskgate-vision maskgate-uplink, enabled and started" in done.stdout
    assert " maskgate, enabled" in pi.run("--dry-run", "--one-process").stdout


def test_an_update_keeps_the_pages(pi: Machine) -> None:
    """They come where they are asked for, with packages of their own, and stay until they are unwanted."""
    asked = pi.run("--dry-run", "--with-web").stdout
    assert "requirements/web.txt" in asked
    assert "-web\n" in asked, "a version of its own"
    assert "maskgate maskgate-web, enabled" in asked
    wants = pi.root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "maskgate-web.service").symlink_to("../maskgate-web.service")
    assert pi.run("--dry-run").stdout == asked
    assert "web" not in pi.run("--dry-run", "--without-web").stdout


def test_an_update_says_what_it_goes_back_to(pi: Machine) -> None:
    (pi.root / "opt/maskgate/versions/0.0.9-py3.13-0a0a0a0a").mkdir(parents=True)
    (pi.root / "opt/maskgate/current").symlink_to("versions/0.0.9-py3.13-0a0a0a0a")
    assert "back to 0.0.9-py3.13-0a0a0a0a" in pi.run("--dry-run").stdout


def test_a_removal_says_what_goes_and_what_stays(pi: Machine) -> None:
    gone, kept = pi.run("--uninstall", "--dry-run"), pi.run("--uninstall", "--keep-data", "--dry-run")
    for place in ("/etc/maskgate", "/etc/credstore", "/var/lib/private/maskgate"):
        assert any(place in line and "kept" not in line for line in gone.stdout.splitlines())
        assert any(place in line and "kept: " in line for line in kept.stdout.splitlines())
    assert max(map(len, [*gone.stdout.splitlines(), *kept.stdout.splitlines()])) <= 80


@pytest.mark.parametrize("arch", ["armhf", "i386", "riscv64"])
def test_a_machine_without_packages_is_refused(pi: Machine, arch: str) -> None:
    """A Pi with a 32-bit system says so, whatever its kernel is."""
    pi.program("dpkg", f"echo {arch}")
    done = pi.run("--dry-run")
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert arch in sentence
    assert ("64-bit Raspberry Pi OS" in sentence) == (arch != "riscv64")


@pytest.mark.parametrize(
    "release",
    ['ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n', BOOKWORM.replace("12", "11")],
    ids=["Ubuntu", "Debian 11"],
)
def test_another_system_is_refused(pi: Machine, release: str) -> None:
    pi.write("etc/os-release", release)
    done = pi.run("--dry-run")
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert "12 (bookworm) or 13 (trixie)" in sentence
    assert release.split('"')[-2] in sentence


def test_what_was_installed_in_another_way_is_not_mixed(pi: Machine) -> None:
    """A .deb or a folder made by hand is to be removed first, and how is said."""
    pi.write("opt/maskgate/pyvenv.cfg")
    assert "sudo rm -r" in pi.run("--dry-run").stderr
    pi.program("dpkg-query", "echo installed")
    assert "sudo apt-get remove maskgate" in pi.run("--dry-run").stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--dryrun"], 2), (["--keep-data"], 2), (["--rollback"], 1)],
    ids=["no such option", "data of what", "nothing to go back to"],
)
def test_what_makes_no_sense_is_one_sentence(pi: Machine, options: list[str], code: int) -> None:
    done = pi.run(*options)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_every_place_of_the_units_is_removed() -> None:
    """What systemd makes or reads for a unit stands in the installer and in the package's last script."""
    files = [file for file in (ROOT / "systemd").glob("*.s*e*") if "collector" not in file.name]
    units = [file for file in files if file.suffix == ".service" and "@" not in file.name]
    lines = "\n".join(file.read_text() for file in files)

    def named(key: str) -> set[str]:
        return set(re.findall(rf"^{key}=([\w-]+)$", lines, flags=re.MULTILINE))

    script, postrm = SCRIPT.read_text(), (SCRIPT.parent / "debian" / "postrm").read_text()
    for variable, key in (("states", "StateDirectory"), ("credentials", "LoadCredential")):
        (listed,) = re.findall(rf'^{variable}="(.*)"$', script, flags=re.MULTILINE)
        assert set(listed.split()) == named(key)
    (listed,) = re.findall(r'^units="(.*)"$', script, flags=re.MULTILINE)
    assert len(units) == 4
    assert all(file.name in script for file in files), "every file of the units is installed"
    assert len(listed.split()) == 3, "one name stands for the two halves"
    assert all(f"/var/lib/private/{name} " in postrm for name in named("StateDirectory"))
    assert all(f"/etc/credstore/{name} " in postrm for name in named("LoadCredential"))
    for name in named("RuntimeDirectory"):
        assert f"/run/private/{name}" in script
        assert f"/run/private/{name}" in postrm


def test_shellcheck_finds_nothing() -> None:
    """All scripts that run as root are clean."""
    if (shellcheck := shutil.which("shellcheck")) is None:
        pytest.skip("shellcheck is not installed; on Debian: apt-get install shellcheck")
    scripts = [*SCRIPT.parent.glob("*.sh"), *(SCRIPT.parent / "debian").glob("p*")]
    assert len(scripts) == 7
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
