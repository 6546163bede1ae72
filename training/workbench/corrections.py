"""Corrections of single faces: another label, or left out.

They are notes beside the data, in the form of `training.data.notes`, which commands of `maskgate-train` take
with --notes. The data itself is never changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.contract import Label
from edge.system.files import write_atomic
from training.data import notes
from training.data.notes import FACE, NAMES, SAYS, FaceName, Notes, PictureNote
from training.data.readers import FaceRecord
from training.workbench.file_lock import file_lock

LEFT_OUT = "left out by hand"
"""The flag of a face that was excluded without a reason."""


def corrections_of(split: Path) -> Path:
    """The file of the corrections of a split, beside it."""
    return split.with_name(f"{split.stem}-corrections.csv")


def note_of(record: FaceRecord, label: Label | None = None, flag: str = "") -> PictureNote:
    """A note of one face: of the name that its picture has within its data set, and of its number."""
    key, _, number = record.key.rpartition("#")
    return PictureNote(
        record.source, key.removeprefix(f"{record.layout}/{record.source}/"), flag, label, face=number
    )


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections in a file, which need not be there; may be used by several threads and processes."""

    file: Path

    def notes(self) -> Notes:
        """All of them, the oldest first.

        Raises:
            ConfigError: The file cannot be read.
        """
        return notes.load([self.file]) if self.file.exists() else Notes()

    def by_face(self) -> Mapping[FaceName, PictureNote]:
        """What is said of each face, by the name that `note_of` gives it; raises like `notes`."""
        return {note.name: note for note in self.notes().entries}

    def relabel(self, record: FaceRecord, label: Label) -> None:
        """Notes the right label of a face; that which the data gives it takes an earlier correction back.

        Raises:
            ConfigError: The file cannot be read.
            StorageError: It cannot be written; what stood there is untouched.
        """
        self._put(note_of(record, label), keep=label is not record.label)

    def exclude(self, record: FaceRecord, reason: str = "") -> None:
        """Notes that a face is to be left out; raises like `relabel`."""
        self._put(note_of(record, flag=" ".join(reason.split()) or LEFT_OUT), keep=True)

    def undo(self, record: FaceRecord) -> None:
        """Takes back what is said of a face; raises like `relabel`."""
        self._put(note_of(record), keep=False)

    def _put(self, note: PictureNote, keep: bool) -> None:
        # Two who correct at once lose nothing of each other.
        with file_lock(self.file.with_name(f".{self.file.name}.lock")):
            found = [one for one in self.notes().entries if one.name != note.name]
            write_atomic(self.file, _text([*found, note] if keep else found).encode())


def _text(entries: list[PictureNote]) -> str:
    out = io.StringIO()
    columns = (*NAMES, FACE, *SAYS)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(note, column) or "" for column in columns] for note in entries)
    return out.getvalue()
