"""Between numbers of any kind and pixels: clipped, typed, in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.types import Image

Field = NDArray[np.float32]
"""Float pixels: (h, w) or (h, w, 3), 0 to 255 where they are colours."""


def as_image(values: NDArray[Any]) -> Image:
    """Clips to 0 to 255 and drops fractions."""
    image: Image = np.clip(values, 0, 255).astype(np.uint8)
    return image


def as_field(values: NDArray[Any], low: float = 0.0, high: float = 255.0) -> Field:
    """Clips to a range."""
    field: Field = np.clip(values, low, high).astype(np.float32)
    return field
