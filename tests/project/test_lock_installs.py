"""A lock installs the same whatever else an index holds, with an old pip and with the newest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.test_locks import KINDS, entries, text

PIPS = Path(sys.prefix) / "pips"
NEWER = "9999"
FITS_TFLITE = sys.version_info < (3, 12)
INSTALLABLE = [
    pytest.param(
        kind, marks=pytest.mark.skipif(kind == "tflite" and not FITS_TFLITE, reason="Python 3.11 only")
    )
    for kind in KINDS
]

pytestmark = pytest.mark.skipif(
    not all((PIPS / age / "lock.txt").exists() for age in ("old", "new")),
    reason="no other pips beside the environment: `make dev-venv` fetches them",
)


def wanted(kind: str) -> dict[str, str]:
    """What a lock installs into this Python: each name and its version."""
    pinned = map(Requirement, (entry.partition(" --hash")[0] for entry in entries(kind)))
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in pinned
        if one.marker is None or one.marker.evaluate()
    }


def demands(kind: str) -> dict[str, list[str]]:
    """Who asks for what, as the comments of a lock say, each time with an extra that no lock names."""
    asked: dict[str, list[str]] = defaultdict(list)
    child = ""
    for line in text(kind).splitlines():
        if pin := re.match(r"([\w.-]+)==\S+( ; .*)? \\$", line):
            child = f"{pin[1]}[more]{pin[2] or ''}"
        elif parent := re.match(r" +#(?: via)? +([a-z0-9][\w.-]*)$", line):
            asked[parent[1]].append(child)
    return asked


def make_wheel(folder: Path, name: str, version: str, asked: list[str]) -> Path:
    """An empty package that asks for others."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Provides-Extra: more"]
    about += [f"Requires-Dist: {demand}" for demand in asked]
    made = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(about) + "\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return made


def publish(folder: Path, kind: str) -> Path:
    """Makes an index with the pins of a lock and a newer version of each, and the lock for these files."""
    asked, lines = demands(kind), []
    for entry in entries(kind):
        pin = entry.partition(" --hash")[0]
        name, version = Requirement(pin).name, str(Requirement(pin).specifier).removeprefix("==")
        shelf = folder / "simple" / canonicalize_name(name)
        shelf.mkdir(parents=True, exist_ok=True)
        newer = make_wheel(shelf, name, NEWER, asked[name])
        # The local version in the lock for tflite-runtime exists nowhere: it has the hash of another file.
        made = newer if "+" in version else make_wheel(shelf, name, version, asked[name])
        links = [f'<a href="{file.name}">{file.name}</a>' for file in shelf.glob("*.whl")]
        (shelf / "index.html").write_text("<!DOCTYPE html>" + "".join(links))
        lines.append(f"{pin} --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n")
    lock = folder / "lock.txt"
    lock.write_text("".join(lines))
    return lock


def install(age: str, lock: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Has a pip say what it would install from the index beside a lock."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "-r", str(lock)]
    command += ["--index-url", (lock.parent / "simple").as_uri(), "--disable-pip-version-check"]
    command += ["--report", str(lock.parent / "report.json"), *options]
    settings = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return subprocess.run(
        command,
        cwd=lock.parent,
        env={**settings, "PIP_CONFIG_FILE": os.devnull, "PYTHONPATH": str(PIPS / age)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("age", ["old", "new"])
@pytest.mark.parametrize("kind", INSTALLABLE)
def test_newer_versions_change_nothing(tmp_path: Path, kind: str, age: str) -> None:
    """With newer versions in the index, and extras asked for, a lock installs its own versions."""
    lock = publish(tmp_path, kind)
    done = install(age, lock, "--no-deps", "--require-hashes")
    assert done.returncode == 0, done.stderr
    chosen = [item["metadata"] for item in json.loads((tmp_path / "report.json").read_text())["install"]]
    assert {canonicalize_name(one["name"]): one["version"] for one in chosen} == wanted(kind)


def test_resolved_it_would_break(tmp_path: Path) -> None:
    """An old pip left to resolve a lock takes a newer version and refuses it: this index shows the fault."""
    done = install("old", publish(tmp_path, "edge"), "--require-hashes")
    assert done.returncode != 0
    assert "In --require-hashes mode" in done.stderr
    assert f"-{NEWER}-py3-none-any.whl" in done.stderr


@pytest.mark.skipif(FITS_TFLITE, reason="Python 3.12 and later only")
@pytest.mark.parametrize("age", ["old", "new"])
def test_tflite_stops_at_once(tmp_path: Path, age: str) -> None:
    """Where tflite-runtime has no packages, pip looks at nothing else and names the Python it needs."""
    done = install(age, publish(tmp_path, "tflite"), "--no-deps", "--require-hashes")
    assert done.returncode != 0
    assert "needs.python.3.11" in done.stderr
    assert "Processing" not in done.stdout
