"""The split as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.support.photographs import photograph, written
from tests.support.training import record
from training.data import split
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import DataLayout, Dataset
from training.data.sources import DataSource


def test_the_manifest_gives_the_split_back(tmp_path: Path) -> None:
    """A written manifest describes exactly the split it was made of, and no group crosses it."""
    records = written(tmp_path, **{f"n{n}": photograph(n) for n in range(12)})
    assigned = split.split(Dataset(tuple(records), ()), seed=3)
    file = tmp_path / "split.json"
    file.write_text(SplitManifest.of(assigned, 3, "f" * 64).model_dump_json())
    assert SplitManifest.load(file).assigned() == assigned
    assert {face.part for face in assigned} == set(SplitPart)


def test_a_damaged_manifest(tmp_path: Path) -> None:
    """A manifest that is missing or damaged is an error that names it."""
    with pytest.raises(ConfigError, match=r"absent\.json"):
        SplitManifest.load(tmp_path / "absent.json")
    (tmp_path / "half.json").write_text('{"seed": 1')
    with pytest.raises(ConfigError, match=r"half\.json"):
        SplitManifest.load(tmp_path / "half.json")


def test_the_manifest_names_every_source(tmp_path: Path) -> None:
    """With its licence, or "none stated"; dealing the faces anew keeps what is known."""
    faces = [
        SplitFace(replace(record(number), key=f"frame/{source}/{number}.png#0"), number, SplitPart.TRAIN)
        for number, source in enumerate(("b", "a", "a"))
    ]
    made = SplitManifest.of(faces, 1, "f", [DataSource(name="a", licence="MIT")])
    (tmp_path / "split.json").write_text(made.dealt(faces, 2).model_dump_json())
    sources = SplitManifest.load(tmp_path / "split.json").sources
    assert [(one.name, one.licence) for one in sources] == [("a", "MIT"), ("b", "none stated")]


def test_a_split_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It names no sources, and calls the layout of a face its source."""
    row = (
        '{"key": "frame/old/a.png#0", "image": "/a.png", "box": [0, 0, 9, 9], "label": "with_mask", '
        '"source": "frame", "landmarks": [], "group": 0, "part": "train"}'
    )
    (tmp_path / "split.json").write_text(f'{{"seed": 1, "fingerprint": "f", "faces": [{row}]}}')
    (face,) = SplitManifest.load(tmp_path / "split.json").assigned()
    assert (face.record.layout, face.record.source) == (DataLayout.FRAME, "old")


def licensed_split() -> SplitManifest:
    """A source of each part under a licence, and one without."""
    faces = [
        SplitFace(replace(record(number), key=f"frame/{source}/{number}.png#0"), number, part)
        for number, (source, part) in enumerate((source, part) for source in "ab" for part in SplitPart)
    ]
    return SplitManifest.of(faces, 1, "f", [DataSource(name="a", licence="MIT")])


def test_a_recipe_may_ask_for_licences() -> None:
    """Other sources are neither trained on nor validated with, but tested all the same."""
    clean = licensed_split().licensed(["MIT", "CC0-1.0"])
    parts = {(face.record.source, face.part) for face in clean.assigned()}
    assert parts == {("b", SplitPart.TEST)} | {("a", part) for part in SplitPart}
    assert [source.name for source in clean.learnt_from()] == ["a"]
    assert licensed_split().licensed([]) == licensed_split()


def test_no_source_has_such_a_licence() -> None:
    """The sentence says where licences are named."""
    with pytest.raises(ConfigError, match=r"CC0-1\.0.*--sources"):
        licensed_split().licensed(["CC0-1.0"])
