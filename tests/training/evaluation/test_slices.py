"""What may make faces hard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.support.predictions import evidence, sure
from training.evaluation.slices import hard_slices, main_slices
from training.evaluation.traits import Traits


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


def test_every_source_has_a_slice_of_its_own() -> None:
    """Beside all annotated frames together; two sources of frames are not taken for one."""
    found = replace(evidence([0, 1, 2], sure(0, 1, 2)), sources=np.array(["a", "b", "b"]))
    sizes = {one.name: int(one.mask.sum()) for one in main_slices(found)}
    assert {name: size for name, size in sizes.items() if "px" not in name} == {
        "all": 3,
        "frames": 3,
        "source a": 1,
        "source b": 2,
    }


def test_main_slices_are_never_empty() -> None:
    """A slice without faces is left out."""
    small = replace(evidence([0], sure(0)), px=np.array([12.0]))
    assert [one.name for one in main_slices(small)] == ["all", "frames"]
