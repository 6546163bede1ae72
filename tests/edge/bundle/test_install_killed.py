"""A SIGKILL at any system call of `install` leaves the old bundle or the new one, whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge import bundle
from edge.bundle.install import KEEP, install
from edge.bundle.store import BundleStore
from tests.support import bundles
from tests.support.paths import ROOT

OLD, NEW = "1000.1", "1000.2"
LEAST_POINTS = 200
EVERY = 12
"""Calls from one kill to the next where each install runs the models in a process of its own, for seconds."""


def kill(folder: Path, file: Path, kind: str, step: int = 1) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.bundle_killer", folder, file, kind, str(step)]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **threads}
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["tracing"]:
        pytest.skip("this machine lets no process trace another (ptrace)")
    return found


def whole(found: dict[str, Any], every: int = 1) -> None:
    """Every point was one, and both outcomes were seen."""
    assert found["killed"] >= LEAST_POINTS // every, found
    assert found.get("survived", 0) <= 2, found
    assert min(found["old"], found["new"]) > 0, found


def test_a_kill_at_any_system_call_leaves_a_whole_bundle(tmp_path: Path) -> None:
    """With as many bundles on the device as are kept, so that pruning is killed as well."""
    store = BundleStore(tmp_path / "bundles")
    for minor in range(KEEP):
        file = bundles.packed(tmp_path / "made", f"1000.1.{minor}")
        install(store, file, lambda _: None, allow_older=True)
    whole(kill(tmp_path, bundles.packed(tmp_path / "made", NEW, b"a larger model" * 80_000), "quick"))


@pytest.mark.slow
def test_a_kill_at_system_calls_of_the_real_thing(tmp_path: Path) -> None:
    """With the shipped models and their self-test."""
    for version in (OLD, NEW):
        copy = Path(shutil.copytree(bundle.SHIPPED, tmp_path / version))
        fields = bundle.load(copy).manifest.own_fields()
        bundle.write_manifest(copy, **{**fields, "version": version})
        bundle.pack(copy, tmp_path / f"{version}.tar.gz")
    install(BundleStore(tmp_path / "bundles"), tmp_path / f"{OLD}.tar.gz", lambda _: None)
    whole(kill(tmp_path, tmp_path / f"{NEW}.tar.gz", "real", EVERY), EVERY)
