"""The pixels that training and the device agree on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import contract
from edge.types import Box, Image, Probabilities

boxes = st.builds(Box, st.floats(-40, 200), st.floats(-40, 150), st.floats(1, 260), st.floats(1, 260))


def picture(height: int = 120, width: int = 160) -> Image:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(boxes)
def test_the_square_keeps_the_centre_and_the_margin(box: Box) -> None:
    """Within the rounding to whole pixels."""
    left, top, side = contract.square_around(box)
    assert left + side / 2 == pytest.approx(box.centre[0], abs=1)
    assert top + side / 2 == pytest.approx(box.centre[1], abs=1)
    assert side == max(2, round(max(box.w, box.h) * 1.3))


@given(boxes)
def test_a_crop_has_the_input_size_wherever_the_face_is(box: Box) -> None:
    """Also where the square reaches beyond the picture; only a face outside of it is refused."""
    left, top, side = contract.square_around(box)
    touches = left < 160 and top < 120 and left + side > 0 and top + side > 0
    if touches:
        assert contract.face_crop(picture(), box, 96).shape == (96, 96, 3)
    else:
        with pytest.raises(ValueError, match="outside"):
            contract.face_crop(picture(), box, 96)


def test_a_crop_is_rgb() -> None:
    """OpenCV's pictures are BGR; the network is fed RGB."""
    blue = np.zeros((50, 50, 3), np.uint8)
    blue[:, :, 0] = 255
    assert contract.face_crop(blue, Box(10, 10, 20, 20), 96)[48, 48].tolist() == [0, 0, 255]


def test_beyond_the_edge_the_edge_repeats() -> None:
    """No black bars that a network could learn from."""
    image = np.full((60, 60, 3), 200, np.uint8)
    assert contract.face_crop(image, Box(-10, -10, 40, 40), 96).min() == 200


def test_cutting_inside_copies_nothing() -> None:
    """A view of the frame, no copy."""
    image = picture()
    assert contract.cut(image, 10, 20, 30).base is image


def test_a_picture_that_is_a_crop_already_is_taken_whole() -> None:
    """Its longer side is the side of the square."""
    image = picture(100, 80)
    left, top, side = contract.square_around(contract.whole_image_box(image))
    assert (left, top, side) == (-10, 0, 100)


def test_sharp_is_more_than_blurred() -> None:
    """And a plain wall has no sharpness at all."""
    cropper = contract.Cropper(96)
    cropper.crop(picture(), Box(20, 20, 60, 60))
    sharp = cropper.sharpness()
    cropper.crop(cv2.GaussianBlur(picture(), (0, 0), 4), Box(20, 20, 60, 60))
    assert sharp > 2 * cropper.sharpness() > 0
    cropper.crop(np.full((100, 100, 3), 90, np.uint8), Box(20, 20, 60, 60))
    assert cropper.sharpness() == 0


def test_the_resize_is_the_one_the_contract_names() -> None:
    """Known bytes: a change of interpolation is a change of the contract."""
    ramp = np.repeat(np.arange(0, 250, 10, dtype=np.uint8)[None, :, None], 25, 0).repeat(3, 2)
    out = np.empty((5, 5, 3), np.uint8)
    contract.resize_into(np.ascontiguousarray(ramp), out)
    assert out[0, :, 0].tolist() == [20, 70, 120, 170, 220]


shares = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda raw: tuple(value / sum(raw) for value in raw))


@given(shares)
def test_the_likeliest_label_is_the_answer(probabilities: Probabilities) -> None:
    """Without a threshold nothing but the share decides."""
    assert probabilities[contract.answer(probabilities)] == max(probabilities)


@given(shares, st.floats(0, 1))
def test_a_mask_below_its_threshold_gives_way(probabilities: Probabilities, masked_from: float) -> None:
    """With a threshold of `with_mask` alone there is always an answer, masked only from there on."""
    called = contract.answer(probabilities, (masked_from, 0.0, 0.0))
    sure = probabilities[0] >= masked_from and probabilities[0] == max(probabilities)
    assert called is not None
    assert (contract.LABELS[called] is contract.Label.WITH_MASK) == sure


@given(shares, st.tuples(*[st.floats(0, 1.1)] * 3))
def test_the_answer_reaches_its_threshold(probabilities: Probabilities, thresholds: Probabilities) -> None:
    """It is the likeliest of those that do; where none does there is no answer."""
    called = contract.answer(probabilities, thresholds)
    reached = [share for share, least in zip(probabilities, thresholds, strict=True) if share >= least]
    if called is None:
        assert not reached
    else:
        assert probabilities[called] == max(reached)
        assert probabilities[called] >= thresholds[called]


def test_no_answer_has_a_name() -> None:
    """It is no label, and every label is called as it is."""
    assert contract.answer_text(None) == "unsure"
    assert [contract.answer_text(at) for at in range(3)] == list(contract.LABELS)
