"""Cut-out faces and their cache."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract import face_crop
from edge.types import Box
from tests.support.training import draw_face, record
from training.data import crops
from training.data.readers import FaceRecord

MARKS = ((110.0, 120.0),) * 5


def face(image: Path, box: Box, landmarks: tuple[tuple[float, float], ...] = MARKS) -> FaceRecord:
    model = record()
    return FaceRecord(f"frame/{image.name}#0", image, box, model.label, model.layout, landmarks)


@pytest.mark.parametrize(
    "box", [Box(60, 70, 90, 110), Box(-10, 5, 50, 60), Box(250, 260, 60, 50), Box(10, 10, 17, 21)]
)
def test_a_patch_gives_the_contracts_crop(box: Box) -> None:
    """The crop of a cached face is, byte for byte, what the device cuts; at the edges as well."""
    image = draw_face(side=300)
    patch = crops.patch_of(image, face(Path("a.png"), box))
    np.testing.assert_array_equal(patch.crop(128), face_crop(image, box, 128))


def test_a_large_face_is_brought_down() -> None:
    """A large face is kept smaller, and its crop still looks as the device's."""
    image = draw_face(side=1200)
    box = Box(300, 300, 600, 600)
    patch = crops.patch_of(image, face(Path("a.png"), box))
    assert patch.square[2] == crops.NATIVE
    assert np.abs(patch.crop(96).astype(int) - face_crop(image, box, 96)).mean() < 4


def test_landmarks_follow_the_patch() -> None:
    """Landmarks are moved and scaled with the pixels."""
    patch = crops.patch_of(draw_face(side=300), face(Path("a.png"), Box(100, 100, 80, 80)))
    left, top, side = patch.square
    assert patch.landmarks[0].tolist() == [110 - 88 + left, 120 - 88 + top]
    assert side == 104


def test_the_cache_gives_the_same_patches(tmp_path: Path) -> None:
    """The second call reads the cache: same pixels, squares and landmarks, without the pictures."""
    records = []
    for number, marks in enumerate((MARKS, ())):
        file = tmp_path / f"{number}.png"
        cv2.imwrite(str(file), draw_face(seed=number, side=200 + number))
        records.append(face(file, Box(50, 50, 70 + number, 90), marks))
    first = crops.patches(records, "f", tmp_path / "cache", lambda _: None)
    for old in records:
        old.image.unlink()
    second = crops.patches(records, "f", tmp_path / "cache", lambda _: None)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.landmarks, other.landmarks)
        assert one.square == other.square
    assert [len(patch.landmarks) for patch in second] == [5, 0]


def test_a_cache_of_another_contract_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the contract's margin has changed, the faces are cut anew."""
    file = tmp_path / "0.png"
    cv2.imwrite(str(file), draw_face(side=200))
    records = [face(file, Box(50, 50, 70, 90))]
    crops.patches(records, "f", tmp_path / "cache", lambda _: None)
    monkeypatch.setattr(crops, "CROP_MARGIN", 0.3)
    crops.patches(records, "f", tmp_path / "cache", lambda _: None)
    assert len(list((tmp_path / "cache").iterdir())) == 2
