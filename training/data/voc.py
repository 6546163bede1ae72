"""Annotations in the form of Pascal VOC, as labelling tools write them, and the picture that each is of.

Tools differ in encodings, namespaces, shapes and in what they call the picture. Names of labels and
numbers are ASCII whatever the encoding, so a file whose encoding is unknown can be read all the same.
"""

from __future__ import annotations

import codecs
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from edge.system.image_files import IMAGE_SUFFIXES

Corners = tuple[float, float, float, float]
"""Left, top, right and bottom."""

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
"""How a file begins that says its encoding without words."""
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030"}
"""Tools declare the small character set and write what only the larger one has."""
_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")


@dataclass(frozen=True, slots=True)
class AnnotatedObject:
    """One object: what it is called, and its box; None where it has none that can be read."""

    name: str
    corners: Corners | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one file says: the picture that it names, perhaps none, and the objects in it."""

    picture: str
    objects: tuple[AnnotatedObject, ...]


def read(file: Path) -> Annotation | None:
    """Reads an annotation; None where the file cannot be read, is not XML, or of another form."""
    try:
        # A pipe would be waited for.
        tree = _parsed(file.read_bytes()) if file.is_file() else None
    except (ET.ParseError, OSError, ValueError):
        return None
    # Others know `<object>` too.
    if tree is None or (tree.tag != "annotation" and tree.find("object") is None):
        return None
    objects = tuple(
        AnnotatedObject(node.findtext("name", default=""), _corners(node)) for node in tree.iter("object")
    )
    return Annotation(tree.findtext("filename", default=""), objects)


def _parsed(raw: bytes) -> ET.Element:
    text = _BARE_AMPERSAND.sub("&amp;", _decoded(raw).lstrip())
    tree = ET.fromstring(text)  # noqa: S314 - the user's own data set; expat refuses entity bombs
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2].lower()
    return tree


def _decoded(raw: bytes) -> str:
    """The text of a file, by its first bytes, what it declares, UTF-8, or else byte for byte."""
    marked = [encoding for mark, encoding in _MARKS.items() if raw.startswith(mark)]
    declared = _DECLARED.match(raw)
    said = [declared[1].decode("ascii").lower()] if declared else []
    for encoding in (*marked, *(_LARGER.get(name, name) for name in said), "utf-8"):
        try:
            return raw.decode(encoding)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _corners(node: ET.Element) -> Corners | None:
    """The object's box, or the upright one around its turned box or its polygon."""
    try:
        box = [float(node.findtext(f"bndbox/{side}", "")) for side in _SIDES]
    except ValueError:
        box = _around_turned(node.find("robndbox")) or _extremes(node.find("polygon"))
    if len(box) < len(_SIDES) or not all(map(math.isfinite, box)):
        return None
    (left, right), (top, bottom) = sorted(box[0::2]), sorted(box[1::2])
    return left, top, right, bottom


def _around_turned(box: ET.Element | None) -> list[float]:
    """Of a box as roLabelImg writes it: centre, size, and angle in radians; empty where there is none."""
    try:
        x, y, w, h, angle = (float("" if box is None else box.findtext(name, "")) for name in _TURNED)
        # The same for either direction of turning.
        across, along = abs(math.cos(angle)), abs(math.sin(angle))
    except ValueError:
        return []
    half_w, half_h = (w * across + h * along) / 2, (w * along + h * across) / 2
    return [x - half_w, y - half_h, x + half_w, y + half_h]


def _extremes(polygon: ET.Element | None) -> list[float]:
    """Of points as `<x1>` and `<y1>`, or as `<pt><x>` and `<pt><y>`; empty where there are none."""
    found: dict[str, list[float]] = {"x": [], "y": []}
    for node in () if polygon is None else polygon.iter():
        if re.fullmatch(r"[xy]\d*", node.tag):
            try:
                found[node.tag[0]].append(float(node.text or ""))
            except ValueError:
                return []
    if not (found["x"] and found["y"]):
        return []
    return [min(found["x"]), min(found["y"]), max(found["x"]), max(found["y"])]


class Pictures:
    """The pictures in a folder and its folders, to be found by what annotations call them."""

    def __init__(self, folder: Path, annotations: Iterable[Path]) -> None:
        """Takes the annotations, too, as paths below their own folder: a picture belongs to its namesake."""
        self._folder = folder
        self._by_name: dict[str, Path] = {}
        self._by_stem: dict[str, Path] = {}
        self._owned = {_plain(path.with_suffix("")) for path in annotations}
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        for spelled in (Path.as_posix, _plain):  # an exact name comes before one with other capitals
            for file in files:
                path = file.relative_to(folder)
                self._by_name.setdefault(spelled(path), file)
                self._by_stem.setdefault(spelled(path.with_suffix("")), file)

    def of(self, annotation: Path, named: str) -> Path:
        """The picture of an annotation.

        Args:
            annotation: Its path below the folder of annotations.
            named: The picture that it names: a name or path of any system, with or without suffix, perhaps
                of a picture that has been renamed since.

        Returns:
            A picture that is there, else the path at which it was looked for.
        """
        # This class splits at slashes of both kinds, wherever the path was written.
        name = PureWindowsPath(named.strip()).name
        own = _found(self._by_stem, annotation.with_suffix(""))
        meant = self._named(annotation.parent / name) or self._named(Path(name)) if name else None
        if own is None or (meant is not None and (meant == own or not self._is_owned(meant))):
            return meant or self._folder / annotation.parent / (name or f"{annotation.stem}.jpg")
        return own

    def _named(self, path: Path) -> Path | None:
        whole = _found(self._by_name, path) or _found(self._by_stem, path)
        return whole or _found(self._by_stem, path.with_suffix(""))

    def _is_owned(self, picture: Path) -> bool:
        return _plain(picture.relative_to(self._folder).with_suffix("")) in self._owned


def _found(pictures: Mapping[str, Path], path: Path) -> Path | None:
    return pictures.get(path.as_posix()) or pictures.get(_plain(path))


def _plain(path: Path) -> str:
    """A path whose capitals do not count, since other systems do not tell them apart."""
    return path.as_posix().lower()
