"""A bundle is proved in a process of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import signature
from edge.config import CameraConfig, ClassifierConfig, Config, DetectorConfig
from edge.daemon import proof
from edge.daemon.proof import prove
from edge.daemon.self_test import SMOKE_SEEDS
from edge.errors import ModelError
from tests.support import broken_detectors, bundle_models

SHIPPED = bundle.load(bundle.SHIPPED)


def with_detector(file: Path) -> Config:
    return Config(detector=DetectorConfig(model=str(file)))


def test_the_shipped_bundle_is_proved() -> None:
    """With every golden answer, made-up crop and whole frame."""
    found = prove(SHIPPED, Config())
    assert (found.golden, found.crops) == (len(SHIPPED.manifest.golden), len(SMOKE_SEEDS))
    assert found.frames >= 18
    assert found.runtime


def test_a_model_that_ends_the_process_is_one_sentence(tmp_path: Path) -> None:
    """It names the model and the signal; the process that asks goes on."""
    file = broken_detectors.ends_the_process(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match=rf"^{re.escape(str(file))} ends the process .* with SIG[A-Z]+;"):
        prove(SHIPPED, with_detector(file))


def test_a_model_that_fails_on_a_whole_frame_is_refused(tmp_path: Path) -> None:
    """Although it opens and finds nothing in the small picture on which it is run first."""
    file = broken_detectors.fails_on_a_frame(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match=rf"^{re.escape(str(file))} fails on a frame of 640 x 480 pixels"):
        prove(SHIPPED, with_detector(file))


def test_a_bundle_that_nobody_signed_is_not_run(tmp_path: Path) -> None:
    """Its models are not opened at all."""
    key = signature.make_key(tmp_path / "key")
    made = bundle_models.make(tmp_path / "made", "9.0")
    with pytest.raises(ModelError, match="is not signed"):
        prove(bundle.load(made), Config(classifier=ClassifierConfig(trusted_keys=(key.text,))))


def test_a_model_without_end_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is ended, and the sentence names the limit."""
    monkeypatch.setattr(proof, "MOST_S", 0.0)
    with pytest.raises(ModelError, match="was not done after 0 seconds"):
        prove(SHIPPED, Config())


def test_the_process_learns_no_secret() -> None:
    """The address of a camera can hold a password, and stays here."""
    config = Config(camera=CameraConfig(source="rtsp://user:secret@camera/1", width=800))
    told = proof._settings(config)
    assert "secret" not in told
    assert '"width":800' in told


def test_modules_of_the_working_directory_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root proves a bundle wherever it stands; a folder there may belong to anybody."""
    (tmp_path / "json.py").write_text(f"import sys; open({str(tmp_path / 'was run')!r}, 'w'); sys.exit(1)")
    monkeypatch.chdir(tmp_path)
    assert prove(SHIPPED, Config()).runtime
    assert not (tmp_path / "was run").exists()
