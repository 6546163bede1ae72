"""The device refuses a bundle that is not what was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge import bundle
from edge.contract import LABELS
from edge.errors import ModelError
from tests.support import bundles


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / bundle.CLASSIFIER).write_bytes(b"a model")
    bundle.write_manifest(
        tmp_path, version="1.0", labels=LABELS, input={"size": 128}, golden=bundles.golden(1, 0, 0)
    )
    return tmp_path


def change(directory: Path, *, resign: bool = False, **fields: object) -> None:
    """Changes the manifest, with or without a fitting digest of its own."""
    file = directory / bundle.MANIFEST
    raw = {**json.loads(file.read_text()), **fields}
    if resign:
        raw["sha256"] = bundle.canonical_digest(raw)
    file.write_text(json.dumps(raw))


def test_a_bundle_that_was_just_written_is_loaded(directory: Path) -> None:
    """With its version and without a detector."""
    loaded = bundle.load(directory)
    assert loaded.manifest.version == "1.0"
    assert loaded.detector is None


def test_a_directory_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    """The sentence names the directory."""
    with pytest.raises(ModelError, match=f"{tmp_path} is no bundle"):
        bundle.load(tmp_path)


def test_a_changed_model_is_refused(directory: Path) -> None:
    """The sentence names the file."""
    (directory / bundle.CLASSIFIER).write_bytes(b"another model")
    with pytest.raises(ModelError, match=r"classifier\.tflite is damaged"):
        bundle.load(directory)


def test_a_missing_model_is_refused(directory: Path) -> None:
    """The sentence says what to do."""
    (directory / bundle.CLASSIFIER).unlink()
    with pytest.raises(ModelError, match="missing or unreadable; install the bundle again"):
        bundle.load(directory)


def test_a_changed_manifest_is_refused(directory: Path) -> None:
    """Its own digest tells."""
    change(directory, version="2.0")
    with pytest.raises(ModelError, match="changed after it was made"):
        bundle.load(directory)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("schema", 3, "has schema 3, this device reads 1 and 2"),
        ("labels", ["without_mask", "with_mask"], "in this order"),
        ("labels", ["with_mask", "without_mask", "beard"], "labels"),
        ("input", {"size": 98}, "input size 98"),
        ("input", {"size": 128, "colour": "BGR"}, "colour"),
        ("input", {"size": 128, "crop_margin": 0.3}, "crop margin 0.3"),
        ("files", {}, "lists no classifier"),
        (
            "files",
            {"classifier.tflite": "0" * 64, "../evil": "0" * 64},
            r"files\.\.\./evil.*should match pattern",
        ),
        ("version", "final", "version: String should match pattern"),
        ("version", "20250101-120000", "version: String should match pattern"),
        ("intervals", {"recall": [0.1, 0.2]}, "interval 'recall' must be"),
        ("calibration", {"method": "guess"}, "calibration.method"),
        ("surprise", 1, "surprise"),
    ],
)
def test_a_manifest_that_breaks_the_contract_is_refused(
    directory: Path, field: str, value: object, sentence: str
) -> None:
    """Also where every digest fits."""
    change(directory, resign=True, **{field: value})
    with pytest.raises(ModelError, match=sentence):
        bundle.load(directory)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"[]", b'{"schema": NaN}'])
def test_a_manifest_that_is_no_manifest_is_refused(directory: Path, content: bytes) -> None:
    """Whatever stands in it."""
    (directory / bundle.MANIFEST).write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        bundle.load(directory)


def test_a_link_in_place_of_a_file_is_refused(
    directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A bundle holds its files itself."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "model"
    (directory / bundle.CLASSIFIER).rename(elsewhere)
    (directory / bundle.CLASSIFIER).symlink_to(elsewhere)
    with pytest.raises(ModelError, match="not a plain file"):
        bundle.load(directory)


def test_writing_twice_gives_the_same_bytes(directory: Path) -> None:
    """The manifest is deterministic."""
    first = (directory / bundle.MANIFEST).read_bytes()
    bundle.write_manifest(
        directory, version="1.0", labels=LABELS, input={"size": 128}, golden=bundles.golden(1, 0, 0)
    )
    assert (directory / bundle.MANIFEST).read_bytes() == first


def test_golden_crops_are_the_same_every_time() -> None:
    """And differ from one another."""
    assert (bundle.golden_crop(1, 96) == bundle.golden_crop(1, 96)).all()
    assert (bundle.golden_crop(1, 96) != bundle.golden_crop(2, 96)).any()
