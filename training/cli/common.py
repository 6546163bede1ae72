"""Options and steps that several training commands share."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from edge.contract import LABELS
from training.crops import default_cache, patches
from training.manifest import Manifest
from training.material import Material
from training.metrics import Figures

EXISTING = click.Path(exists=True, path_type=Path)
FILE = click.Path(path_type=Path)

cache_option = click.option("--cache", type=FILE, help="Folder for decoded faces (the user's cache).")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of a table."
)


def load_material(manifest: Manifest, cache: Path | None) -> Material:
    """Loads the split's faces, with a bar on a terminal while they are cut the first time."""
    faces = manifest.assigned()
    records = [face.record for face in faces]
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("cutting faces", total=len(faces))
        cut = patches(
            records,
            manifest.fingerprint,
            cache or default_cache(),
            lambda done: bar.update(task, completed=done),
        )
    return Material(faces, cut)


def known_faces(material: Material, classes: int) -> Material:
    """The faces of the labels that a network of so many classes knows; says how many are left out."""
    known = material.of_classes(classes)
    left = len(material.faces) - len(known.faces)
    if left:
        out = ", ".join(LABELS[classes:])
        click.echo(f"{left} faces of {out} are left out: the network has {classes} classes", err=True)
    return known


def table(found: dict[str, Figures]) -> str:
    """The main figures of every slice, one line each."""
    lines = [
        f"{'slice':28} {'faces':>6} {'accuracy':>9} {'macro-F1':>9} {'bare->mask':>11} {'wrong found':>12}"
    ]
    lines += [
        f"{name:28} {one.faces:6} {one.accuracy:9.4f} {one.macro_f1:9.4f} "
        f"{one.bare_called_masked:11.4f} {one.classes[2].recall:12.4f}"
        for name, one in found.items()
    ]
    return "\n".join(lines)
