"""Made-up evidence, so that figures are tested without any model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.training import write_frames
from training.data.faces import single_face
from training.data.manifest import SplitManifest
from training.data.readers import read
from training.data.split import split
from training.evaluation.predictions import ModelPredictions, Predictions, without_thresholds
from training.evaluation.traits import Traits


def evidence(
    truth: list[int], shares: np.ndarray, groups: list[int] | None = None, fold: int = 0, name: str = "int8"
) -> Predictions:
    """Faces of 50 px from annotated frames, each a group of its own unless said otherwise."""
    count = len(truth)
    return Predictions(
        keys=tuple(f"frame/f/{fold}-{at}.png#0" for at in range(count)),
        truth=np.array(truth, np.intp),
        groups=np.arange(count) if groups is None else np.array(groups, np.intp),
        px=np.full(count, 50.0),
        sources=np.full(count, "f"),
        kinds=np.full(count, ""),
        folds=np.full(count, fold, np.intp),
        traits=Traits.unknown(count),
        columns=(ModelPredictions(name, np.asarray(shares, np.float64), without_thresholds(count)),),
    )


def sure(*answers: int, share: float = 0.9) -> np.ndarray:
    """Probabilities that say each answer with the same confidence."""
    rest = (1 - share) / 2
    return np.full((len(answers), 3), rest) + (share - rest) * np.eye(3)[list(answers)]


def drawn_split(folder: Path, frames: int = 16, sources: Sequence[str] = ("frames",)) -> Path:
    """The manifest of a split of drawn frames, so many of each source."""
    roots = [write_frames(folder / name, frames, 1000 * place) for place, name in enumerate(sources)]
    found = read(roots, single_face(lambda _: ()), lambda _: ())
    manifest = SplitManifest.of(split(found, 1), 1, found.fingerprint())
    file = folder / "split.json"
    file.write_text(json.dumps(manifest.model_dump(mode="json")))
    return file
