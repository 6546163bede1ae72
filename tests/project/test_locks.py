"""The locks hold what each kind of install needs, by hash, and nothing it must not have."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
KINDS = ("edge", "pi", "tflite", "web", "collector", "training", "workbench", "docs", "dev")
ON_A_DEVICE = ("edge", "pi", "tflite")
PYTHONS = ("3.11", "3.12", "3.13")


def text(kind: str) -> str:
    """A lock as it stands."""
    return (ROOT / "requirements" / f"{kind}.txt").read_text()


def entries(kind: str) -> list[str]:
    """The packages of a lock, each with its hashes on one line, comments left out."""
    lines = [line for line in text(kind).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def pins(kind: str, python: str, machine: str) -> dict[str, Version]:
    """What a lock installs on Linux, by canonical name."""
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.9",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found: dict[str, Version] = {}
    for entry in entries(kind):
        requirement = Requirement(entry.partition(" --hash")[0])
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[canonicalize_name(requirement.name)] = Version(pin.version)
    return found


def unmet(demands: list[str], installed: dict[str, Version], python: str) -> list[str]:
    """Those of the project's demands that a lock does not fulfil; its own extras count as met."""
    environment = {"python_version": python, "python_full_version": f"{python}.9", "extra": ""}
    missing = []
    for demand in map(Requirement, demands):
        name = canonicalize_name(demand.name)
        if name == "maskgate" or (demand.marker and not demand.marker.evaluate(environment)):
            continue
        if name not in installed or installed[name] not in demand.specifier:
            missing.append(str(demand))
    return missing


@pytest.mark.parametrize("kind", KINDS)
def test_no_address(kind: str) -> None:
    """A lock names no index and no place on a disk, so that it serves whoever has another index."""
    assert not re.findall(r"^.*(?:\w+://|file:|--(?:extra-)?index|--find-links|-f ).*$", text(kind), re.M)
    assert not [entry for entry in entries(kind) if " @ " in entry]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_hashed(kind: str) -> None:
    """Every package is pinned to one version and carries the SHA-256 of its files."""
    assert entries(kind)
    loose = [
        entry for entry in entries(kind) if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)
    ]
    assert not loose


@pytest.mark.parametrize("kind", ON_A_DEVICE)
def test_a_device_stays_small(kind: str) -> None:
    """No install for a device takes TensorFlow, an OpenCV with windows, or plotting."""
    unwanted = {
        "tensorflow", "tensorflow-cpu", "keras", "opencv-python", "opencv-contrib-python", "matplotlib",
        "scipy", "pillow",
    }  # fmt: skip
    names = {canonicalize_name(re.split(r"[=\[ ]", entry)[0]) for entry in entries(kind)}
    assert not names & unwanted


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("kind", "extras"),
    [
        ("edge", []),
        ("pi", ["pi"]),
        ("web", ["web"]),
        ("collector", ["postgresql", "collector"]),
        ("training", ["training", "cluster", "convert", "heif"]),
        ("workbench", ["workbench", "training", "convert", "heif", "web"]),
        ("docs", ["docs"]),
        ("dev", ["dev"]),
    ],
)
def test_fulfils_the_project(kind: str, extras: list[str], machine: str, python: str) -> None:
    """A lock is in step with the dependencies that pyproject.toml lists."""
    demands = PROJECT["dependencies"] + [d for e in extras for d in PROJECT["optional-dependencies"][e]]
    assert not unmet(demands, pins(kind, python, machine), python)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_dev_trains(machine: str) -> None:
    """The dev lock brings TensorFlow, in the build without GPU code where there is one."""
    names = pins("dev", "3.11", machine).keys() & {"tensorflow", "tensorflow-cpu"}
    assert names == {"tensorflow-cpu" if machine == "x86_64" else "tensorflow"}


def test_tflite_replaces_only_the_interpreter() -> None:
    """The lock for tflite-runtime has all that a device needs, but for ai-edge-litert and its companion."""
    installed = pins("tflite", "3.11", "aarch64")
    assert "ai-edge-litert" not in installed
    assert installed["tflite-runtime"].release[:2] == (2, 14)
    missing = unmet(PROJECT["dependencies"], installed, "3.11")
    assert sorted(Requirement(demand).name for demand in missing) == ["ai-edge-litert", "backports-strenum"]


@pytest.mark.parametrize("kind", ["pi", "tflite"])
def test_numpy_1_where_the_system_needs_it(kind: str) -> None:
    """On Python 3.11, tflite-runtime and Raspberry Pi OS's camera stack are compiled against numpy 1."""
    installed = pins(kind, "3.11", "aarch64")
    assert installed["numpy"].major == 1
    assert installed["opencv-python-headless"] < Version("4.12")


@pytest.mark.parametrize("kind", KINDS)
def test_builds_the_project_from_the_lock(kind: str) -> None:
    """The build back end stands in every lock, so that installing the project fetches nothing more."""
    assert "hatchling" in pins(kind, "3.11", "x86_64")


@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_a_new_pi_gets_what_a_pc_gets(python: str) -> None:
    """Only the Python of Raspberry Pi OS bookworm has versions of its own."""
    installed = pins("pi", python, "aarch64")
    other = {
        n: (v, installed.get(n)) for n, v in pins("edge", python, "aarch64").items() if installed.get(n) != v
    }
    assert not other


def holds(entry: str, python: str) -> bool:
    """Whether an entry of a lock is for a Python."""
    marker = Requirement(entry.partition(" --hash")[0]).marker
    return marker is None or marker.evaluate({"python_full_version": f"{python}.9", "python_version": python})


@pytest.mark.parametrize("python", PYTHONS)
def test_tflite_names_its_python(python: str) -> None:
    """Past Python 3.11 the lock for tflite-runtime begins with a pin that exists nowhere and names it."""
    first, *others = entries("tflite")
    assert first.startswith("tflite-runtime==2.14.0+needs.python.3.11 ")
    assert holds(first, python) == (python != "3.11")
    assert not [entry for entry in others if "+needs" in entry]


def test_no_line_resolves_a_lock() -> None:
    """Every document and script that installs a lock takes what stands in it and resolves nothing."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("systemd/*.md")]
    files += [*ROOT.glob("scripts/*.sh"), *ROOT.glob("scripts/*.py")]
    lines = [line for file in files for line in file.read_text().splitlines()]
    installing = [line for line in lines if re.search(r"--require-hashes|\bpip\b.* -r ", line)]
    assert len(installing) >= 6
    assert not [line for line in installing if not re.search(r"--no-deps\W.*--require-hashes", line)]


def test_this_environment_lacks_nothing() -> None:
    """Whatever an installed package asks for is installed too: the dev lock is whole."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
