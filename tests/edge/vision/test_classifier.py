"""The classifier that ships with the package, and what is refused in its place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from edge.bundle import SHIPPED, golden_crop
from edge.contract import LABELS, SMALLEST_PX, WITH_MASK
from edge.errors import ModelError
from edge.types import Face, Frame
from edge.vision.classifier import TfliteClassifier
from edge.vision.interpreter import TfliteModel
from tests.support import bundles
from tests.support.builders import face


def rewrite(directory: Path, **fields: object) -> bundle.Bundle:
    """Changes the manifest with every digest fitting, and opens the bundle."""
    file = directory / bundle.MANIFEST
    raw = {**json.loads(file.read_text()), **fields}
    raw["sha256"] = bundle.canonical_digest(raw)
    file.write_text(json.dumps(raw))
    return bundle.load(directory)


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (240, 320, 3), dtype=np.uint8)


def test_the_shipped_bundle_passes_its_self_test() -> None:
    """With the interpreter that is installed, within the size that an issue of a bundle may have."""
    loaded = bundle.load(SHIPPED)
    assert loaded.manifest.golden
    assert TfliteClassifier(loaded).model_version == loaded.manifest.version
    assert loaded.classifier.stat().st_size <= 3 * 1024 * 1024


def test_every_face_gets_probabilities_in_its_place() -> None:
    """As many observations as faces, in their order, each adding up to one."""
    faces = (face(60, 60, 50), face(200, 100, 80), face(310, 230, 60))
    frame = Frame(0, noise(), 0.0, 0.0)
    observations = TfliteClassifier(bundle.load(SHIPPED)).classify(frame, faces)
    assert tuple(seen.face for seen in observations) == faces
    for seen in observations:
        assert sum(seen.probabilities) == pytest.approx(1)
        assert seen.sharpness > 0


def test_the_answer_depends_on_the_face_alone() -> None:
    """Neither on the faces before it nor on how often it is asked."""
    classifier = TfliteClassifier(bundle.load(SHIPPED))
    frame = Frame(0, noise(), 0.0, 0.0)
    alone: tuple[Face, ...] = (face(200, 100, 80),)
    first = classifier.classify(frame, alone)
    among = classifier.classify(frame, (face(60, 60, 50), *alone))
    assert among[1] == first[0] == classifier.classify(frame, alone)[0]


def test_threads_do_not_change_the_answer() -> None:
    """Integer arithmetic has no order."""
    crop = golden_crop(5, bundle.load(SHIPPED).manifest.input.size)
    file = SHIPPED / bundle.CLASSIFIER
    assert (
        TfliteModel(file, threads=1).probabilities(crop) == TfliteModel(file, threads=2).probabilities(crop)
    ).all()


def test_a_wrong_golden_answer_is_refused(copy: Path) -> None:
    """The sentence names the bundle, the interpreter and the difference."""
    golden = bundles.golden(0.3, 0.3, 0.4, tolerance=0.001)
    with pytest.raises(ModelError, match=r"golden self-test with .* off by 0\.\d+"):
        TfliteClassifier(rewrite(copy, golden=golden))


def test_a_manifest_of_another_size_is_refused(copy: Path) -> None:
    """The model's own input counts."""
    size = bundle.load(copy).manifest.input.size
    with pytest.raises(ModelError, match=f"takes {size} px, its manifest says 224 px"):
        TfliteClassifier(rewrite(copy, input={"size": 224}))


def test_a_manifest_of_fewer_labels_is_refused(copy: Path) -> None:
    """Probabilities would end up with the wrong names."""
    with pytest.raises(ModelError, match="has 3 outputs, its manifest names 2 labels"):
        TfliteClassifier(
            rewrite(copy, labels=list(LABELS[:2]), golden=bundles.golden(0.5, 0.5), thresholds={})
        )


def asking(copy: Path, **fields: object) -> TfliteClassifier:
    """A classifier whose manifest says something else."""
    return TfliteClassifier(rewrite(copy, **fields))


def two_faces() -> tuple[Frame, list[Face]]:
    """Made-up faces, one of which the shipped model calls masked."""
    masked, other = (golden_crop(seed, 128, "face") for seed in (34, 383))
    frame = Frame(0, np.hstack([masked, other])[:, :, ::-1], 0.0, 0.0)
    return frame, [face(64, 64, 96), face(192, 64, 96)]


def test_the_single_threshold_of_an_older_manifest(copy: Path) -> None:
    """A bundle of schema 1 that asks for more than certainty calls no face masked, but the next likeliest."""
    lenient, strict = (
        asking(copy, schema=1, thresholds={"with_mask": at}).classify(*two_faces()) for at in (0.0, 1.1)
    )
    assert WITH_MASK in {seen.answer for seen in lenient}
    assert not {WITH_MASK, None} & {seen.answer for seen in strict}
    assert [seen.probabilities for seen in strict] == [seen.probabilities for seen in lenient]


def test_a_face_that_reaches_no_threshold_has_no_answer(copy: Path) -> None:
    """The probabilities stay as they are."""
    lenient, strict = (
        asking(copy, schema=2, thresholds=dict.fromkeys(LABELS, at)).classify(*two_faces()) for at in (0, 1.1)
    )
    assert [seen.answer for seen in lenient] == [np.argmax(seen.probabilities) for seen in lenient]
    assert [seen.answer for seen in strict] == [None, None]
    assert [seen.probabilities for seen in strict] == [seen.probabilities for seen in lenient]


def test_the_size_from_which_answers_can_be_trusted(copy: Path) -> None:
    """It is the largest of the labels', and today's where the manifest states none."""
    said = asking(copy, schema=2, thresholds={}, smallest_px={"with_mask": 18, "without_mask": 22.5})
    assert {seen.trusted_px for seen in said.classify(*two_faces())} == {22.5}
    silent = asking(copy, smallest_px={})
    assert {seen.trusted_px for seen in silent.classify(*two_faces())} == {SMALLEST_PX}
