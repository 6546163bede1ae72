"""New labelled images join a split."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract import Label, whole_image_box
from edge.types import Image
from training.data.additions import PURPOSE, Added, add
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.notes import Notes, PictureNote
from training.data.readers import DataLayout, Dataset, FaceRecord


def picture(seed: int) -> Image:
    """A smooth random picture; other seeds give pictures that do not resemble it."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC)


def record(folder: Path, name: str, pixels: Image, label: Label) -> FaceRecord:
    folder.mkdir(exist_ok=True)
    cv2.imwrite(str(folder / name), pixels)
    key = f"folder/{folder.parent.name}/{folder.name}/{name}#0"
    return FaceRecord(key, folder / name, whole_image_box(pixels), label, DataLayout.FOLDER)


@pytest.fixture
def manifest(tmp_path: Path) -> SplitManifest:
    """Three pictures: 0 for training, 1 for validation, 2 for the test."""
    faces = [
        SplitFace(record(tmp_path / "old", f"{at}.png", picture(at), Label.WITH_MASK), at, part)
        for at, part in enumerate(SplitPart)
    ]
    return SplitManifest.of(faces, 1, "before")


def added(tmp_path: Path, manifest: SplitManifest, pixels: Image, label: Label = Label.WITH_MASK) -> Added:
    new = record(tmp_path / "new", "a.png", pixels, label)
    return add(manifest, Dataset((new,), ()), 1)


@pytest.mark.parametrize(("like", "part"), [(0, SplitPart.TRAIN), (1, SplitPart.VALIDATION)])
def test_a_near_duplicate_joins_what_it_resembles(
    tmp_path: Path, manifest: SplitManifest, like: int, part: SplitPart
) -> None:
    """A mirrored, slightly darker copy goes to the group and part of its original."""
    (face,) = added(tmp_path, manifest, picture(like)[:, ::-1] // 8 * 7).joined
    assert (face.part, face.group) == (part, like)


def test_the_test_part_stays_as_it_is(tmp_path: Path, manifest: SplitManifest) -> None:
    """What resembles a test face is left out, and said so."""
    done = added(tmp_path, manifest, picture(2)[:, ::-1])
    assert not done.joined
    assert "test part" in done.skips[0].reason


def test_the_same_file_is_left_out(tmp_path: Path, manifest: SplitManifest) -> None:
    """A copy byte for byte brings nothing."""
    done = added(tmp_path, manifest, picture(0))
    assert done.counts() == {"left out: the same file is in the data set": 1}


def test_a_contradiction_is_left_out(tmp_path: Path, manifest: SplitManifest) -> None:
    """A near-duplicate with another label is a contradiction for a person to solve."""
    done = added(tmp_path, manifest, picture(0)[:, ::-1], Label.WITHOUT_MASK)
    assert "another label" in done.skips[0].reason
    ((new, old),) = done.contradictions
    assert (new.label, old.key) == (Label.WITHOUT_MASK, manifest.faces[0].key)


def test_the_same_file_with_another_label(tmp_path: Path, manifest: SplitManifest) -> None:
    """Is a contradiction as well, also with the test part."""
    for at, old in enumerate(manifest.faces):
        done = added(tmp_path, manifest, picture(at), Label.WITHOUT_MASK)
        assert done.counts() == {"left out: it resembles a face with another label": 1}
        ((new, like),) = done.contradictions
        assert (new.label, like.key) == (Label.WITHOUT_MASK, old.key)


@pytest.mark.parametrize("order", [1, -1])
def test_new_copies_with_other_labels(tmp_path: Path, manifest: SplitManifest, order: int) -> None:
    """None of them joins, whichever is read first."""
    names = {"one": Label.WITH_MASK, "two": Label.WITHOUT_MASK, "three": Label.WITH_MASK}
    new = [record(tmp_path / name, "a.png", picture(9), label) for name, label in names.items()]
    done = add(manifest, Dataset(tuple(new[::order]), ()), 1)
    assert not done.joined
    assert done.counts() == {
        "left out: it resembles another new image, with another label": 2,
        "left out: the same file is in the data set": 1,
    }


@pytest.mark.parametrize("turned", [1, -1])
def test_labels_are_those_of_the_notes(tmp_path: Path, manifest: SplitManifest, turned: int) -> None:
    """A copy or a near-duplicate is compared with the label that was noted; the split keeps its own."""
    wrong = manifest.assigned()[0].record
    said = Notes((PictureNote(wrong.source, wrong.image.name, label=Label.WITHOUT_MASK),))
    pixels = picture(0)[:, ::turned]
    right, contrary = (
        record(tmp_path / name, "a.png", pixels, label)
        for name, label in {"right": Label.WITHOUT_MASK, "contrary": Label.WITH_MASK}.items()
    )
    assert not add(manifest, Dataset((right,), ()), 1, said).contradictions
    done = add(manifest, Dataset((contrary,), ()), 1, said)
    ((_, old),) = done.contradictions
    assert old.label is Label.WITHOUT_MASK
    assert done.manifest.faces == manifest.faces


def test_new_images_that_contradict_each_other(tmp_path: Path, manifest: SplitManifest) -> None:
    """Neither joins, whichever of both is right."""
    new = tuple(
        record(tmp_path / name, "a.png", picture(9)[:, :: 1 - 2 * turned], label)
        for turned, (name, label) in enumerate({"one": Label.WITH_MASK, "two": Label.WITHOUT_MASK}.items())
    )
    done = add(manifest, Dataset(new, ()), 1)
    assert not done.joined
    assert done.counts() == {"left out: it resembles another new image, with another label": 2}


def test_an_image_with_several_faces(tmp_path: Path, manifest: SplitManifest) -> None:
    """All of its faces join."""
    one = record(tmp_path / "new", "a.png", picture(9), Label.WITH_MASK)
    two = replace(one, key=one.key.replace("#0", "#1"))
    assert len(add(manifest, Dataset((one, two), ()), 1).joined) == 2


def test_new_faces_never_reach_the_test_part(tmp_path: Path, manifest: SplitManifest) -> None:
    """Forty unlike faces are dealt to training and validation, in groups of their own; old faces stay."""
    new = tuple(
        record(tmp_path / "new", f"{at}.png", picture(at), Label.MASK_WORN_INCORRECTLY)
        for at in range(10, 50)
    )
    done = add(manifest, Dataset(new, ()), 1)
    parts = Counter(face.part for face in done.joined)
    assert done.purposes() == {PURPOSE[part]: number for part, number in sorted(parts.items())}
    assert parts[SplitPart.TEST] == 0
    assert parts[SplitPart.TRAIN] > parts[SplitPart.VALIDATION] > 0
    assert not {face.group for face in done.joined} & {0, 1, 2}
    assert done.manifest.faces[:3] == manifest.faces
    assert len(done.manifest.faces) == 43
    assert done.manifest.fingerprint != manifest.fingerprint


def test_adding_twice_adds_once(tmp_path: Path, manifest: SplitManifest) -> None:
    """The second time everything is known."""
    new = record(tmp_path / "new", "a.png", picture(9), Label.WITH_MASK)
    once = add(manifest, Dataset((new,), ()), 1)
    again = add(once.manifest, Dataset((new,), ()), 1)
    assert len(once.joined) == 1
    assert again.manifest.faces == once.manifest.faces
