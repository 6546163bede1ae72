"""Models that end the process which runs them, at the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from edge.bundle.store import open_bundle_store
from tests.support import broken_detectors, bundle_models
from tests.support.commands import Run, one_sentence

DEFECTS = {
    "ended the process": broken_detectors.ends_the_process,
    "fails on a picture": broken_detectors.fails_on_a_frame,
}


@pytest.fixture
def run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return run


@pytest.mark.parametrize("words", DEFECTS)
def test_a_bundle_with_right_hashes_and_a_deadly_model_is_not_taken(
    run: Run, tmp_path: Path, words: str
) -> None:
    """Neither by install nor by verify, each in one sentence; what was in use stays."""
    made = bundle_models.make(tmp_path / "made", "1000.1")
    DEFECTS[words](made / bundle.DETECTOR)
    fields = bundle.load(bundle.SHIPPED).manifest.own_fields()
    bundle.write_manifest(made, **{**fields, "version": "1000.1"})
    file = tmp_path / "made.tar.gz"
    bundle.pack(made, file)
    one_sentence(run("models", "install", file), 3, "detector.onnx", words)
    one_sentence(run("models", "verify", made), 3, "detector.onnx", words)
    assert open_bundle_store().names() == ()
