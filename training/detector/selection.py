"""Chooses a checkpoint and a working point on frames kept from training, against a rival on the same frames.

Besides the checkpoints, mixtures of each with the network that training started from are tried:
they keep more of what the start knew of pictures unlike the training frames. A detector of an earlier
run may join them: the mean of two trainings from one start is often better than either.
Sources: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022; "Model soups", ICML 2022.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from edge.contract import Label
from edge.errors import ConfigError, ModelError
from edge.system.files import write_atomic
from training.data.readers import open_image
from training.detector import onnx_export, parity
from training.detector.metrics import Matches, Truth, at_least, finder, measure
from training.detector.network import Design, Weights
from training.detector.trainer import DetectorRun
from training.framework import git_revision

VIEWS = (0, 320)
"""Long sides at which detectors are compared; 0 is the picture's own."""
THRESHOLD = 0.6
"""The device's default threshold; our scores are shifted so that the chosen working point lies there."""
CAUTION = 0.9
"""Share of the rival's unmatched boxes that are allowed when choosing.

Three hundred frames give some 140 such boxes, a number that varies by a twelfth from chance alone;
the rest is left as room, so that the promise holds on other frames too.
"""
SHARES = (1.0, 0.85, 0.7, 0.5)
"""How much of the trained weights a mixture takes."""
TIE = 0.01
"""Difference of recall within which mixtures are alike: a few faces out of some hundreds."""
LAST = 4
"""How many of the last checkpoints are tried."""
LEAST_PX = 20.0
FEWEST = 10
"""Faces of a source, bare or not, that its recall is taken of."""


@dataclass(frozen=True, slots=True)
class KnownWeights:
    """What checkpoints are mixed with: the weights training started from, and those of an earlier run."""

    start: Sequence[Weights]
    earlier: Sequence[Weights] | None = None


@dataclass(frozen=True, slots=True)
class DetectorMixture:
    """A checkpoint or, where `earlier`, its mean with an earlier run; and how much of that is taken."""

    file: Path
    share: float
    earlier: bool = False

    def write(self, known: KnownWeights, out: Path) -> None:
        """Writes the mixture: its share of the trained weights, and the start for the rest."""
        design, trained = onnx_export.read(self.file)
        if self.earlier and known.earlier is not None:
            trained = _mean(trained, known.earlier, 0.5)
        onnx_export.save(design, _mean(trained, known.start, self.share), out)


def _mean(trained: Sequence[Weights], other: Sequence[Weights], share: float) -> tuple[Weights, ...]:
    pairs = zip(trained, other, strict=True)
    return tuple(np.asarray(share * new + (1 - share) * old, np.float32) for new, old in pairs)


@dataclass(frozen=True, slots=True)
class DetectorChoice:
    """A checkpoint, how much of it was taken, and what that reaches at each of `VIEWS`.

    Unmatched boxes are counted over the frames; `calm` is how many boxes a picture without
    anybody gets, ours first.
    """

    step: int
    share: float
    earlier: bool
    delta: float
    recall: tuple[float, ...]
    rival_recall: tuple[float, ...]
    unmatched: tuple[float, ...]
    rival_unmatched: tuple[float, ...]
    calm: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DetectorTrial:
    """What a choice is made on: annotated frames, pictures without anybody, and the rival."""

    frames: tuple[Truth, ...]
    calm: tuple[Truth, ...]
    rival: Path

    @property
    def pictures(self) -> tuple[Truth, ...]:
        """All that unmatched boxes are counted on."""
        return (*self.frames, *self.calm)


@dataclass(frozen=True, slots=True)
class DetectorCandidate:
    """A mixture that was tried: its recall at the allowed unmatched boxes, and boxes a picture of nobody."""

    mixture: DetectorMixture
    recall: float
    calm: float


def look(model: Path, pictures: Sequence[Truth]) -> tuple[Matches, ...]:
    """What a detector finds at each of `VIEWS`."""
    return tuple(measure(finder(model, view), pictures) for view in VIEWS)


def recall_at(found: Sequence[Matches], allowed: Sequence[float]) -> tuple[float, ...]:
    """Recall of faces from `LEAST_PX` on, at the threshold that allows so many unmatched boxes a picture.

    The mean of that of faces without a mask and that of all others, of each source by itself, so that the
    fewer weigh as much.
    """
    return tuple(_balanced(one, one.threshold_for(rate)) for one, rate in zip(found, allowed, strict=True))


def _balanced(found: Matches, threshold: float) -> float:
    scores: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for face, score in zip(found.faces, found.scores, strict=True):
        if face.box.side >= LEAST_PX:
            scores[face.source, face.label is Label.WITHOUT_MASK].append(score)
    # The recall of a handful is chance; where there are only handfuls, they are all there is.
    enough = [group for group in scores.values() if len(group) >= FEWEST] or list(scores.values())
    return float(np.mean([np.mean(np.array(group) >= threshold) for group in enough])) if enough else math.nan


def choose(folder: Path, known: KnownWeights, trial: DetectorTrial, out: Path) -> DetectorChoice:
    """Writes the best of a run's last checkpoints to `out`, with its working point at `THRESHOLD`.

    Args:
        folder: Of the run.
        known: What checkpoints are mixed with.
        trial: What to choose on.
        out: The file to write.

    Raises:
        ConfigError: The run has no checkpoint, or there is no frame to choose on.
    """
    steps = sorted(folder.glob("step*.onnx"))[-LAST:]
    if not steps or not trial.frames:
        raise ConfigError(f"{folder} holds no checkpoint, or the split no annotated frame, to choose on")
    other = look(trial.rival, trial.pictures)
    allowed = [one.unmatched_per_frame(THRESHOLD) * CAUTION for one in other]
    draft = out.with_name("mixture.onnx")
    candidates = []
    for mixture in _mixtures(steps, known):
        mixture.write(known, draft)
        candidates.append(_evaluated(draft, trial, allowed, mixture))
    best = _preferred(candidates)
    best.write(known, draft)
    # The working point is set on frames alone: pictures of nobody took part in the choice only.
    rates = [one.unmatched_per_frame(THRESHOLD) * CAUTION for one in look(trial.rival, trial.frames)]
    delta = _working_point(draft, trial.frames, rates, out)
    draft.unlink()
    return _choice(best, delta, (out, trial))


def _mixtures(steps: Sequence[Path], known: KnownWeights) -> Iterator[DetectorMixture]:
    for earlier in (False,) if known.earlier is None else (False, True):
        yield from (DetectorMixture(file, share, earlier) for file in steps for share in SHARES)


def _evaluated(
    model: Path, trial: DetectorTrial, allowed: Sequence[float], mixture: DetectorMixture
) -> DetectorCandidate:
    found = look(model, trial.pictures)
    limits = [one.threshold_for(rate) for one, rate in zip(found, allowed, strict=True)]
    quiet = [
        one.unmatched_per_frame(limit) for one, limit in zip(look(model, trial.calm), limits, strict=True)
    ]
    return DetectorCandidate(mixture, float(np.mean(recall_at(found, allowed))), float(np.mean(quiet)))


def _preferred(candidates: Sequence[DetectorCandidate]) -> DetectorMixture:
    """The calmest of those that find about as many faces as the best."""
    most = max(one.recall for one in candidates)
    near = [one for one in candidates if one.recall >= most - TIE]
    return min(near, key=lambda one: (one.calm, -one.recall)).mixture


def _choice(mixture: DetectorMixture, delta: float, result: tuple[Path, DetectorTrial]) -> DetectorChoice:
    out, trial = result
    ours, other = look(out, trial.frames), look(trial.rival, trial.frames)
    quiet = [look(model, trial.calm) for model in (out, trial.rival)]
    return DetectorChoice(
        step=int(mixture.file.stem.removeprefix("step")),
        share=mixture.share,
        earlier=mixture.earlier,
        delta=delta,
        recall=tuple(one.recall(THRESHOLD, at_least(LEAST_PX)) for one in ours),
        rival_recall=tuple(one.recall(THRESHOLD, at_least(LEAST_PX)) for one in other),
        unmatched=tuple(one.unmatched_per_frame(THRESHOLD) for one in ours),
        rival_unmatched=tuple(one.unmatched_per_frame(THRESHOLD) for one in other),
        calm=(_mean_unmatched(quiet[0]), _mean_unmatched(quiet[1])),
    )


def _mean_unmatched(found: Sequence[Matches]) -> float:
    return float(np.mean([one.unmatched_per_frame(THRESHOLD) for one in found]))


def _working_point(model: Path, pictures: Sequence[Truth], allowed: Sequence[float], out: Path) -> float:
    """Finds by halving the largest shift of the scores at which no view has too many unmatched boxes."""
    low, high = -6.0, 6.0
    # Nine halvings of 12 leave less than 0.03 of a logit.
    for _ in range(9):
        middle = (low + high) / 2
        onnx_export.shift_scores(model, middle, out)
        rates = [one.unmatched_per_frame(THRESHOLD) for one in look(out, pictures)]
        fits = all(rate <= limit for rate, limit in zip(rates, allowed, strict=True))
        low, high = (middle, high) if fits else (low, middle)
    # The last shift that was tried may be one that does not fit.
    onnx_export.shift_scores(model, low, out)
    return low


RESULT, SUMMARY = "detector.onnx", "summary.json"
CHECKED = 100
"""Pictures on which OpenCV's numbers are compared with the framework's."""


def trial_of(frames: Sequence[Truth], calm: Sequence[Path], rival: Path) -> DetectorTrial:
    """What the choice is made on."""
    return DetectorTrial(tuple(frames), tuple(Truth(file, ()) for file in calm), rival)


def finish(
    run: DetectorRun, known: KnownWeights, trial: DetectorTrial, origin: dict[str, str]
) -> dict[str, object]:
    """Writes the chosen detector and its summary into the run folder.

    Args:
        run: The run.
        known: What checkpoints are mixed with.
        trial: What to choose on.
        origin: What to note of where it comes from.

    Returns:
        The summary.

    Raises:
        ModelError: OpenCV computes other numbers than the framework.
    """
    out = run.folder / RESULT
    choice = choose(run.folder, known, trial, out)
    pictures = [pixels for one in trial.frames[:CHECKED] if (pixels := open_image(one.image)) is not None]
    gap = parity.largest_difference(out, pictures)
    if not gap < parity.LIMIT:
        raise ModelError(f"{out}: OpenCV's outputs differ from the framework's by {gap:.3g}; do not use it")
    summary = {
        "model": str(out),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "run": run.folder.name,
        "git": git_revision(),
        **origin,
        **choice.as_json(),
        "pictures_compared": len(pictures),
        "largest_difference": gap,
    }
    write_atomic(run.folder / SUMMARY, f"{json.dumps(summary, indent=1)}\n".encode())
    return summary


def origin_of(published: Path | None, fingerprint: str, earlier: Path | None = None) -> dict[str, str]:
    """Where training started from, on which data, and which earlier run the choice might mix in."""
    started = "random weights" if published is None else _named(published)
    mixed = {} if earlier is None else {"mixed_with": _named(earlier)}
    return {"started_from": started, **mixed, "dataset_fingerprint": fingerprint}


def _named(file: Path) -> str:
    return f"{file.name}, SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()}"


def earlier_weights(file: Path, design: Design) -> tuple[Weights, ...]:
    """The weights of a detector of an earlier run, for `KnownWeights`.

    Raises:
        ConfigError: Its network is another one.
        ModelError: It is no detector that was exported here.
    """
    other, weights = onnx_export.read(file)
    if other != design:
        raise ConfigError(
            f"{file} has another network than this run; name one that was trained with its recipe"
        )
    return weights
