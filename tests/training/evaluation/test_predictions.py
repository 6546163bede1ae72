"""Judged faces, their slices and the folder of folds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract import Cropper, Label
from edge.errors import ConfigError
from edge.types import Box
from tests.support.predictions import evidence, sure
from tests.support.training import patch
from training.data.crops import patch_of
from training.data.readers import FaceRecord, FaceSource
from training.data.wear import kind_of
from training.evaluation import fold_results
from training.evaluation.curves import masked_threshold
from training.evaluation.predictions import pool
from training.evaluation.results import evaluate, text
from training.evaluation.slices import hard_slices, main_slices
from training.evaluation.traits import Traits, skin_tone, traits


def test_pooling_refuses_a_face_that_was_judged_twice() -> None:
    """The same face in two folds would count twice."""
    part = evidence([0, 1], sure(0, 1))
    with pytest.raises(ConfigError, match="two folds"):
        pool([part, part])


def test_pooling_refuses_other_columns() -> None:
    """Folds that hold different models do not belong together."""
    with pytest.raises(ConfigError, match="different models"):
        pool([evidence([0], sure(0)), evidence([1], sure(1), fold=1, name="float")])


def test_the_threshold_of_a_fold_comes_from_the_others() -> None:
    """A bare face that is surely called masked raises the threshold of all folds but its own."""
    clean = [evidence([1, 0], sure(1, 0), fold=fold) for fold in (1, 2)]
    shares = np.vstack([sure(0, share=0.97), sure(0, share=0.99)])
    pooled = pool([evidence([1, 0], shares, fold=0), *clean]).cross_thresholds()
    found = pooled.columns[0].thresholds
    assert found[:2].tolist() == [0, 0]
    assert (found[2:] > 0.97).all()
    assert masked_threshold(pooled.truth, pooled.columns[0].shares) > 0.97


def test_the_threshold_holds_in_every_source() -> None:
    """A thousand easy bare faces of one source do not pay for the only one of another that errs."""
    shares = np.vstack([sure(*[1] * 1000), sure(0, share=0.97)])
    found = replace(evidence([1] * 1001, shares), sources=np.array(["folder"] * 1000 + ["frame"]))
    everywhere = found.masked_from(found.columns[0], np.ones(1001, bool))
    assert masked_threshold(found.truth, shares) == 0
    assert everywhere > 0.97


def test_a_single_fold_has_no_threshold() -> None:
    """Without other faces to choose on there is no threshold, and no row that pretends one."""
    found = evidence([1, 0], sure(0, 0)).cross_thresholds()
    assert not found.columns[0].has_threshold
    assert evaluate(found).main[0].strict is None


def test_predictions_come_back_from_their_file(tmp_path: Path) -> None:
    """What a fold writes is what the pooled evidence holds."""
    for fold in range(2):
        (tmp_path / f"fold-{fold}").mkdir()
        fold_results.save(
            evidence([0, 1, 2], sure(0, 1, 0), fold=fold), tmp_path / f"fold-{fold}/predictions.npz"
        )
    found = fold_results.load(tmp_path)
    assert found.truth.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.columns[0].name == "int8"
    assert found.columns[0].shares == pytest.approx(np.tile(sure(0, 1, 0), (2, 1)))
    assert found.folds.tolist() == [0, 0, 0, 1, 1, 1]


def test_damaged_predictions_are_named(tmp_path: Path) -> None:
    """A file that was cut off ends in a sentence that names it."""
    (tmp_path / "predictions.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ConfigError, match="is damaged or of another version"):
        fold_results.load(tmp_path)


def test_a_folder_without_folds(tmp_path: Path) -> None:
    """An empty folder is said to be empty."""
    with pytest.raises(ConfigError, match="holds no predictions"):
        fold_results.load(tmp_path)


def test_slices_divide_all_faces() -> None:
    """Sizes cover every face once; thirds of a measure cover every large enough face once."""
    rng = np.random.default_rng(0)
    found = evidence([0] * 90, sure(*[0] * 90))
    found = replace(
        found,
        px=rng.uniform(8, 200, 90),
        traits=Traits(rng.uniform(0, 900, 90), rng.uniform(0, 255, 90), np.full(90, np.nan)),
    )
    for dimension, among in {"face size": found.px > 0, "sharpness": found.px >= 20}.items():
        masks = [one.mask for one in hard_slices(found) if one.dimension == dimension]
        assert len(masks) >= 3
        assert (np.sum(masks, axis=0) == among).all()
    assert not [one for one in hard_slices(found) if one.dimension == "skin tone proxy"]


def test_main_slices_are_never_empty() -> None:
    """A slice without faces is left out."""
    small = replace(evidence([0], sure(0)), px=np.array([12.0]))
    assert [one.name for one in main_slices(small)] == ["all", "frames"]


def test_the_text_names_every_slice_and_model() -> None:
    """Both columns of a small example stand in the table, with counts of the costly error."""
    both = evidence([1, 1, 0, 2], sure(1, 0, 0, 2))
    second = replace(both.columns[0], name="float")
    judged = evaluate(replace(both, columns=(both.columns[0], second)))
    found = text(judged)
    assert judged.changes[0].models == ("float", "int8")
    assert "from float to int8" in found
    assert "float" in found
    assert "int8" in found
    assert "1 of 2" in found
    assert "mask_worn_incorrectly" in found


def test_json_holds_no_special_numbers() -> None:
    """What cannot be measured is null, so that every parser reads it."""
    found = evaluate(evidence([0, 0], sure(0, 0))).as_json()
    assert found["main"][0]["plain"]["bare_called_masked"]["value"] is None
    assert found["main"][0]["threshold"] is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("frame/frames/maksssksksss272.jpg#0", "nose_out"),
        ("frame/frames/maksssksksss29.jpg#1", "mouth_out"),
        ("frame/frames/maksssksksss29.jpg#0", ""),
        ("folder/set/mask_worn_incorrectly/chin/1.jpg#0", "chin"),
        ("folder/set/mask_worn_incorrectly/1.jpg#0", ""),
        ("folder/set/with_mask/blue/1.jpg#0", ""),
    ],
)
def test_kinds_of_wear(key: str, kind: str) -> None:
    """A folder below the class, or what was seen on the public frames, says how the mask is worn."""
    assert kind_of(key) == kind


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
    found = traits((patch_of(frame, FaceRecord("k", Path("f"), box, Label.WITH_MASK, FaceSource.FRAME)),))
    assert found.sharpness[0] == cropper.sharpness() > 0
