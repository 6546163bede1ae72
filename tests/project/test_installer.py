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
    [
        (["--dryrun"], 2),
        (["--keep-data"], 2),
        (["--rollback"], 1),
        (["--rollback", "--uninstall"], 2),
        (["--uninstall", "--rollback", "--keep-data"], 2),
        (["--rollback", "--without-web"], 2),
        (["--uninstall", "--two-processes"], 2),
        (["--two-processes", "--one-process"], 2),
        (["--without-web", "--dry-run", "--with-web"], 2),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_one_sentence(pi: Machine, options: list[str], code: int) -> None:
    done = pi.run(*options)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


@dataclass(frozen=True)
class Updated(Machine):
    """A machine on which two versions are installed, and a systemd that notes what it is asked."""

    def version(self, name: str, link: str | None = None) -> str:
        """Makes a version, whose units say which one it is."""
        share = f"opt/maskgate/versions/{name}/share"
        self.write(f"{share}/../complete")
        self.write(f"{share}/man/man1/maskgate.1")
        for folder in ("bash-completion", "zsh", "fish"):
            (self.root / share / folder).mkdir()
        for file in ("maskgate.service", "maskgate-web.service", "sysusers.conf", "config.schema.json"):
            self.write(f"{share}/maskgate/{file}", name)
        if link is not None:
            (self.root / "opt/maskgate" / link).symlink_to(f"versions/{name}")
        return name

    def enable(self, *units: str) -> None:
        wants = self.root / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True, exist_ok=True)
        for unit in units:
            (wants / unit).symlink_to(f"../{unit}")

    def fails_for(self, version: str) -> None:
        """Has a restart fail while a version is the current one."""
        told, current = self.root / "told", self.root / "opt/maskgate/current"
        self.program(
            "systemctl",
            f'echo "$@" >>{told}\n[ "$1" != is-active ] || echo active\n'
            f'[ "$1" != restart ] || [ "$(basename "$(readlink {current})")" != "{version}" ]',
        )

    def told(self, word: str) -> list[str]:
        """What systemd was asked with a word, in order."""
        lines = (self.root / "told").read_text().splitlines()
        return [line for line in lines if word in line.split()]

    def links(self) -> tuple[str, str]:
        """The version that runs and the one before."""
        links = (self.root / "opt/maskgate" / name for name in ("current", "previous"))
        return tuple(link.readlink().name for link in links)  # type: ignore[return-value]


@pytest.fixture
def updated(pi: Machine) -> Updated:
    """With the pages, which the version before did not have."""
    machine = Updated(pi.root, pi.programs)
    machine.program("dpkg-query", 'case $* in *" maskgate") ;; *) echo installed ;; esac')
    machine.version("1.0-old", "previous")
    machine.version("2.0-new-web", "current")
    machine.enable("maskgate.service", "maskgate-web.service")
    (machine.root / "run/systemd/system").mkdir(parents=True)
    machine.fails_for("none")
    return machine


def test_going_back_leaves_the_pages_to_versions_that_have_them(updated: Updated) -> None:
    """Their service could not start; the plan says so, and how to have them again."""
    done = updated.run("--rollback")
    assert done.returncode == 0, done.stderr
    assert "without the pages, which that version has not; later: --with-web" in done.stdout
    assert updated.told("enable") == ["--quiet enable maskgate.service"]
    assert any("maskgate-web.service" in line for line in updated.told("disable"))
    assert updated.links() == ("1.0-old", "2.0-new-web")


def test_going_back_keeps_the_pages_where_both_versions_have_them(updated: Updated) -> None:
    (updated.root / "opt/maskgate/previous").unlink()
    updated.version("1.0-old-web", "previous")
    done = updated.run("--rollback")
    assert "without" not in done.stdout
    assert updated.told("restart") == ["restart maskgate.service maskgate-web.service"]


def test_a_version_that_one_cannot_go_back_to_is_left_again(updated: Updated) -> None:
    """What ran before runs again, with its pages, and stays the one that runs."""
    updated.fails_for("1.0-old")
    done = updated.run("--rollback")
    assert done.returncode == 1
    assert "1.0-old did not become ready, so 2.0-new-web runs again" in done.stderr
    assert updated.links() == ("2.0-new-web", "1.0-old")
    assert updated.told("restart") == [
        "restart maskgate.service",
        "restart maskgate.service maskgate-web.service",
    ]
    assert (updated.root / "etc/systemd/system/maskgate.service").read_text() == "2.0-new-web"


@pytest.mark.parametrize("pages", [True, False], ids=["pages are asked for", "pages are unwanted"])
def test_an_update_that_fails_goes_back_to_the_services_of_before(updated: Updated, pages: bool) -> None:
    """The version before runs with the pages exactly where it had them."""
    option = "--with-web" if pages else "--without-web"
    (wanted,) = re.findall(r"versions/(\S+)", updated.run("--dry-run", option).stdout)[:1]
    updated.version(wanted)
    if pages:
        shutil.rmtree(updated.root / "etc/systemd/system/multi-user.target.wants")
        updated.enable("maskgate.service")
        (updated.root / "opt/maskgate/current").unlink()
        (updated.root / "opt/maskgate/previous").rename(updated.root / "opt/maskgate/current")
    updated.fails_for(wanted)
    done = updated.run(option)
    assert done.returncode == 1
    assert "runs again" in done.stderr
    asked = "restart maskgate.service maskgate-web.service"
    assert updated.told("restart") == [asked, asked[:24]][:: 1 if pages else -1]


def test_the_sample_names_a_schema_that_is_installed(updated: Updated) -> None:
    """Of the version that runs, for editors; it goes when the program does."""
    schema = updated.root / "usr/share/maskgate/config.schema.json"
    (wanted,) = re.findall(r"versions/(\S+)", updated.run("--dry-run").stdout)[:1]
    updated.version(wanted)
    assert updated.run().returncode == 0
    first, *others = (updated.root / "etc/maskgate/config.toml").read_text().splitlines()
    assert first == "#:schema /usr/share/maskgate/config.schema.json"
    assert others == (ROOT / "config.toml").read_text().splitlines()[1:]
    assert schema.read_text() == wanted
    assert updated.run("--rollback").returncode == 0
    assert schema.read_text() == "2.0-new-web"
    (updated.root / "opt/maskgate/previous/share/maskgate/config.schema.json").unlink()
    assert updated.run("--rollback").returncode == 0
    assert not schema.exists(), "a version that has none leaves none of another one"
    assert updated.run("--uninstall").returncode == 0
    assert not schema.parent.exists()


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
