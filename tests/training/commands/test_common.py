"""Steps that several training commands share."""

from __future__ import annotations

import numpy as np
import pytest

from edge.contract import LABELS
from tests.support.predictions import sure
from tests.support.training import patch, record
from training.commands.common import known_faces, slices_table
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart
from training.metrics import figures


def test_faces_that_a_network_does_not_know_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error; where all are known nothing is said."""
    faces = tuple(SplitFace(record(at, label), at, SplitPart.TEST) for at, label in enumerate(LABELS))
    material = FaceDataset(faces, tuple(patch(at) for at in range(3)))
    assert known_faces(material, 3).faces == faces
    assert capsys.readouterr().err == ""
    assert known_faces(material, 2).faces == faces[:2]
    assert "1 faces of mask_worn_incorrectly are left out" in capsys.readouterr().err


def test_every_slice_has_a_line() -> None:
    """Below the heads."""
    found = figures(np.array([0, 1, 2]), sure(0, 1, 1))
    heads, *lines = slices_table({"all": found, "small": found}).splitlines()
    assert "macro-F1" in heads
    assert [line.split()[:3] for line in lines] == [["all", "3", "0.6667"], ["small", "3", "0.6667"]]
