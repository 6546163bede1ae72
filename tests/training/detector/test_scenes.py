"""Pictures with every face in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.types import Box, Face
from tests.support.scenes import nobody, picture, record
from tests.support.training import MARKS, draw_face
from training.data.readers import DataLayout
from training.detector.scenes import LONGEST, Scene, read_scenes, scene_of, with_masks

POINTS = tuple((float(x), float(y)) for x, y in MARKS)


def only(scenes: object) -> Scene:
    (one,) = list(scenes)  # type: ignore[call-overload]
    assert isinstance(one, Scene)
    return one


def test_a_further_face_in_an_annotated_frame_is_left_unjudged(tmp_path: Path) -> None:
    """The teacher alone cannot say that it counts; a face it shares with the annotation stays one."""
    image = picture(tmp_path)
    truth = record(image, Box(20, 20, 40, 40), DataLayout.FRAME)
    seen = (Face(Box(22, 21, 40, 40), 0.9), Face(Box(75, 5, 15, 15), 0.9))
    one = only(read_scenes([truth], lambda _: seen, nobody))
    assert one.counts.tolist() == [True, False]
    np.testing.assert_allclose(one.boxes[1], (75, 5, 15, 15))


def test_a_further_face_in_a_picture_of_one_person_is_believed(tmp_path: Path) -> None:
    """There, nobody annotated all faces, so the teacher's word is taken."""
    truth = record(picture(tmp_path), Box(20, 20, 40, 40), DataLayout.FOLDER, POINTS)
    one = only(read_scenes([truth], lambda _: (Face(Box(75, 5, 15, 15), 0.9, POINTS),), nobody))
    assert one.counts.tolist() == [True, True]


def test_a_crop_in_which_the_teacher_saw_nothing_is_left_unjudged(tmp_path: Path) -> None:
    """Its box is the whole picture, which is no place to learn."""
    one = only(read_scenes([record(picture(tmp_path), Box(8, 8, 84, 84), DataLayout.FOLDER)], nobody, nobody))
    assert one.counts.tolist() == [False]


def test_large_pictures_are_brought_down_with_their_boxes(tmp_path: Path) -> None:
    """Box and landmarks shrink with the pixels."""
    truth = record(picture(tmp_path, 960), Box(200, 100, 400, 400), DataLayout.FOLDER, ((300.0, 200.0),) * 5)
    one = only(read_scenes([truth], nobody, nobody))
    assert max(one.pixels.shape) == LONGEST
    np.testing.assert_allclose(one.boxes[0], (100, 50, 200, 200))
    np.testing.assert_allclose(one.marks[0, 0], (150, 100))


def test_a_drawn_mask_changes_the_face_and_nothing_else() -> None:
    """Boxes and landmarks stay, pixels far from the face stay, and it is no longer bare."""
    canvas = np.zeros((300, 300, 3), np.uint8)
    canvas[150:250, 150:250] = draw_face()
    marks = tuple((x + 150, y + 150) for x, y in POINTS)
    one = scene_of(canvas, [(Box(170, 170, 60, 75), marks, True, True)])
    masked = with_masks(one, np.random.default_rng(1))
    assert np.abs(masked.pixels.astype(int) - one.pixels)[205:235, 185:215].mean() > 10
    np.testing.assert_array_equal(masked.pixels[:100], one.pixels[:100])
    np.testing.assert_array_equal(masked.boxes, one.boxes)
    assert not masked.without_mask.any()
    assert one.without_mask.all()
