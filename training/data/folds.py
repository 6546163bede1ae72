"""Five grouped folds: every face is tested once, by a model that saw neither it nor its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edge.errors import ConfigError
from training.data.manifest import SplitFace, SplitPart
from training.data.split import assign_parts

VALIDATION = 0.15
"""Share of the faces outside the tested fold that calibrate the model and choose its epoch."""

CALIBRATION = 0.12
"""The same, where no fold is tested."""

# Not the recipe's seed: all recipes are then calibrated on the same faces.
WHOLE_SEED = 99


def folds(faces: Sequence[SplitFace], count: int, seed: int) -> tuple[tuple[SplitFace, ...], ...]:
    """Assigns a split's faces to parts anew, once for every fold.

    Args:
        faces: All faces with their groups; the parts they have now do not matter.
        count: Number of folds.
        seed: Decides who goes where.

    Returns:
        For every fold all faces: its own as `TEST`, of the others a part as `VALIDATION`.
    """
    records, groups = [face.record for face in faces], [face.group for face in faces]
    places = np.array(assign_parts(records, groups, (1 / count,) * count, seed))
    return tuple(_fold(faces, places == fold, seed + 1 + fold) for fold in range(count))


def without_each_source(faces: Sequence[SplitFace], seed: int) -> dict[str, tuple[SplitFace, ...]]:
    """Leaves one source out at a time, and tests on it: what a site can expect that nobody has seen.

    Faces of other sources that share a group with a tested one are in neither part.

    Args:
        faces: All faces with their groups; the parts they have now do not matter.
        seed: Decides who validates.

    Returns:
        By source, in the order of names: its own faces as `TEST`, of the others a part as `VALIDATION`.

    Raises:
        ConfigError: There is one source only.
    """
    names = sorted({face.record.source for face in faces})
    if len(names) < 2:
        raise ConfigError(f"the split holds one source only, {names[0]}; read several to leave one out")
    return {name: _without(faces, name, seed + 1 + place) for place, name in enumerate(names)}


def _without(faces: Sequence[SplitFace], name: str, seed: int) -> tuple[SplitFace, ...]:
    groups = {face.group for face in faces if face.record.source == name}
    kept = [face for face in faces if face.record.source == name or face.group not in groups]
    return _fold(kept, np.array([face.record.source == name for face in kept]), seed)


def _fold(faces: Sequence[SplitFace], tested: np.ndarray, seed: int) -> tuple[SplitFace, ...]:
    others = [face for face, test in zip(faces, tested, strict=True) if not test]
    places = assign_parts(
        [face.record for face in others],
        [face.group for face in others],
        (1 - VALIDATION, VALIDATION),
        seed,
    )
    # `places` counts only the faces that are not tested.
    checks = iter(places)
    return tuple(
        replace(face, part=SplitPart.TEST if test else (SplitPart.TRAIN, SplitPart.VALIDATION)[next(checks)])
        for face, test in zip(faces, tested, strict=True)
    )


def whole(faces: Sequence[SplitFace]) -> tuple[SplitFace, ...]:
    """All faces for training, but a part that calibrates; none is left to test."""
    places = assign_parts(
        [face.record for face in faces],
        [face.group for face in faces],
        (1 - CALIBRATION, CALIBRATION),
        WHOLE_SEED,
    )
    parts = (SplitPart.TRAIN, SplitPart.VALIDATION)
    return tuple(replace(face, part=parts[place]) for face, place in zip(faces, places, strict=True))
