"""Faces are measured once, and what cannot be read is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.predictions import drawn_split
from training.data.manifest import SplitManifest
from training.workbench.measures import load, measure, measures_file


def test_measures_are_kept(tmp_path: Path) -> None:
    """A picture that is gone has none; a later look finds all of it in the file."""
    manifest = SplitManifest.load(drawn_split(tmp_path / "drawn", 2))
    records = [face.record for face in manifest.assigned()]
    records[0].image.unlink()
    file, done = measures_file(manifest, tmp_path), []
    assert load(file) is None
    found = measure(records, file, done.append)
    assert sum(done) == len(records) == 6
    assert found.readable.tolist() == [False] * 3 + [True] * 3
    assert np.isfinite(found.traits.brightness).tolist() == found.readable.tolist()
    again = load(file)
    assert again is not None
    np.testing.assert_array_equal(again.traits.sharpness, found.traits.sharpness)


def test_other_data_has_another_file(tmp_path: Path) -> None:
    """And a file that is damaged is none."""
    one, two = (SplitManifest.load(drawn_split(tmp_path / name, 1, (name,))) for name in ("one", "two"))
    assert measures_file(one, tmp_path) != measures_file(two, tmp_path)
    measures_file(one, tmp_path).write_bytes(b"damaged")
    assert load(measures_file(one, tmp_path)) is None
