"""Bundles whose hashes are right and whose models are not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import Bundle
from edge.config import CameraConfig, Config
from edge.errors import ModelError
from edge.self_test import self_test as tested
from edge.self_test.self_test import admit, self_test
from tests.support import bundles

ENDINGS = {
    "SIGFPE": "import os, signal; os.kill(os.getpid(), signal.SIGFPE)",
    "exit code 1": "raise RuntimeError",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped bundle, to be changed."""
    return Path(shutil.copytree(bundle.SHIPPED, tmp_path / "bundle"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_that_ends_its_process_is_refused(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """The caller lives on, and the sentence says how the process ended."""
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\n{ENDINGS[ending]}\n")
    python.chmod(0o755)
    monkeypatch.setattr(tested.sys, "executable", str(python))
    with pytest.raises(ModelError, match=rf"bundle ended the process that tried it \({ending}\)"):
        self_test(bundle.load(copy), Config())


def test_a_model_that_hangs_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An install does not wait for ever."""
    monkeypatch.setattr(tested, "PATIENCE_S", 0.01)
    with pytest.raises(ModelError, match="was not tried within"):
        self_test(bundle.load(copy), Config())


def test_a_sentence_of_the_other_process_is_told(copy: Path) -> None:
    """What it found out of a model is what the caller says."""
    detector = copy / bundle.DETECTOR
    detector.write_bytes(b"no network")
    with pytest.raises(ModelError, match="is not an ONNX model"):
        self_test(_resealed(copy), Config(camera=CameraConfig(width=640, height=480)))


def test_too_few_golden_answers_prove_nothing(copy: Path) -> None:
    """A bundle that is installed has three at least."""
    golden = bundle.load(copy).manifest.model_dump(mode="json")["golden"]
    bundles.change(copy, resign=True, golden=golden[:2])
    with pytest.raises(ModelError, match="has 2 golden answers, fewer than 3"):
        admit(bundle.load(copy), Config())
    assert self_test(bundle.load(copy), Config()).golden == 2  # So that a device can go back to an older one.


@pytest.mark.parametrize(("many", "tolerance"), [(51, 0.05), (3, 0.06)])
def test_golden_answers_are_bounded(copy: Path, many: int, tolerance: float) -> None:
    """In number and in tolerance; with a large one nothing would be tested."""
    golden = bundle.load(copy).manifest.model_dump(mode="json")["golden"][0] | {"tolerance": tolerance}
    bundles.change(copy, resign=True, golden=[golden] * many)
    with pytest.raises(ModelError, match="golden"):
        bundle.load(copy)


def _resealed(folder: Path) -> Bundle:
    """The bundle with the digests of what stands in it."""
    bundle.write_manifest(folder, **bundle.load(bundle.SHIPPED).manifest.own_fields())
    return bundle.load(folder)
