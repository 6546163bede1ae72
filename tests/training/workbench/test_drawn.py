"""Drawn faces and data sets of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from edge.contract import Label
from training.data.readers import read
from training.workbench.drawn import draw_face, write_faces, write_frames


def test_a_face_is_drawn_by_its_number() -> None:
    """The same number gives the same face, and labels differ where a mask is."""
    assert np.array_equal(draw_face(seed=3), draw_face(seed=3))
    bare, masked = draw_face(Label.WITHOUT_MASK, 3), draw_face(Label.WITH_MASK, 3)
    assert np.array_equal(bare[:45], masked[:45])
    assert not np.array_equal(bare[55:], masked[55:])


def test_data_sets_can_be_read(tmp_path: Path) -> None:
    """Annotated frames and class folders, as many of each label."""
    write_frames(tmp_path / "frames", 2)
    write_faces(tmp_path / "faces", 2, first=100)
    roots = (tmp_path / "frames", tmp_path / "faces")
    found = read(roots, lambda pixels: (None, "not looked for"), lambda pixels: ())
    assert Counter(one.label for one in found.records) == dict.fromkeys(Label, 2)
    assert Counter(skip.reason for skip in found.skips) == {"not looked for": 6}
