"""Reads data sets into face records: annotated frames (Pascal VOC) and folders named after a class.

A record names an image, a face box in it and a label. Nothing is decoded twice: pixels are cut by
`training.data.crops`. What cannot be used is skipped, counted and named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, count
from pathlib import Path

import cv2

from edge.contract import Label
from edge.errors import ConfigError, SourceError
from edge.system.image_files import IMAGE_SUFFIXES, is_picture, read_image
from edge.system.native_path import is_utf8, printable
from edge.types import Box, Face, Image
from training.data import annotation_forms, voc
from training.data.annotation_forms import form_of

FRAMES, ANNOTATIONS = "images", "annotations"
_FRAMES_OF_OTHERS = "jpegimages"
"""What Pascal VOC itself calls the folder of pictures."""
MOST_LETTERS = 40
"""Of an unknown label so much is told."""

SAME = 0.5
"""Overlap from which boxes in two annotations of one frame mean the same face."""

_SPELLINGS = {
    Label.WITH_MASK: "with_mask withmask mask masked correct_mask mask_correct worn_correctly",
    Label.WITHOUT_MASK: "without_mask withoutmask no_mask nomask unmasked bare face_no_mask",
    Label.MASK_WORN_INCORRECTLY: (
        "mask_worn_incorrectly mask_weared_incorrect mask_worn_incorrect incorrect_mask incorrectmask "
        "mask_incorrect incorrect wrong_mask improperly_worn partial_mask"
    ),
}
LABEL_OF_NAME = {name: label for label, names in _SPELLINGS.items() for name in names.split()}


class DataLayout(StrEnum):
    """How a data set says where its faces are: annotated frames, or class folders."""

    FRAME = "frame"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One labelled face.

    Attributes:
        key: Stable name within the data: `<layout>/<source>/<path in it>#<number in the image>`.
        image: The picture.
        box: The face, in pixels of the picture.
        label: What the data set says of it.
        layout: Annotated frame or class folder.
        landmarks: Five points as in `edge.types.Face`, empty where none were found.
    """

    key: str
    image: Path
    box: Box
    label: Label
    layout: DataLayout
    landmarks: tuple[tuple[float, float], ...] = ()

    @property
    def source(self) -> str:
        """Name of the data set that it belongs to."""
        return source_of(self.key)


def source_of(key: str) -> str:
    """Name of the data set of a face; empty where its key names none."""
    parts = key.partition("#")[0].split("/")
    return parts[1] if len(parts) > 2 else ""


def source_name(text: str) -> str:
    """The name of a source as somebody typed it.

    Raises:
        ConfigError: It cannot be one: it becomes a part of keys, and of the names of folders.
    """
    name = " ".join(text.split())
    if not re.fullmatch(r"[^\W_][\w .-]{0,39}", name):
        raise ConfigError(
            f"{printable(text[:MOST_LETTERS])} is no name of a source; take letters, digits, blanks, - and "
            "_, 40 at most, a letter or digit first"
        )
    return name


def layout_of(key: str) -> str:
    """Value of the `DataLayout` of a face."""
    return key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Skip:
    """Something in the data that was not used, and why (a short phrase that can be counted)."""

    path: Path
    reason: str


Entry = FaceRecord | Skip
FaceFinder = Callable[[Image], tuple[Face, ...]]
FolderRule = Callable[[Image], tuple[Face | None, str]]
"""Gives the face of a class-folder image, or None and the reason why it has no usable one."""


def digest(image: Path) -> str:
    """SHA-256 of a picture's file.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        return hashlib.sha256(image.read_bytes()).hexdigest()
    except OSError as error:
        raise _gone(image, str(error.strerror)) from None


def listed_image(image: Path) -> Image:
    """Decodes a picture that was readable when the data was listed.

    Raises:
        SourceError: It is not any more; faces must not be missing from a figure without a word.
    """
    pixels = open_image(image)
    if pixels is None:
        raise _gone(image, "it is missing or broken")
    return pixels


def _gone(image: Path, reason: str) -> SourceError:
    return SourceError(
        f"{image} is in the data and cannot be read: {reason}; put it back, or make the split anew with "
        "maskgate-train data"
    )


def by_reason(skips: Iterable[Skip]) -> dict[str, list[Path]]:
    """What was not used, by the reason, in the order of the reasons' names."""
    found: dict[str, list[Path]] = {}
    for skip in sorted(skips, key=lambda skip: skip.reason):
        found.setdefault(skip.reason, []).append(skip.path)
    return found


@dataclass(frozen=True, slots=True)
class Dataset:
    """All usable faces of the roots that were read, and what was left out."""

    records: tuple[FaceRecord, ...]
    skips: tuple[Skip, ...]

    def fingerprint(self) -> str:
        """SHA-256 over every record's name, label and box and over the bytes of its image."""
        digests: dict[Path, str] = {}
        total = hashlib.sha256()
        # The order in which roots were named does not make another data set.
        for record in sorted(self.records, key=lambda record: record.key):
            if record.image not in digests:
                digests[record.image] = digest(record.image)
            box = record.box
            line = f"{record.key}|{record.label}|{box.x:.2f},{box.y:.2f},{box.w:.2f},{box.h:.2f}"
            total.update(f"{line}|{digests[record.image]}\n".encode())
        return total.hexdigest()


def read(roots: Iterable[Path], folder_rule: FolderRule, find: FaceFinder, source: str = "") -> Dataset:
    """Reads every data set below the given folders.

    A root may be a VOC folder (`images/` and `annotations/`, or both kinds of files in one folder), a
    folder of class folders, or may hold such folders. One that is named twice is read once.

    Args:
        roots: Folders to read.
        folder_rule: Finds the face in an image of a class folder.
        find: Gives the landmarks of annotated faces, by which masks are drawn and noses freed.
        source: Of all data sets; else each is a source of its own.

    Raises:
        ConfigError: A root does not exist or holds no data set.
    """
    roots = tuple(roots)
    folders = {folder.resolve(): folder for root in roots for folder in _data_sets(root)}
    records: list[FaceRecord] = []
    skips: list[Skip] = []
    for root in roots:
        skips += _other_forms(root, folders)
    for folder, name in _named(folders.values()):
        # Beside its source a data set keeps its name: pictures of two days may be called alike.
        for entry in _read_data_set(folder, f"{source}/{name}" if source else name, folder_rule, find):
            if isinstance(entry, Skip):
                skips.append(entry)
            elif not is_utf8(entry.image):
                # A manifest is JSON, which holds no other name.
                skips.append(Skip(entry.image, "name is not UTF-8"))
            else:
                records.append(entry)
    return Dataset(tuple(records), tuple(skips))


def _data_sets(root: Path) -> list[Path]:
    """The root and the folders in it, as far as they are data sets.

    Raises:
        ConfigError: None is, or there is no such root.
    """
    if not root.is_dir():
        raise ConfigError(f"data folder {root} does not exist")
    found = [folder for folder in (root, *_others(root)) if _frames_of(folder) or _class_folders(folder)]
    if not found:
        raise ConfigError(
            f"{root} holds neither {FRAMES}/ with {ANNOTATIONS}/ nor folders named after a class, "
            f"such as {Label.WITH_MASK}/{_advice(root)}"
        )
    return found


def _advice(root: Path) -> str:
    """What to do where a folder holds annotations of another form; nothing where it does not."""
    other = annotation_forms.other_form(root)
    if other is None:
        return ""
    return f"; {other[0].name} is {other[1]}: have your tool export the annotations as Pascal VOC"


def _others(folder: Path) -> list[Path]:
    """The folders in a folder that are no part of it as a data set, and may be data sets of their own."""
    parts = {*(_frames_apart(folder) or ()), *(path for _, path in _class_folders(folder))}
    return sorted(path for path in folder.iterdir() if path.is_dir() and path not in parts)


def _other_forms(root: Path, data_sets: Container[Path]) -> Iterator[Skip]:
    """Folders beside the data sets of a root that are left out for the form of their annotations."""
    left_out = (folder for folder in _others(root) if folder.resolve() not in data_sets)
    for other in filter(None, map(annotation_forms.other_form, left_out)):
        yield _unread(other[0])


def _named(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Data sets with their names in keys: that of the folder, and a number where an earlier one has it."""
    taken: set[str] = set()
    for folder in folders:
        numbered = (f"{folder.name}-{number}" for number in count(2))
        name = next(name for name in chain([folder.name], numbered) if name not in taken)
        taken.add(name)
        yield folder, name


def _read_data_set(folder: Path, name: str, folder_rule: FolderRule, find: FaceFinder) -> Iterator[Entry]:
    if _frames_of(folder):
        yield from read_frames(folder, find, name)
    for label, classes in _class_folders(folder):
        for entry in read_class_folder(classes, label, folder_rule, name):
            yield _innermost(entry, classes) if isinstance(entry, FaceRecord) else entry


def _frames_of(folder: Path) -> tuple[Path, Path] | None:
    """The folders of pictures and of annotations of a data set; one for both where they lie together."""
    apart = _frames_apart(folder)
    if apart is not None or label_of(folder.name) is not None:
        return apart
    suffixes = {path.suffix.lower() for path in folder.iterdir()}
    return (folder, folder) if ".xml" in suffixes and suffixes & IMAGE_SUFFIXES else None


def _frames_apart(folder: Path) -> tuple[Path, Path] | None:
    named = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    pictures, annotations = named.get(FRAMES) or named.get(_FRAMES_OF_OTHERS), named.get(ANNOTATIONS)
    return (pictures, annotations) if pictures and annotations else None


def _class_folders(folder: Path) -> list[tuple[Label, Path]]:
    """Folders named after a class; one with annotations is a data set, whatever its name."""
    named = [(label_of(path.name), path) for path in sorted(folder.iterdir()) if path.is_dir()]
    return [(label, path) for label, path in named if label is not None and not _frames_apart(path)]


def _innermost(record: FaceRecord, classes: Path) -> FaceRecord:
    """The record with the label of the folder that is nearest to its picture."""
    folders = record.image.relative_to(classes).parts[:-1]
    labels = [label for label in map(label_of, folders) if label is not None]
    return replace(record, label=labels[-1]) if labels else record


def label_of(name: str) -> Label | None:
    """The label that a folder or annotation means, in any of the usual spellings."""
    return LABEL_OF_NAME.get(name.strip().lower().replace("-", "_").replace(" ", "_"))


def read_frames(folder: Path, find: FaceFinder, name: str = "") -> Iterator[Entry]:
    """Reads one VOC folder; every `<object>` of a known name becomes a record.

    Args:
        folder: Holds `images/` and `annotations/`, each perhaps with folders in it, or files of both kinds.
        find: Gives the landmarks of annotated faces.
        name: What the data set is called in the keys of its faces; as its folder where not given.
    """
    images, below = _frames_of(folder) or (folder, folder)
    # What lies in folders beside pictures is a data set of its own.
    there = sorted(below.iterdir() if images == below else below.rglob("*"))
    files = [file for file in there if file.suffix.lower() == ".xml"]
    pictures = voc.Pictures(images, [file.relative_to(below) for file in files])
    yield from (_unread(file) for file in there if form_of(file) and file not in files)
    frames: dict[Path, _AnnotatedFrame] = {}
    for file in files:
        annotation = voc.read(file)
        if annotation is None:
            yield _unread(file)
            continue
        image = pictures.of(file.relative_to(below), annotation.picture)
        pixels = open_image(image)
        if pixels is None:
            yield Skip(image, "image missing or broken")
            continue
        stem = f"{DataLayout.FRAME}/{name or folder.name}/{image.relative_to(images).as_posix()}"
        frame = frames.setdefault(image, _AnnotatedFrame(stem, image))
        yield from frame.faces(file, annotation, pixels, find)


def _unread(file: Path) -> Skip:
    form = form_of(file)
    return Skip(file, f"annotation is {form}, not Pascal VOC" if form else "annotation is not XML")


@dataclass(slots=True)
class _AnnotatedFrame:
    """A frame of which several files may tell; objects are numbered through all of them."""

    stem: str
    image: Path
    objects: int = 0
    boxes: list[Box] = field(default_factory=list)

    def faces(
        self, file: Path, annotation: voc.Annotation, pixels: Image, find: FaceFinder
    ) -> Iterator[Entry]:
        """The faces that one file adds."""
        # Boxes of other files only: within one file the faces of a crowd may overlap.
        before = tuple(self.boxes)
        for number, thing in enumerate(annotation.objects, self.objects):
            label, box = label_of(thing.name), _clipped(thing.corners, pixels)
            if label is None:
                yield Skip(file, f"unknown label {printable(thing.name[:MOST_LETTERS])}".rstrip())
            elif box is None:
                yield Skip(file, "box outside the image or without size")
            elif any(box.iou(other) > SAME for other in before):
                yield Skip(file, "face annotated in another file already")
            else:
                self.boxes.append(box)
                marks = landmarks_in(pixels, box, find)
                yield FaceRecord(f"{self.stem}#{number}", self.image, box, label, DataLayout.FRAME, marks)
        self.objects += len(annotation.objects)


def _clipped(corners: voc.Corners | None, pixels: Image) -> Box | None:
    """The part of a box that lies within the image; None where nothing of it does."""
    if corners is None:
        return None
    height, width = pixels.shape[:2]
    x0, y0 = max(corners[0], 0.0), max(corners[1], 0.0)
    x1, y1 = min(corners[2], float(width)), min(corners[3], float(height))
    if not (x1 - x0 >= 2 and y1 - y0 >= 2):
        return None
    return Box(x0, y0, x1 - x0, y1 - y0)


def landmarks_in(pixels: Image, box: Box, find: FaceFinder) -> tuple[tuple[float, float], ...]:
    """Five landmarks of an annotated face, found in an enlarged cut-out; empty where none is found."""
    # At 160 px and with surroundings, since the detector misses small faces and tight crops.
    pad, scale = 0.6 * max(box.w, box.h), 160 / max(box.w, box.h)
    x0, y0 = int(max(box.x - pad, 0)), int(max(box.y - pad, 0))
    part = pixels[y0 : int(box.y + box.h + pad) + 1, x0 : int(box.x + box.w + pad) + 1]
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    else:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    # A neighbour in the cut-out must not lend its landmarks.
    best: tuple[float, Face | None] = (0.4, None)
    for face in find(part):
        at = Box(face.box.x / scale + x0, face.box.y / scale + y0, face.box.w / scale, face.box.h / scale)
        best = max(best, (at.iou(box), face), key=lambda pair: pair[0])
    if best[1] is None:
        return ()
    return tuple((x / scale + x0, y / scale + y0) for x, y in best[1].landmarks)


def read_class_folder(folder: Path, label: Label, rule: FolderRule, name: str = "") -> Iterator[Entry]:
    """Reads one folder of images that all carry the same label.

    Args:
        folder: The folder; those in it belong to it.
        label: Of all images.
        rule: Finds the face.
        name: What the data set is called in the keys of its faces; as the parent folder where not given.
    """
    stem = f"{DataLayout.FOLDER}/{name or folder.resolve().parent.name}/{folder.name}"
    for file in sorted(path for path in folder.rglob("*") if is_picture(path)):
        pixels = open_image(file)
        if pixels is None:
            yield Skip(file, "image missing or broken")
            continue
        face, reason = rule(pixels)
        if face is None:
            yield Skip(file, reason)
            continue
        yield FaceRecord(
            f"{stem}/{file.relative_to(folder)}#0", file, face.box, label, DataLayout.FOLDER, face.landmarks
        )


def open_image(file: Path) -> Image | None:
    """Decodes a picture to BGR; None where it is missing, broken, cut short or smaller than 8 pixels."""
    try:
        pixels = read_image(file)
    except SourceError:
        return None
    return pixels if min(pixels.shape[:2]) >= 8 else None
