"""What can be measured of a face crop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from edge.contract import Cropper, Label
from edge.types import Box
from tests.support.training import patch
from training.data.crops import patch_of
from training.data.readers import DataLayout, FaceRecord
from training.evaluation.traits import skin_tone, traits


def test_skin_tone_orders_skins() -> None:
    """Lighter skin has the higher angle; a crop without skin has none."""
    tones = [skin_tone(np.full((96, 96, 3), skin, np.uint8)) for skin in ((236, 200, 180), (110, 75, 58))]
    assert tones[0] > 41
    assert tones[1] < 10
    assert np.isnan(skin_tone(np.full((96, 96, 3), (40, 90, 200), np.uint8)))


def test_traits_tell_blur_and_light() -> None:
    """A blurred crop is less sharp, a darkened one less bright."""
    clear = patch(side=200)
    blurred = replace(clear, pixels=np.full_like(clear.pixels, clear.pixels.mean()))
    dark = replace(clear, pixels=clear.pixels // 2)
    found = traits((clear, blurred, dark))
    assert found.sharpness[1] < found.sharpness[0]
    assert found.brightness[2] < 0.6 * found.brightness[0]


def test_sharpness_is_the_devices() -> None:
    """A face is exactly as sharp in an evaluation as on the device, which cuts it out of the frame."""
    frame = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8), (0, 0), 2)
    box = Box(90.5, 40.25, 80.0, 100.0)
    cropper = Cropper(128)
    cropper.crop(frame, box)
    found = traits((patch_of(frame, FaceRecord("k", Path("f"), box, Label.WITH_MASK, DataLayout.FRAME)),))
    assert found.sharpness[0] == cropper.sharpness() > 0
