"""What training pictures are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.types import Box
from tests.support.scenes import nobody, picture, record
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout
from training.detector import dataset


def test_without_frames_there_is_nothing_to_train_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what is missing, and faces of other parts do not count."""
    monkeypatch.setattr(dataset, "teacher", lambda _: nobody)
    monkeypatch.setattr(dataset, "device_finder", lambda _: nobody)
    face = SplitFace(record(picture(tmp_path), Box(20, 20, 40, 40), DataLayout.FRAME), 0, SplitPart.TEST)
    with pytest.raises(ConfigError, match="annotated frame"):
        dataset.gather(dataset.DetectorDataset((face,), (), tmp_path), 7, print)
