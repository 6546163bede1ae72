"""Makes a bundle of a trained model: quantise, compare, measure, write."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from convert import detector, gates, keras_model, quantize, representative
from convert.manifest_metrics import ManifestMetrics, Predictors, decide_on, of_folds, of_test
from convert.metadata import BundleOrigin, Provenance, tools
from convert.parity import compare
from convert.parity.report import measure
from edge import bundle
from edge.bundle import golden
from edge.contract import FEWEST_GOLDEN, GOLDEN_TOLERANCE, LABELS
from edge.errors import ConfigError
from edge.system.files import write_atomic
from edge.system.parsing import parse_json
from edge.vision.interpreter import TfliteModel
from training.classifier.inference import predict
from training.data.dataset import FaceDataset
from training.data.manifest import SplitPart
from training.evaluation.predictions import Predictions
from training.evaluation.thresholds import DecisionLimits, load_limits

__all__ = ["BundleOrigin", "Options", "convert", "golden_answers"]

GOLDEN_SEEDS: dict[golden.Kind, range] = {"blobs": range(200), "face": range(3000)}
"""Made-up crops among which those of the self-test are sought."""

GOLDEN_SURE = 0.9
"""What a model must give its answer at least, for a label to be represented in the self-test."""

GOLDEN_EACH = 2
"""Crops of each label in a self-test, the surest ones."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to convert.

    Attributes:
        gates: What must hold before anything is written.
        folds: What models of the same recipe predict for faces they never saw, where this model saw all.
        limits: What the thresholds hold that are chosen on the folds or on validation faces.
        decide: Whether thresholds are chosen on validation faces where there are no folds.
        provenance: Licence and sources, as far as they are named; else those of the bundle that is replaced.
        step: Called with what is done next.
    """

    gates: gates.Gates = field(default_factory=gates.load)
    folds: Predictions | None = None
    limits: DecisionLimits = field(default_factory=load_limits)
    decide: bool = False
    provenance: Provenance = field(default_factory=Provenance)
    step: Callable[[str], None] = lambda _: None


def convert(
    model: Path, material: FaceDataset, origin: BundleOrigin, output: Path, options: Options | None = None
) -> dict[str, float]:
    """Writes a bundle for a float model.

    Ranges come from training faces, parity from validation faces, figures from test faces or folds.

    Args:
        model: The `.keras` or `.h5` file.
        material: The faces of the split that the model was trained with.
        origin: Goes into the manifest.
        output: Bundle directory; a detector that stands in it stays, else it gets the package's.
        options: How.

    Returns:
        The figures that stand in the manifest.

    Raises:
        ModelError: The network breaks the contract.
        ConfigError: There are too few faces.
        GateError: The int8 model disagrees with the float model, or no thresholds hold the limits; nothing
            was written.
    """
    how = options or Options()
    how.step("opening the network")
    opened = keras_model.open_network(model)
    size, classes = int(opened.inputs[0].shape[1]), int(opened.outputs[0].shape[1])
    training, checked, test = (material.of_classes(classes).of(part) for part in SplitPart)
    chosen = representative.choose(training, classes, how.gates.representative)
    crops = chosen.material.crops(size)
    # The first labelled faces at hand, and before all that takes long.
    keras_model.require_order(opened, crops, chosen.material.truth(), str(model))
    how.step("quantising")
    flat, _ = quantize.corrected(opened, crops)
    # A draft apart from the output: a failed gate leaves the bundle there as it was.
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder)
        (draft / bundle.CLASSIFIER).write_bytes(flat)
        pair = compare.ModelPair(opened, TfliteModel(draft / bundle.CLASSIFIER))
        how.step("comparing")
        compared, _ = compare.compare(pair, checked, chosen.counts)
        report = measure(compared, how.gates.parity)
        report.insist()
        how.step("measuring")
        proof = _proof(pair, checked, test, how)
        proof = replace(proof, metrics=proof.metrics | report.figures() | chosen.figures())
        how.step("writing")
        _write(draft, output, _ManifestFields(origin, how.provenance, _calibration(model)), proof)
    return proof.metrics


def _proof(
    pair: compare.ModelPair, validation: FaceDataset, test: FaceDataset, how: Options
) -> ManifestMetrics:
    if how.folds is not None:
        return of_folds(how.folds, how.limits)
    models = Predictors(
        lambda crops: predict(pair.network, crops),
        lambda crops: np.stack([pair.device.probabilities(crop) for crop in crops]),
        pair.device.size,
    )
    return of_test(models, test, decide_on(models, validation, how.limits) if how.decide else None)


@dataclass(frozen=True, slots=True)
class _ManifestFields:
    """The fields of a manifest that are not measured here."""

    origin: BundleOrigin
    provenance: Provenance
    calibration: dict[str, Any]


def _write(draft: Path, output: Path, fields: _ManifestFields, proof: ManifestMetrics) -> None:
    """Completes the bundle in the draft folder, then moves it into place, the manifest last."""
    beside = output if detector.of(output) is not None else bundle.SHIPPED
    # The manifest lists notices with their digests, so that they must be there before it.
    for notice in (*output.glob("*.txt"), *beside.glob("*.txt")):
        shutil.copy2(notice, draft)
    model = TfliteModel(draft / bundle.CLASSIFIER)
    bundle.write_manifest(
        draft,
        version=fields.origin.version,
        labels=[label.value for label in LABELS[: model.classes]],
        input={"size": model.size},
        golden=golden_answers(model),
        calibration=fields.calibration,
        training_run=fields.origin.run,
        dataset_fingerprint=fields.origin.fingerprint,
        metrics=proof.metrics,
        intervals=proof.intervals,
        thresholds={label: at for label, at in proof.thresholds.items() if label in LABELS[: model.classes]},
        smallest_px={
            label: px for label, px in proof.smallest_px.items() if label in LABELS[: model.classes]
        },
        tools=tools(),
        **fields.provenance.or_of(output).fields(),
    )
    if (kept := detector.of(beside)) is not None:
        detector.add(kept, draft)
    _move(draft, output)


def _move(draft: Path, output: Path) -> None:
    """Puts the files of a bundle into place; a signature that stands there was of another one."""
    for name in (*bundle.load(draft).manifest.files, bundle.MANIFEST):
        write_atomic(output / name, (draft / name).read_bytes())
    (output / bundle.SIGNATURE).unlink(missing_ok=True)


def _calibration(model: Path) -> dict[str, Any]:
    """What training fitted on validation faces and folded into the last layer; empty where unknown."""
    file = model.with_name("scaling.json")
    if not file.exists():
        return {}
    try:
        raw = parse_json(file.read_text(encoding="utf-8-sig"))
        return {"method": "vector", "factor": float(raw["factor"]), "shifts": list(map(float, raw["shifts"]))}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} is damaged: {error}; train the model again") from None


def golden_answers(model: TfliteModel) -> list[dict[str, Any]]:
    """The self-test of a bundle: made-up crops that the model is sure about, of every label if it can be.

    Where a model wavers, a difference in rounding moves its answer by up to 0.2; where it is sure,
    every interpreter agrees. A label that no made-up crop brings out is left out.
    """
    asked = [(kind, seed) for kind, seeds in GOLDEN_SEEDS.items() for seed in seeds]
    shares = np.stack([model.probabilities(golden.crop(kind, seed, model.size)) for kind, seed in asked])
    chosen: set[int] = set()
    for label in range(model.classes):
        # Stable, so that equal answers choose the same crops and give the same bytes.
        surest = np.argsort(-shares[:, label], kind="stable")[:GOLDEN_EACH]
        chosen |= {int(place) for place in surest if shares[place, label] >= GOLDEN_SURE}
    # A model that is sure of little is held to the crops that it is surest about.
    by_sureness = [int(place) for place in np.argsort(-shares.max(axis=1), kind="stable")]
    more = [place for place in by_sureness if place not in chosen]
    chosen |= set(more[: max(0, FEWEST_GOLDEN - len(chosen))])
    return [
        {
            "kind": asked[place][0],
            "seed": asked[place][1],
            "probabilities": shares[place].tolist(),
            "tolerance": GOLDEN_TOLERANCE,
        }
        for place in sorted(chosen)
    ]
