"""`maskgate-train gate`: may a new model take the place of an old one?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.types import GateError
from training import evaluate as judging
from training import gate as gates
from training import quiet
from training.cli.common import EXISTING, cache_option, json_option, load_material
from training.manifest import Manifest, Part
from training.material import Material


@click.command()
@click.argument("new", type=EXISTING)
@click.argument("old", type=EXISTING)
@click.argument("split", type=EXISTING)
@cache_option
@json_option
def gate(new: Path, old: Path, split: Path, cache: Path | None, as_json: bool) -> None:
    """Judges NEW against OLD on the test part of SPLIT; ends with exit code 1 if NEW may not replace it.

    NEW must have the higher macro-F1, no class whose F1 lies below the interval of OLD, and no more bare
    faces called masked than that interval allows. Compare bundles with bundles, as they run on a device.

    Example: maskgate-train gate runs/20250101-120000-default/bundle edge/models split.json
    """
    if ".keras" in (new.suffix, old.suffix):
        quiet.framework()
    found = judge(new, old, load_material(Manifest.load(split), cache))
    click.echo(json.dumps(found.as_json()) if as_json else found.text())
    insist(found, new)


def judge(new: Path, old: Path, material: Material) -> gates.Gate:
    """Both models on the test part.

    Raises:
        ModelError: A model cannot be opened.
        ConfigError: There is no test face.
    """
    models = (judging.Candidate("old", old), judging.Candidate("new", new))
    return gates.gate(judging.on_faces(models, material.of(Part.TEST)))


def insist(found: gates.Gate, new: Path) -> None:
    """Ends in an error that says where a new model fails.

    Raises:
        GateError: It does.
    """
    if not found.passed:
        raise GateError(f"{new} is not promoted: {found.failures()}")
