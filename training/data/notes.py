"""Notes on pictures, made by who looked at them: which to leave out, and which show the same people.

A CSV file with the columns `source` (name of a data set) and `image` (name of a picture in it, with or
without its ending), and one or both of `flag` and `group`. A picture with a flag, such as `doubt`, is left
out. Pictures with the same group are kept together when data is split, in whichever sources they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.errors import ConfigError
from training.data.readers import Dataset, FaceRecord, Skip

NAMES = ("source", "image")
SAYS = ("flag", "group")


@dataclass(frozen=True, slots=True)
class PictureNote:
    """What is noted of one picture; `flag` and `group` are empty where nothing is said."""

    source: str
    image: str
    flag: str
    group: str


@dataclass(frozen=True, slots=True)
class Notes:
    """All notes of some files."""

    entries: tuple[PictureNote, ...] = ()

    def applied(self, data: Dataset) -> Dataset:
        """The data without the pictures that have a flag, each of which becomes a skip."""
        flags = {(note.source, note.image): note.flag for note in self.entries if note.flag}
        kept, skips = [], list(data.skips)
        left_out: set[Path] = set()
        for record in data.records:
            flag = next((flags[name] for name in _names(record) if name in flags), "")
            if not flag:
                kept.append(record)
            elif record.image not in left_out:
                left_out.add(record.image)
                skips.append(Skip(record.image, f"noted: {flag}"))
        return Dataset(tuple(kept), tuple(skips))

    def together(self, records: Sequence[FaceRecord]) -> list[tuple[int, int]]:
        """Pairs of indices of faces whose pictures are noted to belong together."""
        groups = {(note.source, note.image): note.group for note in self.entries if note.group}
        first: dict[str, int] = {}
        return [
            (first.setdefault(groups[name], index), index)
            for index, record in enumerate(records)
            for name in _names(record)
            if name in groups
        ]

    def unknown(self, data: Dataset) -> tuple[PictureNote, ...]:
        """Notes of pictures that the data does not have, of sources that it has."""
        names = {name for record in data.records for name in _names(record)}
        sources = {record.source for record in data.records}
        return tuple(
            note for note in self.entries if note.source in sources and (note.source, note.image) not in names
        )


def load(files: Iterable[Path]) -> Notes:
    """Reads files of notes.

    Raises:
        ConfigError: One cannot be read, lacks a column, or has a row that names no picture.
    """
    return Notes(tuple(note for file in files for note in _read(file)))


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
        raise ConfigError(f"notes {file} cannot be read: {error}") from None


def _note(file: Path, line: int, row: dict[str, str | None]) -> PictureNote:
    said = {name: (row.get(name) or "").strip() for name in (*NAMES, *SAYS)}
    if not (said["source"] and said["image"]):
        raise ConfigError(f"notes {file}, line {line}: source or image is empty; name both")
    return PictureNote(**said)


def _names(record: FaceRecord) -> tuple[tuple[str, str], ...]:
    """What a note may call the picture of a face: source, and path or name, with or without ending."""
    path = PurePosixPath(record.key.rpartition("#")[0]).relative_to(f"{record.layout}/{record.source}")
    spelled = (path.as_posix(), path.with_suffix("").as_posix(), path.name, path.stem)
    return tuple((record.source, name) for name in dict.fromkeys(spelled))
