"""Faces are measured once, and what cannot be read is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.predictions import drawn_split
from training.data.manifest import SplitManifest
from training.workbench.measures import load, measure, measures_file, others_in


def test_measures_are_kept(tmp_path: Path) -> None:
    """A picture that is gone has none; a later look finds all of it in the file."""
    manifest = SplitManifest.load(drawn_split(tmp_path / "drawn", 2))
    records = [face.record for face in manifest.assigned()]
    records[0].image.unlink()
    others = tmp_path / "broken.png"
    others.write_bytes(b"text")
    file, done = measures_file(manifest, tmp_path), []
    assert load(file) is None
    found = measure(records, [others], file, done.append)
    assert sum(done) == len(records) == 6
    assert found.readable.tolist() == [False] * 3 + [True] * 3
    assert np.isfinite(found.traits.brightness).tolist() == found.readable.tolist()
    again = load(file)
    assert again is not None
    assert again.broken == found.broken == (str(others),)
    np.testing.assert_array_equal(again.traits.sharpness, found.traits.sharpness)


def test_pictures_beside_the_split(tmp_path: Path) -> None:
    """Are those of the data folders that no face is in."""
    split = drawn_split(tmp_path / "drawn", 1)
    records = [face.record for face in SplitManifest.load(split).assigned()]
    for name in ("left_out.png", "notes.txt"):
        (tmp_path / "drawn" / name).write_bytes(b"text")
    assert others_in([tmp_path / "drawn"], records) == (tmp_path / "drawn" / "left_out.png",)


def test_other_data_has_another_file(tmp_path: Path) -> None:
    """And a file that is damaged is none."""
    one, two = (SplitManifest.load(drawn_split(tmp_path / name, 1, (name,))) for name in ("one", "two"))
    assert measures_file(one, tmp_path) != measures_file(two, tmp_path)
    measures_file(one, tmp_path).write_bytes(b"damaged")
    assert load(measures_file(one, tmp_path)) is None
