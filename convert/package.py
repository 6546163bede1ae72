"""Makes a bundle of a trained model: quantise, compare, measure, write."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from convert import detector, parity, quantize
from convert.proof import Proof, of_folds, of_test
from edge import bundle
from edge.classify import Model
from edge.contract import LABELS
from training import evaluate
from training.evidence import Evidence
from training.manifest import Part
from training.material import Material

GOLDEN_SEEDS = range(200)
"""Made-up crops among which those of the self-test are sought."""

GOLDEN_SURE = 0.9
"""What a model must give its answer at least, for a label to be represented in the self-test."""

GOLDEN_LEAST = 3
"""Crops in a self-test at least, the surest ones."""

GOLDEN_TOLERANCE = 0.05
"""XNNPACK and the older int8 kernels round otherwise: by up to 0.08 on faces, 0.0002 where one is sure."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundle comes from, as its manifest tells."""

    version: str
    run: str
    fingerprint: str


def convert(
    model: Path, material: Material, origin: Origin, output: Path, folds: Evidence | None = None
) -> dict[str, float]:
    """Writes a bundle for a float model.

    Ranges come from training faces, parity from validation faces, figures from test faces or folds.

    Args:
        model: The `.keras` file.
        material: The faces of the split that the model was trained with.
        origin: Goes into the manifest.
        output: Bundle directory; a detector that stands in it stays.
        folds: What models of the same recipe said of faces they never saw, where this model saw all.

    Returns:
        The figures that stand in the manifest.

    Raises:
        GateError: The int8 model disagrees with the float model; nothing was written.
    """
    reference, size = evaluate.open_model(model)
    training, checked, test = (material.of(part) for part in Part)
    flat = quantize.of_training(model, training)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder)
        (draft / bundle.CLASSIFIER).write_bytes(flat)
        device, _ = evaluate.open_model(draft / bundle.CLASSIFIER)
        crops = checked.crops(size)
        measured = parity.check(reference(crops), device(crops))
        proof = of_folds(folds) if folds is not None else of_test(reference, device, size, test)
        metrics = proof.metrics | {f"parity_{name}": round(value, 5) for name, value in measured.items()}
        _write(draft, output, origin, Proof(metrics, proof.thresholds))
    return metrics


def _write(draft: Path, output: Path, origin: Origin, proof: Proof) -> None:
    """Completes the bundle in the draft folder, then moves it into place, the manifest last."""
    figures = proof.metrics
    model = Model(draft / bundle.CLASSIFIER)
    bundle.write_manifest(
        draft,
        version=origin.version,
        labels=[label.value for label in LABELS],
        input={"size": model.size},
        golden=golden(model),
        training_run=origin.run,
        dataset_fingerprint=origin.fingerprint,
        metrics=figures,
        thresholds=proof.thresholds,
    )
    if (kept := detector.of(output)) is not None:
        detector.add(kept, draft)
    output.mkdir(parents=True, exist_ok=True)
    for name in (bundle.CLASSIFIER, bundle.MANIFEST):
        partial = output / f"{name}.partial"
        shutil.copy2(draft / name, partial)
        partial.replace(output / name)


def golden(model: Model) -> list[dict[str, object]]:
    """The self-test of a bundle: made-up crops that the model is sure about, of as many labels as can be.

    Where a model wavers, a difference in rounding moves its answer by up to 0.2; where it is sure,
    every interpreter agrees. A label that no made-up crop brings out is left out.
    """
    answers = {seed: model.probabilities(bundle.golden_crop(seed, model.size)) for seed in GOLDEN_SEEDS}
    surest = sorted(answers, key=lambda seed: -float(answers[seed].max()))
    first = {
        int(answers[seed].argmax()): seed for seed in reversed(surest) if answers[seed].max() >= GOLDEN_SURE
    }
    chosen = set(first.values()) | set(surest[:GOLDEN_LEAST])
    return [
        {"seed": seed, "probabilities": answers[seed].tolist(), "tolerance": GOLDEN_TOLERANCE}
        for seed in sorted(chosen)
    ]
