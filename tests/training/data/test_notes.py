"""Notes on pictures: which to leave out, which belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.support.training import record
from training.data import notes
from training.data.readers import Dataset

RECORDS = tuple(
    replace(record(), key=f"frame/{source}/{image}.jpg#0", image=Path(source) / f"{image}.jpg")
    for source, image in (("streets", "a"), ("streets", "deep/b"), ("stock", "a"), ("stock", "c"))
)


def written(folder: Path, text: str) -> Path:
    file = folder / "notes.csv"
    file.write_text(text)
    return file


def test_a_flagged_picture_is_left_out(tmp_path: Path) -> None:
    """With all its faces and in its own source only; what is left out is counted."""
    said = notes.load([written(tmp_path, "source,image,flag\nstreets,a,doubt\nstock,c.jpg,cartoon\n")])
    second = replace(RECORDS[0], key="frame/streets/a.jpg#1")
    found = said.applied(Dataset((*RECORDS, second), ()))
    assert [one.key for one in found.records] == ["frame/streets/deep/b.jpg#0", "frame/stock/a.jpg#0"]
    assert sorted(skip.reason for skip in found.skips) == ["noted: cartoon", "noted: doubt"]


def test_pictures_of_one_person_belong_together(tmp_path: Path) -> None:
    """A group reaches over sources; a folder of the picture may be named or not."""
    said = notes.load([written(tmp_path, "source,image,group\nstreets,b,anna\nstock,c,anna\nstock,a,bob\n")])
    pairs = said.together(RECORDS)
    assert (1, 3) in pairs
    assert all(pair[0] == pair[1] for pair in pairs if pair != (1, 3))


def test_a_note_of_no_picture_is_told(tmp_path: Path) -> None:
    """Unless its source is not read at all."""
    said = notes.load([written(tmp_path, "source,image,flag\nstreets,z,doubt\nelsewhere,z,doubt\n")])
    assert [note.source for note in said.unknown(Dataset(RECORDS, ()))] == ["streets"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image,flag\na,doubt\n", "need the columns source, image"),
        ("source,image\nstreets,a\n", "one of flag, group"),
        ("source,image,flag\nstreets,,doubt\n", "line 2: source or image is empty"),
        ("", "need the columns"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, problem: str) -> None:
    """A missing column and an empty name are told with the file."""
    with pytest.raises(ConfigError, match=rf"notes\.csv.*{problem}"):
        notes.load([written(tmp_path, text)])


def test_a_missing_file(tmp_path: Path) -> None:
    """The file that is not there is named."""
    with pytest.raises(ConfigError, match=r"absent\.csv cannot be read"):
        notes.load([tmp_path / "absent.csv"])
