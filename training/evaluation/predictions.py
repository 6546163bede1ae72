"""Faces that were evaluated, what each model answered, and which of them belong to which slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS
from edge.errors import ConfigError
from edge.types import Probabilities
from training.data.manifest import SplitFace
from training.data.readers import layout_of
from training.data.wear import kind_of
from training.evaluation.thresholds import DecisionFaces, DecisionLimits, answers, choose, load_limits
from training.evaluation.traits import Traits
from training.metrics import Shares, Truth

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
"""Indices of faces, in the order wanted."""
Texts = NDArray[np.str_]


MIN_PX = 20
"""Faces with a smaller side below this, in original pixels, stand apart in every table."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelPredictions:
    """What one model says.

    Attributes:
        name: Such as "float" or "int8".
        shares: (n, classes) probabilities.
        thresholds: (n, 3), of each label, chosen on other faces; not a number where none could be.
    """

    name: str
    shares: Shares
    thresholds: NDArray[np.float64]

    @classmethod
    def pooled(cls, parts: Sequence[ModelPredictions]) -> ModelPredictions:
        """What models of one name say, put together."""
        return cls(
            parts[0].name,
            np.concatenate([part.shares for part in parts]),
            np.concatenate([part.thresholds for part in parts]),
        )

    def select(self, which: Mask | Places) -> ModelPredictions:
        """Only some of the faces."""
        return ModelPredictions(self.name, self.shares[which], self.thresholds[which])

    @property
    def has_threshold(self) -> bool:
        """Whether every face has a threshold that was chosen on other faces."""
        return not np.isnan(self.thresholds).any()

    def answers(self) -> Truth:
        """(n,) answers as a device gives them: at the thresholds, or the likeliest where there are none."""
        return answers(self.shares, self.thresholds) if self.has_threshold else self.shares.argmax(axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Evaluated faces, (n,) each.

    Attributes:
        keys: Names of the faces, as in `training.data.readers.FaceRecord`.
        truth: Labels.
        groups: Faces of a group are no independent witnesses.
        px: Smaller side of the box in original pixels.
        sources: Names of the data sets.
        kinds: How a wrongly worn mask is worn, where that is known; empty elsewhere.
        folds: Which model was asked about the face, where there are several of one recipe.
        traits: Measures of the crops.
        columns: What each model says.
    """

    keys: tuple[str, ...]
    truth: Truth
    groups: NDArray[np.intp]
    px: NDArray[np.float64]
    sources: Texts
    kinds: Texts
    folds: NDArray[np.intp]
    traits: Traits
    columns: tuple[ModelPredictions, ...]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def layouts(self) -> Texts:
        """(n,) values of `training.data.readers.DataLayout`."""
        return np.array([layout_of(key) for key in self.keys], np.str_)

    def select(self, which: Mask | Places) -> Predictions:
        """Only some of the faces."""
        return Predictions(
            keys=tuple(self.keys[at] for at in np.arange(len(self))[which]),
            truth=self.truth[which],
            groups=self.groups[which],
            px=self.px[which],
            sources=self.sources[which],
            kinds=self.kinds[which],
            folds=self.folds[which],
            traits=self.traits.select(which),
            columns=tuple(column.select(which) for column in self.columns),
        )

    def with_thresholds(self, by_column: Sequence[Probabilities]) -> Predictions:
        """With the same thresholds for all faces of a column; not numbers where there are none."""
        columns = tuple(
            replace(column, thresholds=np.tile(np.array(one, np.float64), (len(self), 1)))
            for column, one in zip(self.columns, by_column, strict=True)
        )
        return replace(self, columns=columns)

    def column(self, name: str) -> ModelPredictions:
        """What the model of that name says.

        Raises:
            ConfigError: There is none.
        """
        for one in self.columns:
            if one.name == name:
                return one
        raise ConfigError(f"there are no answers of {name} models; finish maskgate-train folds")

    def decision_faces(self, column: ModelPredictions, among: Mask) -> tuple[DecisionFaces, Mask]:
        """The faces on which a decision is chosen and held against limits, and which of all they are.

        Args:
            column: Whose answers.
            among: Which faces; those below `MIN_PX` count only where there are no others.
        """
        large = among & (self.px >= MIN_PX)
        here = large if large.any() else among
        return DecisionFaces(self.truth[here], column.shares[here], self.sources[here]), here

    def chosen_thresholds(
        self, column: ModelPredictions, among: Mask, limits: DecisionLimits
    ) -> Probabilities:
        """The thresholds of a column that hold the limits on some of the faces."""
        faces, _ = self.decision_faces(column, among)
        return choose(faces, limits)

    def cross_thresholds(self, limits: DecisionLimits | None = None) -> Predictions:
        """With thresholds that are chosen, for the faces of each fold, on the faces of all others."""
        # A single fold leaves no other faces to choose on.
        if len(np.unique(self.folds)) < 2:
            return self
        held = limits or load_limits()
        return replace(self, columns=tuple(self._crossed(column, held) for column in self.columns))

    def _crossed(self, column: ModelPredictions, limits: DecisionLimits) -> ModelPredictions:
        chosen = np.full((len(self), len(LABELS)), np.nan)
        for fold in np.unique(self.folds):
            others = self.folds != fold
            chosen[~others] = self.chosen_thresholds(column, others, limits)
        return replace(column, thresholds=chosen)


def without_thresholds(count: int) -> NDArray[np.float64]:
    """(n, 3): nothing is known of any threshold."""
    return np.full((count, len(LABELS)), np.nan)


def gather(
    faces: Sequence[SplitFace], traits: Traits, by_model: Sequence[tuple[str, Shares]], fold: int = 0
) -> Predictions:
    """Faces and what each model, by name, answers for them."""
    records = [face.record for face in faces]
    nothing = without_thresholds(len(faces))
    return Predictions(
        keys=tuple(record.key for record in records),
        truth=np.array([LABELS.index(record.label) for record in records], np.intp),
        groups=np.array([face.group for face in faces], np.intp),
        px=np.array([record.box.side for record in records], np.float64),
        sources=np.array([record.source for record in records], np.str_),
        kinds=np.array([kind_of(record.key) for record in records], np.str_),
        folds=np.full(len(faces), fold, np.intp),
        traits=traits,
        columns=tuple(ModelPredictions(name, padded(shares), nothing) for name, shares in by_model),
    )


def padded(shares: Shares) -> Shares:
    """(n, 3) probabilities; a two-class model never says the third."""
    missing = len(LABELS) - shares.shape[1]
    return np.pad(shares, ((0, 0), (0, missing))) if missing else shares


def pool(parts: Sequence[Predictions]) -> Predictions:
    """Puts the faces of several folds together.

    Raises:
        ConfigError: The folds have different columns, or a face is in two of them.
    """
    names = {tuple(column.name for column in part.columns) for part in parts}
    keys = tuple(key for part in parts for key in part.keys)
    if len(names) != 1:
        raise ConfigError("the folds hold different models; finish all of them with the same settings")
    if len(set(keys)) != len(keys):
        raise ConfigError("a face was judged in two folds; the folds are not of one split")
    return Predictions(
        keys=keys,
        truth=np.concatenate([part.truth for part in parts]),
        groups=np.concatenate([part.groups for part in parts]),
        px=np.concatenate([part.px for part in parts]),
        sources=np.concatenate([part.sources for part in parts]),
        kinds=np.concatenate([part.kinds for part in parts]),
        folds=np.concatenate([part.folds for part in parts]),
        traits=Traits.pooled([part.traits for part in parts]),
        columns=tuple(
            ModelPredictions.pooled(columns)
            for columns in zip(*(part.columns for part in parts), strict=True)
        ),
    )
