"""The split as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.support.photographs import photograph, written
from training.data import split
from training.data.manifest import SplitManifest, SplitPart
from training.data.readers import Dataset


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
