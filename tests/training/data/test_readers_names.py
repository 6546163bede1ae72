"""Faces of several data sets and annotations: each has a name of its own, and none takes another's place."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import pytest

from edge.contract import Label
from edge.errors import ConfigError
from tests.support.training import draw_face, voc, voc_object, write_frames
from training.data import faces, readers
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.wear import kind_of


def read(*roots: Path) -> readers.Dataset:
    return readers.read(roots, faces.single_face(lambda _: ()), lambda _: ())


def picture(file: Path, seed: int = 0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), draw_face(seed=seed))
    return file


def keys(*roots: Path) -> list[str]:
    return [record.key for record in read(*roots).records]


def test_class_folders_of_two_data_sets_of_one_name(tmp_path: Path) -> None:
    """Every face is there; those of the first data set keep the names that they have when read alone."""
    for root in ("one", "two", "three"):
        for label in ("with_mask", "mask_worn_incorrectly/nose_out"):
            picture(tmp_path / root / "dataset" / label / "1.png")
    roots = [tmp_path / root / "dataset" for root in ("one", "two", "three")]
    found = keys(*roots)
    assert len(set(found)) == len(found) == 6
    assert found[:2] == keys(roots[0])
    assert [kind_of(key) for key in found] == ["nose_out", ""] * 3


def test_frames_of_two_data_sets_of_one_name(tmp_path: Path) -> None:
    """The same for annotated frames."""
    roots = [write_frames(tmp_path / root / "dataset", 1) for root in ("one", "two")]
    found = keys(*roots)
    assert len(set(found)) == len(found) == 6
    assert found[:3] == keys(roots[0])


def test_a_data_set_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    """As itself, by another way, and by the folder that it is in."""
    root = write_frames(tmp_path / "sets" / "dataset", 1)
    assert keys(root, root / ".." / "dataset", tmp_path / "sets") == keys(root)


def test_a_name_with_a_number_is_left_to_whom_it_belongs(tmp_path: Path) -> None:
    """A number that makes a name differ is not one that another data set has already."""
    roots = [write_frames(tmp_path / name, 1) for name in ("a/set", "b/set-2", "c/set")]
    found = keys(*roots)
    assert len(set(found)) == len(found) == 9


def test_two_annotations_of_one_picture(tmp_path: Path) -> None:
    """Faces of both are read under numbers of their own; a face that both have is read once and told."""
    root = write_frames(tmp_path / "set", 1)
    again = voc_object("with_mask", 21, 12, 81, 96) + voc_object("without_mask", 240, 2, 270, 60)
    (root / "annotations" / "more.xml").write_text(voc(again, "0.png"))
    found = read(root)
    assert [record.key for record in found.records] == [f"frame/set/0.png#{n}" for n in (0, 1, 2, 4)]
    assert [(skip.path.name, skip.reason) for skip in found.skips] == [
        ("more.xml", "face annotated in another file already")
    ]


def test_annotations_in_folders(tmp_path: Path) -> None:
    """Frames that are sorted into folders are read; pictures of one name in two of them stay apart."""
    root = tmp_path / "set"
    for day in ("monday", "tuesday"):
        picture(root / "images" / day / "0.png")
        file = root / "annotations" / day / "0.xml"
        file.parent.mkdir(parents=True)
        file.write_text(voc(voc_object("with_mask", 20, 12, 80, 96), "0.png"))
    assert keys(root) == ["frame/set/monday/0.png#0", "frame/set/tuesday/0.png#0"]


def test_the_innermost_class_folder_says_the_label(tmp_path: Path) -> None:
    """A picture below two folders that are named after a class is read once, as the inner one says."""
    picture(tmp_path / "mask" / "without_mask" / "1.png")
    picture(tmp_path / "mask" / "2.png")
    found = read(tmp_path).records
    assert {record.image.name: record.label for record in found} == {
        "1.png": Label.WITHOUT_MASK,
        "2.png": Label.WITH_MASK,
    }
    assert len(found) == 2


def test_annotated_frames_in_a_folder_that_is_named_after_a_class(tmp_path: Path) -> None:
    """Their annotations say the label, not the name of the folder."""
    write_frames(tmp_path / "mask", 1)
    assert [record.label for record in read(tmp_path).records] == list(Label)


def test_a_split_that_names_a_face_twice(tmp_path: Path) -> None:
    """Such as two that were put together by hand: one sentence with the name and both pictures."""
    record = read(write_frames(tmp_path / "set", 1)).records[0]
    other = shutil.copy(record.image, tmp_path / "other.png")
    twice = [record, readers.FaceRecord(record.key, Path(other), record.box, record.label, record.layout)]
    assigned = [SplitFace(one, 0, SplitPart.TRAIN) for one in twice]
    file = tmp_path / "split.json"
    file.write_text(SplitManifest.of(assigned, 1, "f").model_dump_json())
    with pytest.raises(ConfigError, match=r"names the face frame/set/0\.png#0 twice.*0\.png.*other\.png"):
        SplitManifest.load(file)
