"""How often faces are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.support.training import record
from training.classifier.recipe import MixtureRecipe
from training.classifier.sampling import WeightedChoice, chances
from training.data.readers import DataLayout, FaceRecord

FRAME, FOLDER = DataLayout.FRAME, DataLayout.FOLDER


def faces(**counts: int) -> list[FaceRecord]:
    """So many faces of each source; one whose name begins with `folder` has class folders."""
    return [
        replace(record(), key=f"{layout}/{name}/{number}.png#0", layout=layout)
        for name, count in counts.items()
        for layout in [FOLDER if name.startswith("folder") else FRAME]
        for number in range(count)
    ]


def shares(records: list[FaceRecord], **options: object) -> dict[str, float]:
    """What each source has of all chances."""
    found: Counter[str] = Counter()
    for one, chance in zip(records, chances(records, MixtureRecipe(**options), {}), strict=True):  # type: ignore[arg-type]
        found[one.source] += chance
    return dict(found)


@pytest.mark.parametrize(("balance", "small", "large"), [(0.0, 0.1, 0.9), (0.5, 0.25, 0.75), (1.0, 0.5, 0.5)])
def test_no_source_drowns_the_others(balance: float, small: float, large: float) -> None:
    """Between shares by number and equal shares, as the recipe says."""
    found = shares(faces(small=10, large=90), source_balance=balance)
    assert found == pytest.approx({"small": small, "large": large})


def test_frames_and_folders_share_first() -> None:
    """Two sources of frames share what frames get, whatever folders hold."""
    found = shares(faces(a=10, b=10, folders=1000), frame_share=0.6)
    assert found == pytest.approx({"a": 0.3, "b": 0.3, "folders": 0.4})


def test_a_source_may_be_weighted_by_name() -> None:
    """Among those of its layout."""
    found = shares(faces(a=10, b=10), source_weights={"a": 3.0})
    assert found == pytest.approx({"a": 0.75, "b": 0.25})


def test_hard_faces_come_more_often() -> None:
    """Within their source, whose share stays as it is."""
    records = faces(a=4, b=4)
    found = chances(records, MixtureRecipe(), {records[0].key: 3.0})
    np.testing.assert_allclose(found, [0.25, *[0.25 / 3] * 3, *[0.125] * 4])


def test_things_are_drawn_by_their_chances() -> None:
    """A thousand draws come near to what the chances say, and what has none never comes."""
    choice = WeightedChoice.of("abc", np.array([3.0, 0.0, 1.0]))
    rng = np.random.default_rng(0)
    drawn = Counter(choice.draw(rng) for _ in range(1000))
    assert drawn["a"] == pytest.approx(750, abs=50)
    assert set(drawn) == {"a", "c"}


def test_nothing_to_draw() -> None:
    """A class without faces is empty, and no error."""
    assert len(WeightedChoice.of((), np.zeros(0))) == 0
