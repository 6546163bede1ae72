"""Annotations as other tools write them: what can be read is read, what cannot is counted and named."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import cv2
import pytest

from edge.contract import Label
from edge.types import Box
from tests.support.training import draw_face, voc, voc_object
from training.data import faces, readers

FACE = voc_object("with_mask", 20, 12, 80, 96)
BOX = Box(20, 12, 60, 84)


def written(root: Path, content: bytes | str, picture: str = "f0.png") -> Path:
    """A data set of one picture and its annotation, f0.xml."""
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / "annotations").mkdir(exist_ok=True)
    cv2.imwrite(str(root / "images" / picture), draw_face())
    raw = content.encode() if isinstance(content, str) else content
    (root / "annotations" / "f0.xml").write_bytes(raw)
    return root


def read(root: Path) -> readers.Dataset:
    return readers.read([root], faces.single_face(lambda _: ()), lambda _: ())


def boxes(root: Path) -> list[Box]:
    return [record.box for record in read(root).records]


def reasons(root: Path) -> list[str]:
    return [skip.reason for skip in read(root).skips]


def declared(encoding: str, text: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [
        ("gb2312", "gb2312"),
        ("GB2312", "gbk"),
        ("gb18030", "gb18030"),
        ("big5", "big5"),
        ("shift_jis", "shift_jis"),
        ("euc-kr", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-8"),
        ("utf-8", "utf-16"),
        ("utf-16le", "utf-16-le"),
        ("utf-8", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("iso-8859-1", "iso-8859-1"),
        ("utf-8", "utf-8-sig"),
        ("gb2312", "utf-8-sig"),
        ("windows-1252", "cp1252"),
        ("klingon", "utf-8"),
        ("hex", "utf-8"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, stored: str) -> None:
    """Whatever a file declares and however it is stored: the face is read, of a picture with such a name."""
    name = {"iso-8859-1": "tür.png", "cp1252": "tür.png"}.get(stored, "口.png")
    text = declared(encoding, voc(FACE, name))
    assert boxes(written(tmp_path, text.encode(stored), name)) == [BOX]


@pytest.mark.parametrize(("said", "stored"), [("é", "latin-1"), ("口罩", "gb2312")])
def test_what_is_declared_as_utf_8_and_is_not(tmp_path: Path, said: str, stored: str) -> None:
    """Bytes that are no UTF-8, in a name or elsewhere, do not keep the box from being read."""
    raw = declared("utf-8", voc(FACE, f"{said}.png")).encode(stored) + f"<!-- {said} -->".encode(stored)
    assert boxes(written(tmp_path, raw)) == [BOX]


def test_a_byte_order_mark_and_space_before_the_declaration(tmp_path: Path) -> None:
    """Both are put there by editors, and a parser would refuse them."""
    raw = codecs.BOM_UTF8 + b"\n " + declared("utf-8", voc(FACE, "f0.png")).encode()
    assert boxes(written(tmp_path, raw)) == [BOX]


@pytest.mark.parametrize(
    "filename",
    [
        "f0", "", " f0.png\n", "F0.PNG", "f0.jpg", "gone.png", "C:\\Users\\me\\images\\f0.png",
        "/home/me/images/f0.png", "images/f0.png", "..\\gone.png", "a&b.png", "x\x00.png".replace("\x00", ""),
        "n" * 300 + ".png",
    ],
)  # fmt: skip
def test_names_of_pictures(tmp_path: Path, filename: str) -> None:
    """Without suffix, empty, with another suffix, stale, or a path: the annotation's own picture is taken."""
    (record,) = read(written(tmp_path, voc(FACE, filename))).records
    assert record.image.name == "f0.png"


@pytest.mark.parametrize("filename", ["door 7", "door 7.png", "door 7.jpeg", "D:\\x\\door 7.png"])
def test_a_picture_of_another_name_than_the_annotation(tmp_path: Path, filename: str) -> None:
    """Where no picture is named like the annotation, the one that it names is taken."""
    (record,) = read(written(tmp_path, voc(FACE, filename), "door 7.png")).records
    assert record.image.name == "door 7.png"


def test_no_name_at_all(tmp_path: Path) -> None:
    """An annotation without <filename> belongs to the picture of its name, whatever the suffix."""
    assert boxes(written(tmp_path, f"<annotation>{FACE}</annotation>")) == [BOX]


def test_a_copied_annotation_with_a_stale_name(tmp_path: Path) -> None:
    """f1.xml, copied from f0.xml, says f0.png, which has its own annotation: f1.png is meant."""
    root = written(tmp_path, voc(FACE, "f0.png"))
    cv2.imwrite(str(root / "images" / "f1.png"), draw_face(seed=1))
    (root / "annotations" / "f1.xml").write_text(voc(FACE, "f0.png"))
    assert [record.image.name for record in read(root).records] == ["f0.png", "f1.png"]


def test_a_picture_of_which_there_is_none(tmp_path: Path) -> None:
    """It is counted, under the name that the annotation gives."""
    root = written(tmp_path, voc(FACE, "gone.png"), "other.png")
    assert [(skip.path.name, skip.reason) for skip in read(root).skips] == [
        ("gone.png", "image missing or broken")
    ]


def boxed(**fields: object) -> str:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return f"<object><name>with_mask</name><bndbox>{inner}</bndbox></object>"


def polygon(inner: str) -> str:
    return f"<object><name>with_mask</name>{inner}</object>"


@pytest.mark.parametrize(
    ("thing", "box"),
    [
        (boxed(xmin="20.5", ymin="12.25", xmax="80.5", ymax="96.25"), Box(20.5, 12.25, 60, 84)),
        (boxed(xmin=" 20 ", ymin="1.2e1", xmax="80", ymax="96\n"), BOX),
        (boxed(xmin=80, ymin=96, xmax=20, ymax=12), BOX),
        (boxed(xmin=-30, ymin=-1, xmax=40, ymax=50), Box(0, 0, 40, 50)),
        (boxed(ymax=96, xmax=80, ymin=12, xmin=20), BOX),
        (polygon("<polygon><x1>20</x1><y1>12</y1><x2>80</x2><y2>96</y2></polygon>"), BOX),
        (polygon("<polygon><pt><x>20</x><y>96</y></pt><pt><x>80</x><y>12</y></pt></polygon>"), BOX),
    ],
)  # fmt: skip
def test_shapes(tmp_path: Path, thing: str, box: Box) -> None:
    """Floats, exchanged corners, corners outside, and polygons, whose extremes are the box."""
    assert boxes(written(tmp_path, voc(thing, "f0.png"))) == [box]


@pytest.mark.parametrize(
    "thing",
    [
        boxed(xmin="nan", ymin=12, xmax=80, ymax=96),
        boxed(xmin=20, ymin=12, xmax="inf", ymax=96),
        boxed(xmin="left", ymin=12, xmax=80, ymax=96),
        boxed(xmin=20, ymin=12),
        boxed(xmin=0.1, ymin=0.1, xmax=0.4, ymax=0.5),
        polygon("<polygon><x1>20</x1></polygon>"),
        polygon(""),
    ],
)
def test_shapes_that_are_none(tmp_path: Path, thing: str) -> None:
    """Each is counted, and the next face of the same picture is read."""
    root = written(tmp_path, voc(thing + FACE, "f0.png"))
    assert reasons(root) == ["box outside the image or without size"]
    assert boxes(root) == [BOX]


@pytest.mark.parametrize(
    "change",
    [
        ("<annotation>", '<annotation xmlns="urn:voc">'),
        ("<annotation>", "<Annotation>"),
        ("<annotation>", "<annotation><!-- by hand --><?tool x?><size><width>0</width></size>"),
    ],
)
def test_namespaces_and_spelling_of_tags(tmp_path: Path, change: tuple[str, str]) -> None:
    """Neither a namespace nor capitals nor comments hide what a file says."""
    text = voc(FACE, "f0.png").replace(*change)
    text = text.replace("</annotation>", "</Annotation>") if "<Annotation>" in text else text
    assert boxes(written(tmp_path, text)) == [BOX]


def test_what_is_no_annotation(tmp_path: Path) -> None:
    """Empty, binary, cut short, another kind, a folder, a pipe: each is counted, and the command goes on."""
    root = written(tmp_path, voc(FACE, "f0.png"))
    folder = root / "annotations"
    files = {"empty": b"", "noise": bytes(range(256)), "cut": b"<annotation><object>", "json": b"{}"}
    for name, raw in files.items():
        (folder / f"{name}.xml").write_bytes(raw)
    (folder / "entity.xml").write_bytes(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>')
    (folder / "folder.xml").mkdir()
    os.mkfifo(folder / "pipe.xml")
    assert reasons(root) == ["annotation is not XML"] * 7
    assert boxes(root) == [BOX]


def test_a_suffix_in_capitals(tmp_path: Path) -> None:
    """F0.XML is an annotation, too."""
    root = written(tmp_path, voc(FACE, "f0.png"))
    (root / "annotations" / "f0.xml").rename(root / "annotations" / "f0.XML")
    assert [record.label for record in read(root).records] == [Label.WITH_MASK]


def test_capitals_tell_pictures_apart_where_both_are_there(tmp_path: Path) -> None:
    """f0.png is not F0.png, as long as there is an f0.png."""
    root = written(tmp_path, voc(FACE, "f0.png"))
    cv2.imwrite(str(root / "images" / "F0.png"), draw_face(seed=1))
    assert [record.image.name for record in read(root).records] == ["f0.png"]


def turned(angle: str, box: tuple[float, float, float, float] = (50, 50, 40, 20)) -> str:
    """An object as roLabelImg writes it."""
    cx, cy, w, h = box
    inner = f"<cx>{cx}</cx><cy>{cy}</cy><w>{w}</w><h>{h}</h><angle>{angle}</angle>"
    return f"<object><type>robndbox</type><name>with_mask</name><robndbox>{inner}</robndbox></object>"


@pytest.mark.parametrize(
    ("angle", "box"),
    [
        ("0", Box(30, 40, 40, 20)),
        ("1.5707963267948966", Box(40, 30, 20, 40)),
        ("3.141592653589793", Box(30, 40, 40, 20)),
        ("0.7853981633974483", Box(28.787, 28.787, 42.426, 42.426)),
        ("-0.7853981633974483", Box(28.787, 28.787, 42.426, 42.426)),
    ],
)
def test_a_turned_box_is_read_as_the_upright_one_around_it(tmp_path: Path, angle: str, box: Box) -> None:
    """Its angle is in radians, and may count in either direction."""
    (found,) = boxes(written(tmp_path, voc(turned(angle))))
    assert (found.x, found.y, found.w, found.h) == pytest.approx((box.x, box.y, box.w, box.h), abs=0.01)


@pytest.mark.parametrize("angle", ["", "nan", "inf", "north"])
def test_a_turned_box_without_an_angle_is_none(tmp_path: Path, angle: str) -> None:
    """It is counted, and the file is named."""
    assert reasons(written(tmp_path, voc(turned(angle)))) == ["box outside the image or without size"]
