"""Reading data sets into face records."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.contract import Label
from edge.errors import ConfigError
from edge.types import Box, Face, Image
from tests.support.training import draw_face, voc, voc_object, write_frames
from training.data import faces, readers


def nobody(_: Image) -> tuple[Face, ...]:
    """A detector that finds no face."""
    return ()


def read(root: Path) -> readers.Dataset:
    return readers.read([root], faces.single_face(nobody), nobody)


def reasons(root: Path) -> list[str]:
    return [skip.reason for skip in read(root).skips]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("with_mask", Label.WITH_MASK),
        ("Without-Mask", Label.WITHOUT_MASK),
        ("mask_weared_incorrect", Label.MASK_WORN_INCORRECTLY),
        ("mask worn incorrectly", Label.MASK_WORN_INCORRECTLY),
        ("hat", None),
    ],
)
def test_spellings(name: str, label: Label | None) -> None:
    """Usual spellings of a class are understood, other names are not."""
    assert readers.label_of(name) is label


def test_frames_become_records(tmp_path: Path) -> None:
    """Every object of a frame becomes a record with its label and its box."""
    found = read(write_frames(tmp_path / "frames", 2))
    assert [record.label for record in found.records] == [*Label, *Label]
    assert found.records[1].box == Box(120, 12, 60, 84)
    assert found.skips == ()


def test_landmarks_are_found_in_the_frame(tmp_path: Path) -> None:
    """Landmarks of a bare face, found in an enlarged cut-out, come back in pixels of the frame."""

    def find(part: Image) -> tuple[Face, ...]:
        height, width = part.shape[:2]
        box = Box(width * 0.28, height * 0.28, width * 0.44, height * 0.44)
        return (Face(box, 0.9, (box.centre,) * 5),)

    marks = readers.landmarks_in(draw_face(side=400), Box(160, 160, 80, 80), find)
    assert marks == tuple([(pytest.approx(200, abs=2), pytest.approx(200, abs=2))] * 5)


def test_another_face_gives_no_landmarks() -> None:
    """A face that the detector finds elsewhere lends its landmarks to nobody."""
    elsewhere = Face(Box(0, 0, 20, 20), 0.9, ((1.0, 1.0),) * 5)
    assert readers.landmarks_in(draw_face(side=400), Box(160, 160, 80, 80), lambda _: (elsewhere,)) == ()


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        (voc_object("helmet", 1, 1, 50, 50), "unknown label helmet"),
        (voc_object("with_mask", 300, 1, 350, 50), "box outside the image or without size"),
        (voc_object("with_mask", 10, 10, 10, 50), "box outside the image or without size"),
        ("<object><name>with_mask</name></object>", "box outside the image or without size"),
    ],
)
def test_unusable_objects_are_counted(tmp_path: Path, objects: str, reason: str) -> None:
    """An object that cannot be used is skipped with its reason; the others of the frame stay."""
    root = write_frames(tmp_path / "frames", 1)
    good = voc_object("with_mask", 20, 12, 80, 96)
    (root / "annotations" / "0.xml").write_text(voc(objects + good, "0.png"))
    assert reasons(root) == [reason]
    assert len(read(root).records) == 1


def test_a_box_that_reaches_beyond_the_image_is_clipped(tmp_path: Path) -> None:
    """Only what lies inside the image counts as the box."""
    root = write_frames(tmp_path / "frames", 1)
    (root / "annotations" / "0.xml").write_text(voc(voc_object("with_mask", -20, -5, 40, 60), "0.png"))
    assert read(root).records[0].box == Box(0, 0, 40, 60)


def test_broken_files_are_counted(tmp_path: Path) -> None:
    """A broken image, a missing image and a broken annotation are skipped, each with its reason."""
    root = write_frames(tmp_path / "frames", 3)
    (root / "images" / "0.png").write_bytes(b"\x89PNG")
    (root / "images" / "1.png").unlink()
    (root / "annotations" / "2.xml").write_text("<annotation>")
    assert reasons(root) == ["image missing or broken"] * 2 + ["annotation is not XML"]


def test_class_folders(tmp_path: Path) -> None:
    """Images of a folder carry the label that the folder is named after."""
    for name in ("withmask", "no_mask", "notes"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "1.png"), draw_face())
    found = read(tmp_path)
    assert sorted(record.label for record in found.records) == [Label.WITH_MASK, Label.WITHOUT_MASK]


def test_nothing_to_read(tmp_path: Path) -> None:
    """A folder without a data set is an error that names it."""
    with pytest.raises(ConfigError, match=tmp_path.name):
        read(tmp_path)


def test_fingerprint_changes_with_label_and_pixels(tmp_path: Path) -> None:
    """The fingerprint stays while the data stays, and changes with a label or an image."""
    root = write_frames(tmp_path / "frames", 1)
    before = read(root).fingerprint()
    assert read(root).fingerprint() == before
    file = root / "annotations" / "0.xml"
    file.write_text(file.read_text().replace("without_mask", "with_mask"))
    relabelled = read(root).fingerprint()
    cv2.imwrite(str(root / "images" / "0.png"), cv2.flip(cv2.imread(str(root / "images" / "0.png")), 1))
    assert len({before, relabelled, read(root).fingerprint()}) == 3
