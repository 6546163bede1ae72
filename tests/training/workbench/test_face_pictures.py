"""Faces as the pages show them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Box
from tests.support.training import MARKS, draw_face, record
from training.workbench.face_pictures import SIDES, face_picture


def decoded(content: bytes | None) -> np.ndarray:
    assert content is not None
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).astype(int)


def test_eyes_are_pixelated_unless_they_are_asked_for(tmp_path: Path) -> None:
    """The mouth stays to be seen; so it is in a tile and in what a click shows."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face(Label.WITHOUT_MASK, seed=4))
    marks = tuple((float(x), float(y)) for x, y in MARKS)
    face = replace(record(), image=tmp_path / "a.png", box=Box(20, 12, 60, 84), landmarks=marks)
    for side in SIDES:
        hidden, plain = (decoded(face_picture(face, (), side, eyes)) for eyes in (False, True))
        assert hidden.shape == plain.shape == (side, side, 3)
        changed = np.abs(hidden - plain).max(axis=(1, 2)) > 30
        assert changed[: side // 2].any()
        assert not changed[side * 3 // 4 :].any()


def test_landmarks_that_are_far_off(tmp_path: Path) -> None:
    """Show no eyes: the upper half of the face is hidden all the same."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face(Label.WITHOUT_MASK, seed=4))
    face = replace(record(), image=tmp_path / "a.png", box=Box(20, 12, 60, 84))
    wrong = replace(face, landmarks=((30.0, 5.0),) * 5)
    plain, hidden = (decoded(face_picture(one, (), SIDES[0], False)) for one in (face, wrong))
    assert np.abs(plain - hidden)[SIDES[0] // 4 :].max() < 30


def test_the_eyes_of_neighbours(tmp_path: Path) -> None:
    """Who is seen at the edge is hidden too."""
    pixels = np.hstack([draw_face(seed=1), draw_face(seed=2)])
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    one, two = (replace(record(), image=tmp_path / "a.png", box=Box(x, 12, 60, 84)) for x in (20, 120))
    alone, both = (decoded(face_picture(one, others, SIDES[1], False)) for others in ((), (two,)))
    assert np.abs(alone - both)[:, SIDES[1] * 3 // 4 :].max() > 30


def test_a_picture_that_is_gone(tmp_path: Path) -> None:
    """There is nothing to show."""
    assert face_picture(replace(record(), image=tmp_path / "absent.png"), (), SIDES[0], False) is None
