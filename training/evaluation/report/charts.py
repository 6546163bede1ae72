"""Charts of a report as SVG text; what is charted is worked out elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edge.contract import LABELS, WITH_MASK, WITHOUT_MASK
from training.data.manifest import SplitPart
from training.evaluation.curves import precision_recall, reliability, roc
from training.evaluation.intervals import Estimate
from training.evaluation.learning_curve import CurvePoint, LearningCurve
from training.evaluation.predictions import MIN_PX, ModelPredictions, Predictions
from training.evaluation.results import ResultRow
from training.metrics import Shares, Truth

COLOURS = ("#1b7f5c", "#b3362b", "#c77d0a")
"""Of the classes: green, red and amber, as the lamp shows them."""
INK, FAINT = "#1d2733", "#c9d1d9"
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e8ecf0",
    "axes.axisbelow": True,
    "svg.fonttype": "none",
    # With random ids and the date, Matplotlib would write another file for the same figures.
    "svg.hashsalt": "maskgate",
    "legend.frameon": False,
}
WORDS = tuple(label.value.replace("_", " ") for label in LABELS)


@contextmanager
def _chart(width: float, height: float, across: int = 1) -> Iterator[tuple[list[Axes], io.StringIO]]:
    """A figure in the house style whose SVG is in the buffer afterwards."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield list(np.atleast_1d(figure.subplots(1, across))), buffer
        figure.savefig(buffer, format="svg", metadata={"Date": None})


def calibration(predictions: Predictions) -> str:
    """Confidence against accuracy for every model; on the diagonal a probability means what it says."""
    with _chart(4.4 * len(predictions.columns), 4.0, len(predictions.columns)) as (axes, out):
        for axis, column in zip(axes, predictions.columns, strict=True):
            bins = reliability(predictions.truth, column.shares)
            most = max(one.faces for one in bins)
            axis.plot([0.3, 1], [0.3, 1], color=FAINT, zorder=1)
            axis.plot([b.confidence for b in bins], [b.right for b in bins], color=INK, linewidth=1, zorder=2)
            sizes = [20 + 260 * one.faces / most for one in bins]
            axis.scatter(
                [b.confidence for b in bins], [b.right for b in bins], sizes, color="#2f6fb0", zorder=3
            )
            for one in bins:
                axis.annotate(
                    f"{one.faces}", (one.confidence, one.right), (0, 11), textcoords="offset points",
                    ha="center", fontsize=8,
                )  # fmt: skip
            axis.set(xlim=(0.3, 1.04), ylim=(0, 1.1), xlabel="confidence", ylabel="share that is right")
            axis.set_title(column.name, fontsize=10)
    return out.getvalue()


def ranking(truth: Truth, column: ModelPredictions) -> str:
    """ROC and precision-recall curves of one model, a line per class."""
    with _chart(8.8, 4.0, 2) as ((left, right), out):
        for index, word in enumerate(WORDS):
            ranked, found = roc(truth, column.shares, index), precision_recall(truth, column.shares, index)
            if ranked is None or found is None:
                continue
            left.plot(ranked.x, ranked.y, color=COLOURS[index], label=word)
            right.plot(found.x, found.y, color=COLOURS[index], label=word)
        left.set(
            xlabel="share of the others called so", ylabel="share found", xlim=(-0.01, 0.5), ylim=(0, 1.02)
        )
        left.set_title("ROC, left half", fontsize=10)
        right.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.02))
        right.set_title("precision and recall", fontsize=10)
        left.legend(loc="lower right")
    return out.getvalue()


def trade(truth: Truth, shares: Shares, chosen: float) -> str:
    """What a threshold on P(with_mask) costs: bare faces called masked against masked faces missed."""
    # Of three classes the likeliest has at least a third.
    steps = np.linspace(0.34, 1, 133)
    called = shares[:, WITH_MASK] >= np.maximum(steps[:, None], shares[:, WITH_MASK + 1 :].max(axis=1))
    without_mask, masked = (
        100 * called[:, truth == index].mean(axis=1) for index in (WITHOUT_MASK, WITH_MASK)
    )
    with _chart(8.8, 3.4) as ((axis,), out):
        axis.plot(steps, without_mask, color=COLOURS[WITHOUT_MASK], label="bare faces called masked")
        axis.plot(steps, 100 - masked, color=COLOURS[WITH_MASK], label="masked faces not called masked")
        if np.isfinite(chosen) and chosen > steps[0]:
            axis.axvline(chosen, color=INK, linewidth=1)
            axis.annotate(f" chosen: {chosen:.2f}", (chosen, axis.get_ylim()[1]), va="top", fontsize=9)
        # Shows half a percent beside a hundred, and zero, which a plain logarithm has not.
        axis.set(
            xlabel="threshold of P(with mask)", ylabel="%", yscale="symlog", xlim=(0.33, 1.0), ylim=(0, 100)
        )
        axis.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        axis.legend(loc="upper center")
    return out.getvalue()


def forest(rows: Sequence[ResultRow]) -> str:
    """Accuracy with its interval in every slice of one model."""
    lines: list[ResultRow | str] = []
    for row in rows:
        if not lines or (isinstance(lines[-1], ResultRow) and lines[-1].dimension != row.dimension):
            lines.append(row.dimension)
        lines.append(row)
    with _chart(8.8, 0.7 + 0.25 * len(lines)) as ((axis,), out):
        for place, line in enumerate(lines):
            if isinstance(line, ResultRow):
                found = line.plain.accuracy
                axis.plot([found.low, found.high], [place, place], color="#2f6fb0", linewidth=2)
                axis.plot([found.value], [place], "o", color="#2f6fb0")
        names = [f"{one.name}  ({one.plain.faces})" if isinstance(one, ResultRow) else one for one in lines]
        axis.set_yticks(range(len(lines)), names)
        for tick, line in zip(axis.get_yticklabels(), lines, strict=True):
            tick.set_fontweight("normal" if isinstance(line, ResultRow) else "bold")
        # Reversed: the first slice stands at the top.
        axis.set(ylim=(len(lines) - 0.5, -0.5), xlabel="accuracy")
        axis.grid(visible=False, axis="y")
    return out.getvalue()


def history(epochs: Sequence[Mapping[str, float]]) -> str:
    """Loss, and the figures on validation, after every epoch."""
    numbers = [row["epoch"] + 1 for row in epochs]
    with _chart(8.8, 3.4, 2) as ((left, right), out):
        for axis, series in ((left, _LOSSES), (right, _SCORES)):
            for (name, word), colour in zip(series.items(), ("#2f6fb0", COLOURS[2]), strict=True):
                if all(name in row for row in epochs):
                    axis.plot(
                        numbers, [row[name] for row in epochs], "o-", color=colour, label=word, markersize=3
                    )
            axis.set(xlabel="epoch")
            axis.margins(y=0.25)
            axis.legend(loc="upper right")
    return out.getvalue()


def histories(runs: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Validation loss and macro-F1 of several runs, by name, after every epoch."""
    series = {"tempered_loss": "validation loss", "macro_f1": "validation macro-F1"}
    with _chart(8.8, 3.6, 2) as (axes, out):
        for axis, (name, word) in zip(axes, series.items(), strict=True):
            for run, epochs in runs.items():
                rows = [row for row in epochs if name in row]
                axis.plot(
                    [row["epoch"] + 1 for row in rows],
                    [row[name] for row in rows],
                    "o-",
                    label=run,
                    markersize=3,
                )
            axis.set(xlabel="epoch", title=word)
            axis.margins(y=0.15)
        axes[0].legend(loc="upper right", fontsize=8)
    return out.getvalue()


_LOSSES = {"loss": "training loss", "tempered_loss": "validation loss"}
_SCORES = {"macro_f1": "validation macro-F1", "wrong_recall": "wrongly worn masks found"}


def sizes(px: Sequence[tuple[float, SplitPart]]) -> str:
    """How large the faces are, by part of the split; sizes from doubling to doubling."""
    edges = [2 ** (half / 2) for half in range(4, 21)]
    with _chart(8.8, 3.0) as ((axis,), out):
        stacks = [[size for size, part in px if part is wanted] for wanted in SplitPart]
        axis.hist(
            stacks,
            edges,
            stacked=True,
            label=[part.value for part in SplitPart],
            color=("#2f6fb0", "#86b3dd", INK),
        )
        axis.axvline(MIN_PX, color=FAINT, linestyle="--")
        axis.set_xscale("log", base=2)
        axis.set_xticks([4, 8, 16, 32, 64, 128, 256, 512], ["4", "8", "16", "32", "64", "128", "256", "512"])
        axis.set(xlabel="smaller side of the face, pixels", ylabel="faces")
        axis.legend()
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Detections:
    """One detector over falling thresholds: unmatched boxes a frame and recall, and its working point."""

    name: str
    unmatched: Sequence[float]
    recall: Sequence[float]
    chosen: tuple[float, float]


def detections(detectors: Sequence[Detections]) -> str:
    """Recall against unmatched boxes a frame, one line a detector, a dot where it works."""
    with _chart(7.2, 3.6) as ((axis,), out):
        for detector, colour in zip(detectors, COLOURS, strict=False):
            axis.plot(detector.unmatched, detector.recall, color=colour, label=detector.name)
            axis.plot(*detector.chosen, "o", color=colour)
        axis.set(xlabel="unmatched boxes a frame", ylabel="recall", xlim=(0, 2), ylim=(0.5, 1.0))
        axis.legend(loc="lower right", title="dot: at the threshold")
    return out.getvalue()


def learning_curve(found: LearningCurve) -> str:
    """Macro-F1 and the costly errors over the faces to train on; or what leaving out each source changes."""
    return _by_source(found.sources) if found.sources else _by_size(found.sizes)


def _by_size(points: Sequence[CurvePoint]) -> str:
    faces = [one.faces for one in points]
    with _chart(11.0, 3.6, 3) as (axes, out):
        for axis, (title, lines) in zip(axes, _CURVES.items(), strict=True):
            for colour, (word, name) in zip(("#2f6fb0", COLOURS[2]), lines.items(), strict=False):
                _line_with_intervals(axis, faces, [getattr(one, name) for one in points], (word, colour))
            axis.set_xscale("log")
            axis.set_xticks(faces, [f"{one:.0f}" for one in faces])
            axis.minorticks_off()
            axis.set(xlabel="faces to train on")
            axis.set_title(title, fontsize=10)
            axis.margins(y=0.25)
            axis.set_ylim(bottom=max(-0.02, axis.get_ylim()[0]))
            axis.legend(loc="best")
    return out.getvalue()


_CURVES = {
    "all faces": {"macro-F1": "macro_f1"},
    "bare faces": {"called masked": "bare_called_masked", "called wrongly worn": "bare_called_incorrect"},
    "wrongly worn masks": {"precision": "incorrect_precision", "found": "incorrect_recall"},
}
"""What is drawn over the faces: by title, the attribute of a point for each line."""


def _line_with_intervals(
    axis: Axes, places: Sequence[float], figures: Sequence[Estimate], looks: tuple[str, str]
) -> None:
    """A line through the figures with a bar for each interval; `looks` are its word and its colour."""
    word, colour = looks
    axis.plot(places, [one.value for one in figures], "o-", color=colour, label=word, markersize=4)
    axis.vlines(places, [one.low for one in figures], [one.high for one in figures], color=colour, alpha=0.5)


def _by_source(points: Sequence[CurvePoint]) -> str:
    with _chart(8.8, 1.2 + 0.35 * len(points)) as ((axis,), out):
        for place, one in enumerate(points):
            axis.plot([one.change.low, one.change.high], [place, place], color="#2f6fb0", linewidth=2)
            axis.plot([one.change.value], [place], "o", color="#2f6fb0")
        axis.axvline(0, color=INK, linewidth=1)
        axis.set_yticks(range(len(points)), [f"{one.share}  ({one.faces:.0f} faces)" for one in points])
        axis.set(ylim=(len(points) - 0.5, -0.5), xlabel="change of macro-F1 against all sources")
        axis.grid(visible=False, axis="y")
    return out.getvalue()
