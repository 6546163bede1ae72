"""Divides evaluated faces by what may make them hard: size, blur, light, source, wear, skin tone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.predictions import MIN_PX, Mask, Predictions, Texts

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
    """All faces, annotated frames, class folders and each source, with and without the very small ones.

    None is empty. Where every layout has one source only, the sources are not named again.
    """
    masks = named_masks(predictions.layouts, predictions.sources)
    large = predictions.px >= MIN_PX
    found = [
        Slice("", f"{name}{size}", mask & among)
        for name, mask in masks.items()
        for size, among in (("", True), (f", {MIN_PX} px and more", large))
    ]
    return tuple(one for one in found if one.mask.any())


def named_masks(layouts: Texts, sources: Texts) -> dict[str, Mask]:
    """All of (n,) faces, those of each layout, and those of each source where a layout has several."""
    found = {"all": np.ones(len(layouts), bool)}
    found |= {f"{layout}s": layouts == layout for layout in np.unique(layouts)}
    if len(np.unique(sources)) > len(np.unique(layouts)):
        found |= {f"source {source}": sources == source for source in np.unique(sources)}
    return found


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
