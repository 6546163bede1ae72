"""The sheet of the worst crops."""

from __future__ import annotations

import cv2
import pytest

from tests.support.convert import Done, Trained

pytestmark = pytest.mark.slow


def test_the_worst_crops_can_be_looked_at(trained: Trained, compared: dict[str, Done]) -> None:
    """Four rows of six on one sheet."""
    sheet = cv2.imread(str(trained.where / "worst.png"))
    assert sheet is not None
    assert sheet.shape[1] == 6 * 160
