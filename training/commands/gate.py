"""`maskgate-train gate`: may a new model take the place of an old one?"""

from __future__ import annotations

from pathlib import Path

import click

from edge import bundle
from edge.cli.options import EXISTING, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import GateError
from edge.system.files import replacing
from edge.system.native_path import native_path
from training import framework
from training.classifier import stored
from training.classifier.run import TrainingRun
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate as evaluation
from training.evaluation import gate as gates

CANDIDATE = "candidate"
"""Folder in a run folder that an int8 bundle stands in until it has passed the gate."""


@click.command()
@click.argument("new", type=EXISTING)
@click.argument("old", type=EXISTING)
@click.argument("split", type=EXISTING)
@megapixels_option
@cache_option
@json_option
def gate(new: Path, old: Path, split: Path, cache: Path | None, as_json: bool) -> None:
    """Judges NEW against OLD on the test part of SPLIT; ends with exit code 1 if NEW may not replace it.

    NEW must have the higher macro-F1, no class whose F1 lies below the interval of OLD, and no more bare
    faces called masked than that interval allows. Compare bundles with bundles, as they run on a device. A
    face that reaches no threshold of its bundle counts as wrong.

    Example: maskgate-train gate runs/20250101-120000-default/bundle edge/models split.json
    """
    manifest = SplitManifest.load(split)
    if stored.is_network(new) or stored.is_network(old):
        framework.load_framework()
    found = compare(new, old, load_material(manifest, cache))
    click.echo(json_text(found.as_json()) if as_json else found.text())
    insist(found, new)


def compare(new: Path, old: Path, material: FaceDataset) -> gates.Gate:
    """Both models on the test part.

    Raises:
        ModelError: A model cannot be opened.
        ConfigError: There is no test face.
    """
    models = (evaluation.EvaluatedModel("old", old), evaluation.EvaluatedModel("new", new))
    predictions = evaluation.on_faces(models, material.of(SplitPart.TEST))
    # As a device answers, which applies the thresholds of its bundle.
    return gates.gate(
        predictions.with_thresholds([evaluation.shipped_thresholds(one.path) for one in models])
    )


def insist(found: gates.Gate, new: Path) -> None:
    """Ends in an error that says where a new model fails.

    Raises:
        GateError: It does.
    """
    if not found.passed:
        raise GateError(f"{new} is not promoted: {found.failures()}")


def promote(run: TrainingRun, rival: Path, material: FaceDataset) -> Path:
    """Converts a finished run and lets it stand against the bundle whose place it is to take.

    Both are judged in 8 bits, as they run on a device. What was found stands in the run's `gate.json`.

    Returns:
        The bundle in the run's folder, which is there only if it passed.

    Raises:
        GateError: The new model is not better, or worse somewhere, or differs from its float model.
    """
    promoted = run.folder / evaluation.BUNDLE
    # A run that is resumed after it has passed is not judged again.
    if promoted.exists():
        return promoted
    from convert import build, metadata

    origin = metadata.BundleOrigin("", run.id, SplitManifest.load(run.split).fingerprint)
    build.convert(run.model, material, origin, run.folder / CANDIDATE)
    found = compare(run.folder / CANDIDATE, rival, material)
    # Before a failure ends the command, since the file says why.
    run.write("gate.json", found.as_json())
    click.echo(found.text(), err=True)
    insist(found, run.folder / CANDIDATE)
    return (run.folder / CANDIDATE).replace(promoted)


def start_from(rival: Path, base: Path, run: TrainingRun) -> str | None:
    """The backbone that a bundle was made of, as a file in the new run's folder.

    A bundle holds 8 bits only, so its float network is looked for among the runs.

    Returns:
        None where the run is not there or had another network; training then starts as the recipe says.
    """
    with bundle.opened(rival) as found:
        name = found.manifest.training_run
    before = TrainingRun(base / name)
    if not name or not before.model.exists() or not (before.folder / "recipe.json").exists():
        return None
    old, new = before.recipe().network, run.recipe().network
    # Nothing else in a recipe changes the shapes of the backbone's weights.
    if (old.name, old.alpha) != (new.name, new.alpha):
        return None
    from training.classifier.network import BACKBONE

    network = stored.load(before.model)
    file = run.folder / "start.weights.h5"
    with replacing(file) as partial, native_path(partial) as name:
        network.get_layer(BACKBONE).save_weights(name)
    return str(file)
