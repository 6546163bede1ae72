"""Divides evaluated faces by what may make them hard: size, blur, light, source, wear, skin tone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.predictions import MIN_PX, Mask, Predictions

SIZES = (0, MIN_PX, 32, 64, 128)
TONES = (-90.0, 10.0, 28.0, 41.0, 90.0)
TONE_NAMES = ("below 10°, darkest", "10° to 28°", "28° to 41°", "41° and more, lightest")
"""Classes of the individual typology angle; the two darkest and the two lightest are taken together.

They are named by the angle, because light and camera move it so far that names of skin would mislead.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some of the faces.

    Attributes:
        dimension: What divides them, such as "face size"; empty for the main slices.
        name: Which of the parts it is.
        mask: (n,).
    """

    dimension: str
    name: str
    mask: Mask


def main_slices(predictions: Predictions) -> tuple[Slice, ...]:
    """All faces and those of each source, with and without the very small ones; none that is empty."""
    large = predictions.px >= MIN_PX
    everything = np.ones(len(predictions), bool)
    found = [("all", everything), (f"all, {MIN_PX} px and more", large)]
    for source in np.unique(predictions.sources):
        of_it = predictions.sources == source
        found += [(f"{source}s", of_it), (f"{source}s, {MIN_PX} px and more", of_it & large)]
    return tuple(Slice("", name, mask) for name, mask in found if mask.any())


def hard_slices(predictions: Predictions) -> tuple[Slice, ...]:
    """Parts by size, and of the large enough faces by sharpness, brightness, wear and skin tone."""
    large = predictions.px >= MIN_PX
    found = [
        *_sizes(predictions.px),
        *_thirds("sharpness", predictions.traits.sharpness, ("blurred", "middling", "sharp"), large),
        *_thirds("brightness", predictions.traits.brightness, ("dark", "middling", "bright"), large),
        *(
            Slice("wear", kind.replace("_", " "), predictions.kinds == kind)
            for kind in np.unique(predictions.kinds)
            if kind
        ),
        *_tones(predictions.traits.tone, large),
    ]
    return tuple(one for one in found if one.mask.any())


def _sizes(px: NDArray[np.float64]) -> Iterator[Slice]:
    for low, high in zip(SIZES, (*SIZES[1:], np.inf), strict=True):
        name = f"{low} px and more" if high == np.inf else f"{low} to {high - 1} px"
        yield Slice("face size", "below 20 px" if low == 0 else name, (px >= low) & (px < high))


def _thirds(
    dimension: str, values: NDArray[np.float64], names: tuple[str, str, str], among: Mask
) -> Iterator[Slice]:
    """Three parts of equal number; the bounds stand in the names."""
    known = among & np.isfinite(values)
    if known.sum() < 3:
        return
    low, high = np.percentile(values[known], [100 / 3, 200 / 3])
    masks = (values < low, (values >= low) & (values < high), values >= high)
    bounds = (f"below {low:.0f}", f"{low:.0f} to {high:.0f}", f"{high:.0f} and more")
    for name, bound, mask in zip(names, bounds, masks, strict=True):
        yield Slice(dimension, f"{name}: {bound}", mask & known)


def _tones(tone: NDArray[np.float64], among: Mask) -> Iterator[Slice]:
    for name, low, high in zip(TONE_NAMES, TONES[:-1], TONES[1:], strict=True):
        yield Slice("skin tone proxy", name, among & (tone >= low) & (tone < high))
