"""What other tools export: annotations in other forms than Pascal VOC, and folders of other names."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from edge.contract import Label
from edge.errors import ConfigError
from tests.support.training import draw_face, voc, voc_object
from training.data import faces, readers
from training.data.annotation_forms import form_of, other_form

FACE = voc_object("with_mask", 20, 12, 80, 96)
BOX = {"bbox": [20, 12, 60, 84], "image_id": 1, "category_id": 1}
EXPORTS = {
    "COCO": ("_annotations.coco.json", json.dumps({"info": {}, "images": [], "annotations": [BOX]})),
    "VIA": ("via_region_data.json", json.dumps({"a.jpg1": {"regions": [{"shape_attributes": {"x": 1}}]}})),
    "LabelMe": ("a.json", json.dumps({"version": "5", "shapes": [{"label": "x"}], "imagePath": "a.jpg"})),
    "Label Studio": (
        "export.json",
        json.dumps([{"annotations": [{"result": [{"from_name": "a"}]}]}]),
    ),
    "CVAT": (
        "annotations.xml",
        "<annotations><version>1.1</version><image id='0'/></annotations>",
    ),
    "YOLO": ("a.txt", "0 0.5 0.5 0.25 0.25\n1 0.1 0.1 0.05 0.05\n"),
    "CSV": ("_annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,9,9,x,1,1,5,5\n"),
}


def read(root: Path) -> readers.Dataset:
    return readers.read([root], faces.single_face(lambda _: ()), lambda _: ())


def picture(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), draw_face())


def exported(folder: Path, form: str) -> Path:
    """A file of annotations as a tool exports them."""
    name, content = EXPORTS[form]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    return folder / name


@pytest.mark.parametrize("form", EXPORTS)
def test_the_form_is_known(tmp_path: Path, form: str) -> None:
    """By what stands in the file, with and without a byte order mark."""
    file = exported(tmp_path, form)
    assert form_of(file) == form
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert form_of(file) == form


def test_what_is_no_annotation_has_no_form(tmp_path: Path) -> None:
    """Notes, lists of classes, settings of other programs, folders and links to nothing."""
    for name, content in (
        ("README.txt", "made in 2024, 3 people\n12 pictures"),
        ("classes.txt", "with_mask\nwithout_mask\n"),
        ("package.json", '{"name": "x", "files": ["a"]}'),
        ("a.xml", voc(FACE)),
        ("b.json", ""),
    ):
        (tmp_path / name).write_text(content)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "gone.json").symlink_to("nothing")
    assert other_form(tmp_path) is None


@pytest.mark.parametrize("form", EXPORTS)
def test_a_root_in_another_form_is_one_sentence(tmp_path: Path, form: str) -> None:
    """It names the file, the form, and what to do."""
    picture(tmp_path / "train" / "a.jpg")
    name = exported(tmp_path / "train", form).name
    if form == "CVAT":  # which has pictures and XML in one folder, and is no Pascal VOC all the same
        assert [skip.reason for skip in read(tmp_path).skips] == ["annotation is CVAT, not Pascal VOC"]
        return
    with pytest.raises(ConfigError, match=f"{name} is {form}: .* as Pascal VOC"):
        read(tmp_path)


@pytest.mark.parametrize("form", EXPORTS)
def test_the_rest_goes_on_beside_another_form(tmp_path: Path, form: str) -> None:
    """In a folder of its own, and among annotations that are read."""
    picture(tmp_path / "good" / "images" / "a.png")
    annotations = tmp_path / "good" / "annotations"
    named = [exported(annotations, form), exported(tmp_path / "other" / "labels", form)]
    (annotations / "a.xml").write_text(voc(FACE))
    found = read(tmp_path)
    assert [record.label for record in found.records] == [Label.WITH_MASK]
    assert {skip.reason for skip in found.skips} == {f"annotation is {form}, not Pascal VOC"}
    assert {skip.path for skip in found.skips} == set(named)


def test_pictures_and_annotations_in_one_folder(tmp_path: Path) -> None:
    """As LabelImg saves them, and as Roboflow exports a train, a valid and a test part."""
    for part in ("train", "valid"):
        for name in ("a", "b"):
            picture(tmp_path / part / f"{name}.jpg")
            (tmp_path / part / f"{name}.xml").write_text(voc(FACE, f"{name}.jpg"))
    found = read(tmp_path)
    assert sorted(record.key for record in found.records) == [
        "frame/train/a.jpg#0", "frame/train/b.jpg#0", "frame/valid/a.jpg#0", "frame/valid/b.jpg#0",
    ]  # fmt: skip
    assert len(read(tmp_path / "train").records) == 2


@pytest.mark.parametrize(
    ("pictures", "annotations"), [("JPEGImages", "Annotations"), ("Images", "annotations")]
)
def test_folders_as_others_call_them(tmp_path: Path, pictures: str, annotations: str) -> None:
    """Those of Pascal VOC itself, and capitals."""
    picture(tmp_path / pictures / "a.jpg")
    (tmp_path / annotations).mkdir()
    (tmp_path / annotations / "a.xml").write_text(voc(FACE, "a.jpg"))
    assert len(read(tmp_path).records) == 1


def test_each_face_is_read_once(tmp_path: Path) -> None:
    """A picture among the annotations makes no second data set of them."""
    picture(tmp_path / "images" / "a.png")
    picture(tmp_path / "annotations" / "a.png")
    (tmp_path / "annotations" / "a.xml").write_text(voc(FACE, "a.png"))
    assert len(read(tmp_path).records) == 1


def test_annotations_in_a_class_folder_leave_it_one(tmp_path: Path) -> None:
    """The folder says the label of all that is in it."""
    picture(tmp_path / "with_mask" / "a.png")
    (tmp_path / "with_mask" / "a.xml").write_text(voc(voc_object("without_mask", 20, 12, 80, 96), "a.png"))
    assert [record.label for record in read(tmp_path).records] == [Label.WITH_MASK]
