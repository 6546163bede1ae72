"""Reads data sets into face records: annotated frames (Pascal VOC) and folders named after a class.

A record names an image, a face box in it and a label. Nothing is decoded twice: pixels are cut by
`training.data.crops`. What cannot be used is skipped, counted and named.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2

from edge.contract import Label
from edge.errors import ConfigError, SourceError
from edge.system.image_files import IMAGE_SUFFIXES, read_image
from edge.types import Box, Face, Image

FRAMES, ANNOTATIONS = "images", "annotations"

_SPELLINGS = {
    Label.WITH_MASK: "with_mask withmask mask masked correct_mask mask_correct worn_correctly",
    Label.WITHOUT_MASK: "without_mask withoutmask no_mask nomask unmasked bare face_no_mask",
    Label.MASK_WORN_INCORRECTLY: (
        "mask_worn_incorrectly mask_weared_incorrect mask_worn_incorrect incorrect_mask incorrectmask "
        "mask_incorrect incorrect wrong_mask improperly_worn partial_mask"
    ),
}
LABEL_OF_NAME = {name: label for label, names in _SPELLINGS.items() for name in names.split()}


class FaceSource(StrEnum):
    """Where a face's box comes from."""

    FRAME = "frame"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One labelled face.

    Attributes:
        key: Stable name within the data: `<source>/<path below its root>#<number in the image>`.
        image: The picture.
        box: The face, in pixels of the picture.
        label: What the data set says of it.
        source: Annotated frame or class folder.
        landmarks: Five points as in `edge.types.Face`, empty where none were found.
    """

    key: str
    image: Path
    box: Box
    label: Label
    source: FaceSource
    landmarks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """Something in the data that was not used, and why (a short phrase that can be counted)."""

    path: Path
    reason: str


Entry = FaceRecord | Skip
FaceFinder = Callable[[Image], tuple[Face, ...]]
FolderRule = Callable[[Image], tuple[Face | None, str]]
"""Gives the face of a class-folder image, or None and the reason why it has no usable one."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """All usable faces of the roots that were read, and what was left out."""

    records: tuple[FaceRecord, ...]
    skips: tuple[Skip, ...]

    def fingerprint(self) -> str:
        """SHA-256 over every record's name, label and box and over the bytes of its image."""
        digests: dict[Path, str] = {}
        total = hashlib.sha256()
        for record in sorted(self.records, key=lambda record: record.key):
            if record.image not in digests:
                digests[record.image] = hashlib.sha256(record.image.read_bytes()).hexdigest()
            box = record.box
            line = f"{record.key}|{record.label}|{box.x:.2f},{box.y:.2f},{box.w:.2f},{box.h:.2f}"
            total.update(f"{line}|{digests[record.image]}\n".encode())
        return total.hexdigest()


def read(roots: Iterable[Path], folder_rule: FolderRule, find: FaceFinder) -> Dataset:
    """Reads every data set below the given folders.

    A root may be a VOC folder (`images/` and `annotations/`), a folder of class folders, or may
    hold such folders.

    Args:
        roots: Folders to read.
        folder_rule: Finds the face in an image of a class folder.
        find: Gives the landmarks of annotated faces, by which masks are drawn and noses freed.

    Raises:
        ConfigError: A root does not exist or holds no data set.
    """
    records: dict[str, FaceRecord] = {}
    skips: list[Skip] = []
    for root in roots:
        for entry in _read_root(root, folder_rule, find):
            if isinstance(entry, Skip):
                skips.append(entry)
            else:
                records[entry.key] = entry
    return Dataset(tuple(records.values()), tuple(skips))


def _read_root(root: Path, folder_rule: FolderRule, find: FaceFinder) -> Iterator[Entry]:
    if not root.is_dir():
        raise ConfigError(f"data folder {root} does not exist")
    found = False
    for folder in [root, *sorted(path for path in root.iterdir() if path.is_dir())]:
        if (folder / ANNOTATIONS).is_dir() and (folder / FRAMES).is_dir():
            found = True
            yield from read_frames(folder, find)
        for label, classes in _class_folders(folder):
            found = True
            yield from read_class_folder(classes, label, folder_rule)
    if not found:
        raise ConfigError(
            f"{root} holds neither {FRAMES}/ with {ANNOTATIONS}/ nor folders named after a class, "
            f"such as {Label.WITH_MASK}/"
        )


def _class_folders(folder: Path) -> list[tuple[Label, Path]]:
    named = [(label_of(path.name), path) for path in sorted(folder.iterdir()) if path.is_dir()]
    return [(label, path) for label, path in named if label is not None]


def label_of(name: str) -> Label | None:
    """The label that a folder or annotation means, in any of the usual spellings."""
    return LABEL_OF_NAME.get(name.strip().lower().replace("-", "_").replace(" ", "_"))


def read_frames(folder: Path, find: FaceFinder) -> Iterator[Entry]:
    """Reads one VOC folder; every `<object>` of a known name becomes a record."""
    for file in sorted((folder / ANNOTATIONS).glob("*.xml")):
        yield from _read_annotation(folder, file, find)


def _read_annotation(folder: Path, file: Path, find: FaceFinder) -> Iterator[Entry]:
    try:
        tree = ET.parse(file).getroot()  # noqa: S314 - the user's own data set; expat refuses entity bombs
    except (ET.ParseError, OSError):
        yield Skip(file, "annotation is not XML")
        return
    image = folder / FRAMES / Path(tree.findtext("filename", default=f"{file.stem}.jpg")).name
    pixels = open_image(image)
    if pixels is None:
        yield Skip(image, "image missing or broken")
        return
    for number, node in enumerate(tree.iter("object")):
        label = label_of(node.findtext("name", default=""))
        box = _clipped(node, pixels)
        if label is None:
            yield Skip(file, "unknown label")
        elif box is None:
            yield Skip(file, "box outside the image or without size")
        else:
            marks = landmarks_in(pixels, box, find)
            key = f"{FaceSource.FRAME}/{folder.name}/{image.name}#{number}"
            yield FaceRecord(key, image, box, label, FaceSource.FRAME, marks)


def _clipped(node: ET.Element, pixels: Image) -> Box | None:
    """The object's box within the image; None where nothing of it is left."""
    try:
        corner = [float(node.findtext(f"bndbox/{key}", "")) for key in ("xmin", "ymin", "xmax", "ymax")]
    except ValueError:
        return None
    height, width = pixels.shape[:2]
    x0, y0 = max(corner[0], 0.0), max(corner[1], 0.0)
    x1, y1 = min(corner[2], float(width)), min(corner[3], float(height))
    if not (x1 - x0 >= 2 and y1 - y0 >= 2):
        return None
    return Box(x0, y0, x1 - x0, y1 - y0)


def landmarks_in(pixels: Image, box: Box, find: FaceFinder) -> tuple[tuple[float, float], ...]:
    """Five landmarks of an annotated face, found in an enlarged cut-out; empty where none is found."""
    pad, scale = 0.6 * max(box.w, box.h), 160 / max(box.w, box.h)
    x0, y0 = int(max(box.x - pad, 0)), int(max(box.y - pad, 0))
    part = pixels[y0 : int(box.y + box.h + pad) + 1, x0 : int(box.x + box.w + pad) + 1]
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    else:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    best: tuple[float, Face | None] = (0.4, None)
    for face in find(part):
        at = Box(face.box.x / scale + x0, face.box.y / scale + y0, face.box.w / scale, face.box.h / scale)
        best = max(best, (at.iou(box), face), key=lambda pair: pair[0])
    if best[1] is None:
        return ()
    return tuple((x / scale + x0, y / scale + y0) for x, y in best[1].landmarks)


def read_class_folder(folder: Path, label: Label, rule: FolderRule) -> Iterator[Entry]:
    """Reads one folder of images that all carry the same label."""
    for file in sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES):
        pixels = open_image(file)
        if pixels is None:
            yield Skip(file, "image missing or broken")
            continue
        face, reason = rule(pixels)
        if face is None:
            yield Skip(file, reason)
            continue
        key = f"{FaceSource.FOLDER}/{folder.parent.name}/{folder.name}/{file.relative_to(folder)}#0"
        yield FaceRecord(key, file, face.box, label, FaceSource.FOLDER, face.landmarks)


def open_image(file: Path) -> Image | None:
    """Decodes a picture to BGR; None where it is missing, broken, cut short or smaller than 8 pixels."""
    try:
        pixels = read_image(file)
    except SourceError:
        return None
    return pixels if min(pixels.shape[:2]) >= 8 else None
