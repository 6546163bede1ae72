"""Notes on pictures, made by who looked at them: what to leave out, what is labelled wrongly, who is who.

A CSV file with the columns `source` (name of a data set) and `image` (name of a picture in it, with or
without its ending), and one or more of `flag`, `label` and `group`. A picture with a flag, such as `doubt`,
is left out. A label takes the place of the one that the data has. A number in the column `face` restricts
both to one face of the picture, counted from 0 as in the keys of faces. Pictures with the same group are
kept together when data is split, in whichever sources they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from edge.contract import Label
from edge.errors import ConfigError
from training.data.manifest import SplitFace, SplitManifest
from training.data.readers import LABEL_OF_NAME, Dataset, FaceRecord, Skip, label_of, layout_of, source_of

NAMES = ("source", "image")
SAYS = ("flag", "label", "group")
FACE = "face"
Said = TypeVar("Said")

FaceName = tuple[str, str, str]
"""Source, name of a picture, and number of a face in it; no number for all of them."""


@dataclass(frozen=True, slots=True)
class PictureNote:
    """What is noted of one picture, or of one face in it.

    Attributes:
        source: Name of the data set.
        image: Name of the picture.
        flag: Why it is left out; empty where it is not.
        label: What it shows; None where the data says it rightly.
        group: Of pictures that belong together; empty where nothing is said.
        face: Number of the face; empty for all of the picture.
    """

    source: str
    image: str
    flag: str = ""
    label: Label | None = None
    group: str = ""
    face: str = ""

    @property
    def name(self) -> FaceName:
        """What it is a note of."""
        return self.source, self.image, self.face


@dataclass(frozen=True, slots=True)
class Notes:
    """All notes of some files; of two on one thing the later one counts."""

    entries: tuple[PictureNote, ...] = ()

    def applied(self, data: Dataset) -> Dataset:
        """The data with the labels that are noted, and without what has a flag, which becomes a skip."""
        flags, labels = self._flags(), self._labels()
        kept, skips = [], list(data.skips)
        for record in data.records:
            flag, label = _of(record.key, flags), _of(record.key, labels)
            if flag:
                skips.append(Skip(record.image, f"noted: {flag}"))
            else:
                kept.append(replace(record, label=label) if label else record)
        # A picture with several faces is one skip.
        return Dataset(tuple(kept), tuple(dict.fromkeys(skips)))

    def relabelled(self, keys: Iterable[str]) -> Iterator[Label | None]:
        """The label that is noted of each face, by its key; None where nothing is."""
        labels = self._labels()
        return (_of(key, labels) for key in keys)

    def left_out(self, keys: Iterable[str]) -> Iterator[bool]:
        """Whether each face has a flag, by its key."""
        flags = self._flags()
        return (_of(key, flags) is not None for key in keys)

    def _flags(self) -> dict[FaceName, str]:
        return {note.name: note.flag for note in self.entries if note.flag}

    def _labels(self) -> dict[FaceName, Label]:
        return {note.name: note.label for note in self.entries if note.label}

    def together(self, records: Sequence[FaceRecord]) -> list[tuple[int, int]]:
        """Pairs of indices of faces whose pictures are noted to belong together."""
        groups = {(note.source, note.image): note.group for note in self.entries if note.group}
        first: dict[str, int] = {}
        return [
            (first.setdefault(groups[name], index), index)
            for index, record in enumerate(records)
            for name in _names(record.key)
            if name in groups
        ]

    def unknown(self, data: Dataset) -> tuple[PictureNote, ...]:
        """Notes of pictures and faces that the data does not have, of sources that it has."""
        names = {name for record in data.records for name in _face_names(record.key)}
        sources = {record.source for record in data.records}
        return tuple(note for note in self.entries if note.source in sources and note.name not in names)


NO_NOTES = Notes()


def load(files: Iterable[Path]) -> Notes:
    """Reads files of notes.

    Raises:
        ConfigError: One cannot be read, lacks a column, or has a row that names no picture.
    """
    return Notes(tuple(note for file in files for note in _read(file)))


def corrected(manifest: SplitManifest, said: Notes) -> SplitManifest:
    """A split with noted labels and without what has a flag; groups and parts stay as they are.

    Raises:
        SourceError: A picture cannot be read any more.
    """
    before = manifest.assigned()
    found = said.applied(Dataset(tuple(face.record for face in before), ()))
    records = {record.key: record for record in found.records}
    after = tuple(
        SplitFace(records[face.record.key], face.group, face.part)
        for face in before
        if face.record.key in records
    )
    # To take the fingerprint reads every picture.
    return manifest if after == before else manifest.with_faces(after, found.fingerprint())


def _read(file: Path) -> list[PictureNote]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            columns = set(rows.fieldnames or ())
            if not columns.issuperset(NAMES) or not columns.intersection(SAYS):
                raise ConfigError(
                    f"notes {file} need the columns {', '.join(NAMES)} and one of {', '.join(SAYS)}; "
                    "write them in the first line"
                )
            return [_note(file, rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no CSV file in UTF-8"
        raise ConfigError(
            f"notes {file} cannot be read: {reason}; name a CSV file with the columns {', '.join(NAMES)}"
        ) from None


def _note(file: Path, line: int, row: dict[str, str | None]) -> PictureNote:
    said = {name: (row.get(name) or "").strip() for name in (*NAMES, *SAYS, FACE)}
    if not (said["source"] and said["image"]):
        raise ConfigError(f"notes {file}, line {line}: source or image is empty; name both")
    if said[FACE] and not said[FACE].isdecimal():
        raise ConfigError(f"notes {file}, line {line}: face {said[FACE]} is no number; faces count from 0")
    label = label_of(said["label"])
    if said["label"] and label is None:
        raise ConfigError(
            f"notes {file}, line {line}: label {said['label']} is none of {', '.join(LABEL_OF_NAME)}"
        )
    return PictureNote(said["source"], said["image"], said["flag"], label, said["group"], said[FACE])


def _names(key: str) -> tuple[tuple[str, str], ...]:
    """What a note may call the picture of a face: source, and path or name, with or without ending."""
    source = source_of(key)
    path = PurePosixPath(key.rpartition("#")[0]).relative_to(f"{layout_of(key)}/{source}")
    spelled = (path.as_posix(), path.with_suffix("").as_posix(), path.name, path.stem)
    return tuple((source, name) for name in dict.fromkeys(spelled))


def _face_names(key: str) -> tuple[FaceName, ...]:
    """What a note may call a face: by its number in each name of its picture, or by the picture alone."""
    number = key.rpartition("#")[2]
    return tuple((*name, face) for face in (number, "") for name in _names(key))


def _of(key: str, said: Mapping[FaceName, Said]) -> Said | None:
    """What is said of a face, or else of its picture."""
    # To spell a face in all its ways takes longer than all else here, and mostly there are no notes.
    return next((said[name] for name in _face_names(key) if name in said), None) if said else None
