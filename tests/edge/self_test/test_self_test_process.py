"""A bundle is tried in a process of its own, with models that really end it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import signature
from edge.config import CameraConfig, ClassifierConfig, Config, DetectorConfig
from edge.daemon.models import examine_models
from edge.errors import ModelError
from edge.self_test import self_test as module
from edge.self_test.self_test import SMOKE_SEEDS, self_test
from tests.support import broken_detectors, bundle_models

SHIPPED = bundle.load(bundle.SHIPPED)


def with_detector(file: Path) -> Config:
    return Config(detector=DetectorConfig(model=str(file)))


def test_the_shipped_bundle_is_proved() -> None:
    """With every golden answer, made-up crop and whole frame."""
    found = self_test(SHIPPED, Config())
    assert (found.golden, found.crops) == (len(SHIPPED.manifest.golden), len(SMOKE_SEEDS))
    assert found.frames >= 18
    assert found.runtime


def test_a_model_that_ends_the_process_is_one_sentence(tmp_path: Path) -> None:
    """It names the model and the signal; the process that asks goes on."""
    file = broken_detectors.ends_the_process(tmp_path / "bad.onnx")
    with pytest.raises(
        ModelError, match=rf"^{re.escape(str(file))} ended the process that tried it \(SIG[A-Z]+\)"
    ):
        self_test(SHIPPED, with_detector(file))


def test_a_model_that_fails_on_a_whole_frame_is_refused(tmp_path: Path) -> None:
    """Although it opens and finds nothing in the small picture on which it is run first."""
    file = broken_detectors.fails_on_a_frame(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match=rf"^{re.escape(str(file))} fails on a picture of 640x480"):
        self_test(SHIPPED, with_detector(file))


def test_a_bundle_that_nobody_signed_is_not_run(tmp_path: Path) -> None:
    """Its models are not opened at all."""
    key = signature.make_key(tmp_path / "key")
    made = bundle_models.make(tmp_path / "made", "9.0")
    with pytest.raises(ModelError, match="is not signed"):
        self_test(bundle.load(made), Config(classifier=ClassifierConfig(trusted_keys=(key.text,))))


def test_a_model_without_end_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is ended, and the sentence names the limit."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    with pytest.raises(ModelError, match="was not tried within 0 s"):
        self_test(SHIPPED, Config())


def test_the_process_learns_no_secret() -> None:
    """The address of a camera can hold a password, and stays here."""
    config = Config(camera=CameraConfig(source="rtsp://user:secret@camera/1", width=800))
    told = module._settings(config)
    assert "secret" not in told
    assert '"width":800' in told


def test_modules_of_the_working_directory_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root proves a bundle wherever it stands; a folder there may belong to anybody."""
    (tmp_path / "json.py").write_text(f"import sys; open({str(tmp_path / 'was run')!r}, 'w'); sys.exit(1)")
    monkeypatch.chdir(tmp_path)
    assert self_test(SHIPPED, Config()).runtime
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize("configured", ["bundle", "detector"])
def test_a_check_outlives_a_deadly_model(tmp_path: Path, configured: str) -> None:
    """It says which key names it; the daemon would die of it before it could say anything."""
    if configured == "detector":
        config = with_detector(broken_detectors.ends_the_process(tmp_path / "bad.onnx"))
    else:
        made = bundle_models.make(tmp_path / "made", "9.0")
        broken_detectors.ends_the_process(made / bundle.DETECTOR)
        fields = SHIPPED.manifest.own_fields()
        bundle.write_manifest(made, **fields)
        config = Config(classifier=ClassifierConfig(bundle=str(made)))
    (problem,) = examine_models(config)
    assert problem.key == {"bundle": "classifier.bundle", "detector": "detector.model"}[configured]
    assert "ended the process" in str(problem.error)
