"""Which bundle the daemon takes, with the real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from edge.bundle import signature
from edge.bundle.bundle import SIGNATURE
from edge.bundle.install import install
from edge.bundle.store import PACKAGED, BundleStore, TrialRecord, open_bundle_store
from edge.config import ClassifierConfig, Config
from edge.contract import LABELS
from edge.daemon.models import LoadedModels, SupervisedVision, load_models, reload_models
from edge.errors import ModelError
from edge.types import Box, Frame, FrameAnalysis
from edge.vision.libraries import libraries
from tests.support import bundle_models

SHIPPED = bundle.load(bundle.SHIPPED).manifest.version
FRAME = Frame(0, np.zeros((240, 320, 3), np.uint8), 0.0, 0.0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BundleStore:
    """The store of a device on which nothing was installed."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return open_bundle_store()


def put(store: BundleStore, tmp_path: Path, version: str, **fields: object) -> str:
    file = bundle_models.packed(tmp_path, version, **fields)
    return install(store, file, lambda _: None, allow_older=True).name


def damage(store: BundleStore, name: str) -> None:
    (store.path(name) / bundle.CLASSIFIER).write_bytes(b"rot")


def named(path: Path | str, *keys: str) -> Config:
    return Config(classifier=ClassifierConfig(bundle=str(path), trusted_keys=keys))


def test_what_was_installed_is_taken(store: BundleStore, tmp_path: Path) -> None:
    """And a configured bundle goes before it."""
    assert load_models(Config()).vision.model_version == SHIPPED
    put(store, tmp_path, "1000.1")
    assert load_models(Config()).vision.model_version == "1000.1"
    other = bundle_models.make(tmp_path / "other", "7.0")
    assert load_models(named(other)).vision.model_version == "7.0"


def test_opening_counts_nothing_in_the_end(store: BundleStore, tmp_path: Path) -> None:
    """A daemon that has no camera yet does the bundle no harm."""
    name = put(store, tmp_path, "1000.1")
    for _ in range(3):
        assert load_models(Config()).problem == ""
    assert store.record(name).attempts == 0
    assert not store.record(name).proven


@pytest.mark.parametrize("configured", [True, False])
def test_a_damaged_bundle_gives_way_to_the_shipped_one(
    store: BundleStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, configured: bool
) -> None:
    """Loudly, and what is installed stays to be looked at."""
    name = put(store, tmp_path, "1000.1")
    damage(store, name)
    loaded = load_models(named(store.path(name)) if configured else Config())
    assert loaded.vision.model_version == SHIPPED
    assert "classifier.tflite is damaged" in loaded.problem
    assert "comes with the package is in use instead" in loaded.problem
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert loaded.problem in caplog.text
    assert store.current() == name


def test_only_a_damaged_shipped_bundle_is_the_end(
    store: BundleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to go back to then."""
    name = put(store, tmp_path, "1000.1")
    copy = bundle_models.make(tmp_path / "shipped", "1")
    monkeypatch.setattr("edge.bundle.store.SHIPPED", copy)
    (copy / bundle.CLASSIFIER).write_bytes(b"rot")
    assert load_models(Config()).vision.model_version == "1000.1"
    damage(store, name)
    with pytest.raises(ModelError, match=r"shipped/classifier\.tflite is damaged"):
        load_models(Config())


def test_a_configured_place_without_a_bundle_is_an_error(store: BundleStore, tmp_path: Path) -> None:
    """Whoever names one wants that one."""
    with pytest.raises(ModelError, match="nowhere is no bundle"):
        load_models(named(tmp_path / "nowhere"))


def test_a_bundle_that_cannot_be_used_is_given_up(
    store: BundleStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After two tries; what was before is in use again, durably, and state will say why."""
    first = put(store, tmp_path, "1000.1")
    second = put(store, tmp_path, "1000.2", golden=bundle_models.ANSWERS_OTHERWISE)
    loaded = load_models(Config())
    assert loaded.vision.model_version == "1000.1"
    assert loaded.problem == f"the bundle {second} failed 2 times; {first} is in use again"
    assert store.current() == first
    assert store.record(second).failed
    assert "fails its golden self-test" in caplog.text
    assert loaded.problem in caplog.text
    assert load_models(Config()).problem == loaded.problem


def test_where_all_fail_the_shipped_one_remains(store: BundleStore, tmp_path: Path) -> None:
    """Without going round in circles."""
    for version in ("1000.1", "1000.2"):
        put(store, tmp_path, version, golden=bundle_models.ANSWERS_OTHERWISE)
    assert load_models(Config()).vision.model_version == SHIPPED
    assert store.current() == PACKAGED


def test_where_nothing_can_be_counted_it_ends_as_well(
    store: BundleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes no writing does not keep the daemon from going back for this run."""

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    for version in ("1000.1", "1000.2"):
        put(store, tmp_path, version, golden=bundle_models.ANSWERS_OTHERWISE)
    monkeypatch.setattr(BundleStore, "write_record", refuse)
    monkeypatch.setattr(BundleStore, "point", refuse)
    assert load_models(Config()).vision.model_version == SHIPPED


def test_a_proven_bundle_that_fails_gives_way_to_the_shipped_one(store: BundleStore, tmp_path: Path) -> None:
    """Another interpreter, say; nothing is switched."""
    name = put(store, tmp_path, "1000.1", golden=bundle_models.ANSWERS_OTHERWISE)
    store.write_record(name, TrialRecord(proven=True, libraries=libraries()))
    loaded = load_models(Config())
    assert loaded.vision.model_version == SHIPPED
    assert "golden self-test" in loaded.problem
    assert store.current() == name


def test_trusted_keys_are_asked_of_every_bundle_but_the_shipped_one(
    store: BundleStore, tmp_path: Path
) -> None:
    """Configured or installed, signed or not, and with every digest computed anew."""
    key = signature.make_key(tmp_path / "key")
    assert load_models(named("", key.text)).problem == ""
    name = put(store, tmp_path, "1000.1")
    assert "is not signed" in load_models(named("", key.text)).problem
    signed = bundle_models.make(tmp_path / "signed", "1000.2")
    signature.sign(bundle.load(signed), signature.open_private(tmp_path / "key"))
    assert load_models(named(signed, key.text)).vision.model_version == "1000.2"
    (signed / SIGNATURE).rename(tmp_path / "kept")
    fields = bundle.load(signed).manifest.own_fields()
    bundle.write_manifest(signed, **{**fields, "thresholds": dict.fromkeys(LABELS, 0.01)})
    (tmp_path / "kept").rename(signed / SIGNATURE)
    loaded = load_models(named(signed, key.text))
    assert loaded.vision.model_version == SHIPPED
    assert "was changed after" in loaded.problem
    assert store.current() == name


class Failing:
    """Models that answer with an error from some frame on."""

    model_version = "x"

    def __init__(self, good: int) -> None:
        self.good = good

    def analyze(self, frame: Frame, standing: tuple[Box, ...] = ()) -> FrameAnalysis:
        self.good -= 1
        if self.good < 0:
            raise ModelError("no probabilities")
        return FrameAnalysis((), 0.0, 0.0)


def at_work(store: BundleStore, good: int) -> tuple[SupervisedVision, str]:
    loaded = load_models(Config())
    vision = Failing(good)
    return SupervisedVision(LoadedModels(vision, loaded.trial)), store.current()  # type: ignore[arg-type]


def test_an_error_while_judging_is_the_bundles_fault(store: BundleStore, tmp_path: Path) -> None:
    """It stays counted when the daemon ends; the second time the daemon goes back."""
    put(store, tmp_path, "1000.1")
    for attempts in (1, 2):
        vision, name = at_work(store, good=2)
        vision.analyze(FRAME)
        vision.analyze(FRAME)
        with pytest.raises(ModelError):
            vision.analyze(FRAME)
        vision.pause()
        assert store.record(name).attempts == attempts
    assert load_models(Config()).vision.model_version == SHIPPED


def test_a_camera_that_gives_nothing_is_not(store: BundleStore, tmp_path: Path) -> None:
    """The attempt is under way while frames come, and only then."""
    put(store, tmp_path, "1000.1")
    vision, name = at_work(store, good=9)
    vision.analyze(FRAME)
    assert store.record(name).attempts == 1
    vision.pause()
    assert store.record(name).attempts == 0
    vision.analyze(FRAME)
    assert store.record(name).attempts == 1


def test_a_renewal_takes_the_new_bundle(store: BundleStore, tmp_path: Path) -> None:
    """Or leaves the running one where the new one is damaged, and says so."""
    put(store, tmp_path, "1000.1")
    vision = SupervisedVision(load_models(Config()))
    name = put(store, tmp_path, "1000.2")
    assert reload_models(Config(), vision) == ""
    assert vision.model_version == "1000.2"
    damage(store, name)
    assert "the model that ran before stays" in reload_models(Config(), vision)
    assert vision.model_version == "1000.2"
    assert isinstance(vision.analyze(FRAME), FrameAnalysis)


def test_a_renewal_with_a_key_that_is_gone_keeps_the_running_bundle(
    store: BundleStore, tmp_path: Path
) -> None:
    """A daemon that works is not ended by a reload."""
    put(store, tmp_path, "1000.1")
    vision = SupervisedVision(load_models(Config()))
    assert "cannot be read" in reload_models(named("", "/nowhere/release.pub"), vision)
    assert vision.model_version == "1000.1"


def test_a_renewal_goes_back_from_a_bundle_that_fails(store: BundleStore, tmp_path: Path) -> None:
    """The same as at a start."""
    put(store, tmp_path, "1000.1")
    vision = SupervisedVision(load_models(Config()))
    put(store, tmp_path, "1000.2", golden=bundle_models.ANSWERS_OTHERWISE)
    assert "failed 2 times" in reload_models(Config(), vision)
    assert vision.model_version == "1000.1"
