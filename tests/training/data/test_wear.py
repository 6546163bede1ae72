"""How a wrongly worn mask is worn."""

from __future__ import annotations

import pytest

from training.data.wear import kind_of


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("frame/frames/maksssksksss272.jpg#0", "nose_out"),
        ("frame/frames/maksssksksss29.jpg#1", "mouth_out"),
        ("frame/frames/maksssksksss29.jpg#0", ""),
        ("folder/set/mask_worn_incorrectly/chin/1.jpg#0", "chin"),
        ("folder/set/mask_worn_incorrectly/1.jpg#0", ""),
        ("folder/set/with_mask/blue/1.jpg#0", ""),
        ("folder/entrance/monday/mask_worn_incorrectly/chin/1.jpg#0", "chin"),
        ("folder/entrance/monday/mask_worn_incorrectly/1.jpg#0", ""),
    ],
)
def test_kinds_of_wear(key: str, kind: str) -> None:
    """A folder below the class, or what was seen on the public frames, says how the mask is worn."""
    assert kind_of(key) == kind
