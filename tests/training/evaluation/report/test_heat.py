"""Heat maps of whatever gives answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.evaluation.report.heat import occlusion_map, overlay
from training.metrics import Shares


def red_above(crops: NDArray[np.uint8]) -> Shares:
    """Answers by the red in the upper left quarter."""
    red = crops[:, :48, :48, 0].mean(axis=(1, 2)) / 255
    return np.stack([red, 1 - red], axis=1)


def test_hiding_what_decides_costs_most() -> None:
    """The map is 1 where the answer comes from and 0 where hiding changes nothing."""
    crop = np.full((96, 96, 3), (255, 0, 0), np.uint8)
    heat = occlusion_map(red_above, crop, 0)
    assert heat.shape == (96, 96)
    assert heat[20:28, 20:28].min() > 0.9
    assert heat[72:, 72:].max() == 0
    assert overlay(crop, heat).shape == (96, 96, 3)


def test_an_answer_that_nothing_changes_has_no_heat() -> None:
    """Rather than a map of what is not there."""
    crop = np.zeros((96, 96, 3), np.uint8)
    assert not occlusion_map(lambda crops: np.ones((len(crops), 3)) / 3, crop, 1).any()
