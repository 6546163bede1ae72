"""A bundle and a detector that config.toml names get a way back, although nothing was installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from edge.bundle.store import BundleStore, TrialRecord, open_bundle_store
from edge.config import ClassifierConfig, Config, DetectorConfig
from edge.daemon import factory
from edge.daemon.configured_models import ConfiguredModels, detector_names, without_failed
from edge.daemon.models import SupervisedVision, load_models
from edge.errors import ModelError
from edge.types import Frame
from tests.support import broken_detectors, bundle_models
from tests.support.paths import ROOT

SHIPPED = bundle.load(bundle.SHIPPED).manifest.version
START = """
import sys
from edge.config import Config, DetectorConfig
from edge.daemon.models import load_models
print(load_models(Config(detector=DetectorConfig(model=sys.argv[1]))).problem)
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BundleStore:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return open_bundle_store()


def start(detector: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START, str(detector)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_detector_that_ends_the_process_is_given_up(store: BundleStore, tmp_path: Path) -> None:
    """Twice the process dies; the third time it starts without it, and says how to try again."""
    file = broken_detectors.ends_the_process(tmp_path / "bad.onnx")
    for _ in range(2):
        assert start(file).returncode < 0
    third = start(file)
    assert third.returncode == 0, third.stderr
    assert f"{file} failed 2 times and is not used; name another one, or remove" in third.stdout
    name = detector_names(Config(detector=DetectorConfig(model=str(file))))[0]
    assert str(store.record_file(name)) in third.stdout


def test_a_detector_that_fails_on_a_frame_is_given_up(store: BundleStore, tmp_path: Path) -> None:
    """An error while it judges counts like a crash."""
    file = broken_detectors.fails_on_a_frame(tmp_path / "bad.onnx")
    config = Config(detector=DetectorConfig(model=str(file)))
    frame = Frame(0, np.zeros((480, 640, 3), np.uint8), 0.0, 0.0)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"fails on a picture"):
            SupervisedVision(load_models(config)).analyze(frame)
    loaded = load_models(config)
    assert "failed 2 times" in loaded.problem
    assert SupervisedVision(loaded).analyze(frame).observations == ()


def test_a_configured_bundle_is_given_up(store: BundleStore, tmp_path: Path) -> None:
    """After it failed while it judged; what is in use on the device takes its place."""
    made = bundle_models.make(tmp_path / "made", "7.0")
    config = Config(classifier=ClassifierConfig(bundle=str(made)))
    name = bundle.load(made).name
    loaded = load_models(config)
    assert (loaded.vision.model_version, loaded.problem) == ("7.0", "")
    store.write_record(name, store.record(name).model_copy(update={"attempts": 2}))
    loaded = load_models(config)
    assert loaded.vision.model_version == SHIPPED
    assert f"{made} failed 2 times" in loaded.problem


def test_nothing_configured_leaves_everything_as_it_is(store: BundleStore) -> None:
    """Nothing is read and nothing written."""
    assert without_failed(Config(), store, "x") == ConfiguredModels(Config(), None, "")
    assert not store.root.exists()


def test_other_libraries_try_it_again(store: BundleStore, tmp_path: Path) -> None:
    """A new OpenCV may run what the old one could not."""
    file = tmp_path / "d.onnx"
    file.write_bytes(b"a detector")
    config = Config(detector=DetectorConfig(model=str(file)))
    (name,) = detector_names(config)
    store.root.mkdir(parents=True)
    store.write_record(name, TrialRecord(attempts=2, libraries="old"))
    assert without_failed(config, store, "old").config.detector.model == ""
    assert without_failed(config, store, "new") == ConfiguredModels(config, None, "")


def test_a_detector_that_cannot_be_read_has_no_trial(store: BundleStore, tmp_path: Path) -> None:
    """To open it says what is wrong with it."""
    missing = Config(detector=DetectorConfig(model=str(tmp_path / "none.onnx")))
    assert detector_names(missing) == ()
    with pytest.raises(ModelError, match="does not exist"):
        load_models(missing)


def test_a_configured_bundle_is_opened_once(store: BundleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are hashed when it is opened, which takes its time on a card."""
    opened: list[Config] = []
    genuine = factory.open_bundle
    monkeypatch.setattr(factory, "open_bundle", lambda config: opened.append(config) or genuine(config))
    load_models(Config(classifier=ClassifierConfig(bundle=str(bundle.SHIPPED))))
    assert len(opened) == 1
