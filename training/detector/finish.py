"""The end of a run: choose, check the numbers in OpenCV, and write down where the detector comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from edge.errors import ModelError
from training.data import open_image
from training.detector import parity, select
from training.detector.fit import Run
from training.detector.measure import Truth
from training.detector.network import Weights
from training.runs import git_revision

RESULT, SUMMARY = "detector.onnx", "summary.json"
CHECKED = 100
"""Pictures on which OpenCV's numbers are compared with the framework's."""


def trial_of(frames: Sequence[Truth], calm: Sequence[Path], rival: Path) -> select.Trial:
    """What the choice is made on."""
    return select.Trial(tuple(frames), tuple(Truth(file, ()) for file in calm), rival)


def finish(
    run: Run, start: Sequence[Weights], trial: select.Trial, origin: dict[str, str]
) -> dict[str, object]:
    """Writes the chosen detector and its summary into the run folder.

    Args:
        run: The run.
        start: The weights it started from.
        trial: What to choose on.
        origin: What to note of where it comes from.

    Returns:
        The summary.

    Raises:
        ModelError: OpenCV computes other numbers than the framework.
    """
    out = run.folder / RESULT
    choice = select.choose(run.folder, start, trial, out)
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
    (run.folder / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def origin_of(published: Path | None, fingerprint: str) -> dict[str, str]:
    """Where training started from, and on which data."""
    if published is None:
        return {"started_from": "random weights", "dataset_fingerprint": fingerprint}
    digest = hashlib.sha256(published.read_bytes()).hexdigest()
    return {"started_from": f"{published.name}, SHA-256 {digest}", "dataset_fingerprint": fingerprint}
