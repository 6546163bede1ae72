"""The answer as a decision with costs: from which probability on each label is the answer.

The probabilities of a network are a matter of training and calibration; what an error costs is a matter of
the entrance. Limits say how much of each costly error may be made, and the thresholds are the smallest that
keep to them: a larger one only leaves more faces without an answer. Choose them on faces that the judging
model never saw.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract import LABELS, MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK, Label
from edge.errors import ConfigError
from edge.system.parsing import parse_toml
from edge.types import Probabilities
from training.metrics import NO_ANSWER, Shares, Truth

DEFAULT_LIMITS = Path(__file__).with_name("limits.toml")

STEPS = 100_000
"""Thresholds are whole multiples of 1 / STEPS, so that a manifest holds them exactly."""

SMALLEST = STEPS // 2 + 1
"""In steps: more than a half. At most one label then reaches its threshold, and each is chosen by itself."""

FEWEST_INCORRECT = 10
"""A source with fewer wrongly worn masks says nothing of the precision of that answer."""

SIZES = (12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128)
"""Smaller sides of faces, in pixels, among which the one is sought from which a label can be trusted."""

Mask = NDArray[np.bool_]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class DecisionLimits(BaseModel):
    """What an answer may cost; `limits.toml` explains each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bare_called_masked: Share
    bare_called_incorrect: Share
    incorrect_precision: Share
    unanswered: Share
    trusted_precision: Share


def load_limits(file: Path = DEFAULT_LIMITS) -> DecisionLimits:
    """Reads limits from a TOML file.

    Raises:
        ConfigError: It cannot be read, lacks a limit, or says something else.
    """
    try:
        return DecisionLimits.model_validate(parse_toml(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"limits {file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"limits {file}: {where}: {first['msg']}") from None


@dataclass(frozen=True, slots=True, eq=False)
class DecisionFaces:
    """Faces on which to choose or to check, (n,) each.

    Attributes:
        truth: Labels.
        shares: (n, classes) probabilities.
        sources: Which data set each face is of.
    """

    truth: Truth
    shares: Shares
    sources: NDArray[np.str_]

    def parts(self, counted: Mask, fewest: int = 1) -> Iterator[tuple[str, Mask, int]]:
        """All faces together, and each source by itself that has enough of those that are counted.

        Returns:
            For each its name, its faces, and how many errors are allowed there in any case: in one source a
            single one breaks no limit, because chance would decide.
        """
        yield "all", np.ones(len(self.truth), bool), 0
        for source in np.unique(self.sources):
            here = self.sources == source
            if (here & counted).sum() >= fewest:
                yield str(source), here, 1


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """A limit, where it was looked at, what was found there, and whether the limit holds."""

    limit: str
    where: str
    value: float
    bound: float
    held: bool

    def sentence(self) -> str:
        """Such as `bare_called_masked is 0.0110 on frame, the limit is 0.0040`."""
        return f"{self.limit} is {self.value:.4f} on {self.where}, the limit is {self.bound:.4f}"


def answers(shares: Shares, thresholds: NDArray[np.float64] | Probabilities) -> Truth:
    """What each face is called, as `edge.contract.answer` does it on a device.

    Args:
        shares: (n, 3) probabilities.
        thresholds: (3,) for all faces, or (n, 3).

    Returns:
        (n,) labels, `NO_ANSWER` where no label reaches its threshold.
    """
    reached = np.where(shares >= np.asarray(thresholds), shares, -1.0)
    found: Truth = np.where(reached.max(axis=1) < 0, NO_ANSWER, reached.argmax(axis=1))
    return found


def choose(faces: DecisionFaces, limits: DecisionLimits) -> Probabilities:
    """The smallest thresholds at which the limits of errors hold, for each label.

    They hold on all faces together and in each source, so that the many easy faces of one do not pay for
    the errors in another. A threshold above 1 means that the label is never the answer.

    Args:
        faces: At least one, none of which the model was trained on.
        limits: Stricter ones never give a smaller threshold.
    """
    return _masked(faces, limits) / STEPS, SMALLEST / STEPS, _incorrect(faces, limits) / STEPS


def check(faces: DecisionFaces, answer: Truth, limits: DecisionLimits) -> tuple[LimitCheck, ...]:
    """Every limit, on all faces together and in each source of which it says something.

    Args:
        faces: The faces.
        answer: (n,) what they are called; see `answers`.
        limits: The limits.
    """
    bare, incorrect = faces.truth == WITHOUT_MASK, faces.truth == MASK_WORN_INCORRECTLY
    called_incorrect = answer == MASK_WORN_INCORRECTLY
    found: list[LimitCheck] = []
    for limit, called in (
        ("bare_called_masked", answer == WITH_MASK),
        ("bare_called_incorrect", called_incorrect),
    ):
        most = getattr(limits, limit)
        for where, here, allowed in faces.parts(bare):
            errors, whole = (bare & called & here).sum(), (bare & here).sum()
            held = errors <= max(most * whole, allowed)
            found.append(LimitCheck(limit, where, _ratio(errors, whole), most, bool(held)))
    least = limits.incorrect_precision
    for where, here, allowed in faces.parts(incorrect, FEWEST_INCORRECT):
        hits, whole = (incorrect & called_incorrect & here).sum(), (called_incorrect & here).sum()
        held = whole - hits <= max((1 - least) * whole, allowed)
        found.append(LimitCheck("incorrect_precision", where, _ratio(hits, whole), least, bool(held)))
    none = float((answer == NO_ANSWER).mean())
    found.append(LimitCheck("unanswered", "all", none, limits.unanswered, none <= limits.unanswered))
    return tuple(found)


def _ratio(part: int, whole: int) -> float:
    """Not a number where there is nothing to take a share of."""
    return float(part / whole) if whole else math.nan


class _Ranking:
    """How many faces of a kind reach each of the candidate thresholds of one label."""

    def __init__(self, scores: NDArray[np.float64]) -> None:
        # Just above a face's probability and not at it: that is where the face stops being called so. The
        # product is rounded, so the quotient decides, which is what a device compares with.
        nearest = np.rint(scores * STEPS)
        above = nearest + (nearest / STEPS <= scores)
        self.steps = np.unique(np.append(above, SMALLEST)).astype(np.int64)
        self.steps = self.steps[self.steps >= SMALLEST]
        self._scores = scores

    def reaching(self, kind: Mask) -> NDArray[np.int64]:
        """For each candidate."""
        ordered = np.sort(self._scores[kind])
        # Compared with the very numbers that a device compares with.
        return len(ordered) - np.searchsorted(ordered, self.steps / STEPS, side="left")

    def smallest(self, held: Mask) -> int:
        """The smallest candidate at which the limits hold; at the last one no face is called so."""
        return int(self.steps[held][0])


def _masked(faces: DecisionFaces, limits: DecisionLimits) -> int:
    ranking = _Ranking(faces.shares[:, WITH_MASK])
    return ranking.smallest(_few_bare(faces, ranking, limits.bare_called_masked))


def _incorrect(faces: DecisionFaces, limits: DecisionLimits) -> int:
    ranking = _Ranking(faces.shares[:, MASK_WORN_INCORRECTLY])
    held = _few_bare(faces, ranking, limits.bare_called_incorrect)
    incorrect = faces.truth == MASK_WORN_INCORRECTLY
    for _, here, allowed in faces.parts(incorrect, FEWEST_INCORRECT):
        called, hits = ranking.reaching(here), ranking.reaching(incorrect & here)
        held &= called - hits <= np.maximum((1 - limits.incorrect_precision) * called, allowed)
    return ranking.smallest(held)


def _few_bare(faces: DecisionFaces, ranking: _Ranking, most: float) -> Mask:
    """At which candidates at most so many bare faces are called so, everywhere."""
    bare = faces.truth == WITHOUT_MASK
    held = np.ones(len(ranking.steps), bool)
    for _, here, allowed in faces.parts(bare):
        held &= ranking.reaching(bare & here) <= max(most * (bare & here).sum(), allowed)
    return held


def trusted_sizes(truth: Truth, answer: Truth, px: NDArray[np.float64], least: float) -> dict[Label, float]:
    """From which face size on each label can be trusted, in pixels; a label that never can is left out.

    From there on, in every range from a size to its double, enough of the faces that are called so are so.

    Args:
        truth: (n,) labels.
        answer: (n,) what the faces are called.
        px: (n,) smaller sides of the faces.
        least: The share that is enough. A range in which one error would be more than that says nothing;
            below it nothing is known.
    """
    found = {}
    for at, label in enumerate(LABELS):
        size = _trusted_size(truth == at, answer == at, px, least)
        if size is not None:
            found[label] = float(size)
    return found


def _trusted_size(right: Mask, called: Mask, px: NDArray[np.float64], least: float) -> int | None:
    trusted = None
    for size in reversed(SIZES):
        here = called & (px >= size) & (px < 2 * size)
        if here.sum() * (1 - least) < 1:
            # Of the largest sizes nothing may be known; they are trusted with those below them.
            if trusted is None:
                continue
            break
        if (here & right).sum() < least * here.sum():
            break
        trusted = size
    return trusted
