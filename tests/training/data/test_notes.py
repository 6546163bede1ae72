"""Notes on pictures: which to leave out, which belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract import Label
from edge.errors import ConfigError
from tests.support.predictions import drawn_split
from tests.support.training import record
from training.data import notes
from training.data.manifest import SplitManifest
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
        ("source,image\nstreets,a\n", "one of flag, label, group"),
        ("source,image,label\nstreets,a,hat\n", "line 2: label hat is none of"),
        ("source,image,face,flag\nstreets,a,left,doubt\n", "line 2: face left is no number"),
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


def test_what_holds_no_notes(tmp_path: Path) -> None:
    """A folder and a picture are told in words, with what would do."""
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    for file, reason in ((tmp_path, "Is a directory"), (picture, "it is no CSV file in UTF-8")):
        with pytest.raises(ConfigError, match=rf"cannot be read: {reason}; name a CSV file"):
            notes.load([file])


def test_one_face_of_a_picture(tmp_path: Path) -> None:
    """A number restricts a note to one face; the others of the picture stay as they are."""
    said = notes.load(
        [written(tmp_path, "source,image,face,flag,label\nstreets,a,1,doubt,\nstock,a,0,,bare\n")]
    )
    second = replace(RECORDS[0], key="frame/streets/a.jpg#1")
    found = said.applied(Dataset((*RECORDS, second), ()))
    assert {one.key: one.label for one in found.records} == {
        "frame/streets/a.jpg#0": Label.WITH_MASK,
        "frame/streets/deep/b.jpg#0": Label.WITH_MASK,
        "frame/stock/a.jpg#0": Label.WITHOUT_MASK,
        "frame/stock/c.jpg#0": Label.WITH_MASK,
    }
    assert said.unknown(Dataset(RECORDS, ())) == said.entries[:1]


def test_a_split_is_corrected(tmp_path: Path) -> None:
    """Labels change and faces go; groups, parts and all other faces stay, and the fingerprint is another."""
    split = SplitManifest.load(drawn_split(tmp_path / "drawn", 2))
    first, second, *others = split.assigned()
    name = first.record.image.name
    text = f"source,image,face,flag,label\nframes,{name},0,blurred,\nframes,{name},1,,with_mask\n"
    said = notes.load([written(tmp_path, text)])
    after = notes.corrected(split, said)
    assert after.assigned() == (
        replace(second, record=replace(second.record, label=Label.WITH_MASK)),
        *others,
    )
    assert after.fingerprint != split.fingerprint
    assert notes.corrected(split, notes.Notes()) is split
