"""Turning pictures."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.recording import Playback, Recording
from tests.support.fakes import FakeClock
from tests.support.recordings import ListReader


@pytest.mark.parametrize(
    ("degrees", "size", "corner"), [(0, (3, 2), 1), (90, (2, 3), 4), (180, (3, 2), 6), (270, (2, 3), 3)]
)
def test_pictures_are_turned_clockwise(degrees: int, size: tuple[int, int], corner: int) -> None:
    """The picture's rows 1 2 3 and 4 5 6 are turned by the configured angle."""
    reader = ListReader(0.0, 0.1)
    reader._buffer[:] = np.arange(1, 7, dtype=np.uint8).reshape(2, 3, 1)
    frames = Recording(reader, Playback(False, 0.0, degrees), FakeClock())
    seen = [(frame.size, int(frame.pixels[0, 0, 0])) for frame in frames]
    assert seen == [(size, corner), (size, corner)]
