"""Options and steps that several training commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from edge import bundle
from edge.cli.options import EXISTING
from edge.cli.output import progress, table
from edge.contract import LABELS, MASK_WORN_INCORRECTLY
from training import framework
from training.classifier import recipe
from training.classifier.recipe import Recipe
from training.data.dataset import FaceDataset
from training.data.readers import Skip, by_reason
from training.metrics import ClassifierFigures

sources_option = click.option(
    "--sources",
    multiple=True,
    type=EXISTING,
    help="TOML with title, licence and address of the data sets, by name; may be given again.",
)

hard_option = click.option(
    "--hard",
    type=EXISTING,
    help="Weights of faces that an earlier round got wrong: hard-faces.json of the folds.",
)

NAMED = 5
"""Files that are named of all that could not be used for one reason."""

finder_option = click.option(
    "--detector",
    type=EXISTING,
    default=bundle.SHIPPED_DETECTOR,
    help="Detector (YuNet's kind) that finds the faces in data folders; the package's where not given.",
)

folds_option = click.option(
    "--folds",
    "count",
    default=5,
    show_default=True,
    type=click.IntRange(2, 20),
    help="Parts that the groups are dealt to; each is tested once.",
)

scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dask scheduler whose workers train the folds, such as tcp://10.0.0.1:8786; else this machine does.",
)


def skipped(skips: Iterable[Skip]) -> dict[str, list[str]]:
    """The first files that were not used, by the reason."""
    return {reason: [str(path) for path in paths[:NAMED]] for reason, paths in by_reason(skips).items()}


def skipped_lines(skips: Iterable[Skip]) -> list[str]:
    """How much was not used and why, with the first files below each reason."""
    lines = []
    for reason, paths in by_reason(skips).items():
        lines.append(f"skipped: {reason:37} {len(paths):6}")
        lines += [f"  {path}" for path in paths[:NAMED]]
        if len(paths) > NAMED:
            lines.append(f"  and {len(paths) - NAMED} more")
    return lines


def tell_skipped(skips: Iterable[Skip]) -> None:
    """Says on standard error what was not used."""
    for line in skipped_lines(skips):
        click.echo(line, err=True)


def load_recipe(file: Path) -> Recipe:
    """The recipe in a file, whose teachers are there, before anybody waits for a framework.

    Raises:
        ConfigError: It cannot be read or has problems.
        ModelError: A teacher is missing.
    """
    settings = recipe.load(file)
    settings.distil.require_teachers()
    return settings


def require_weights(settings: Recipe, given: str | None, processors: int = 1) -> None:
    """Insists that the weights to start from can be had, before data is read and a run is made.

    Raises:
        ModelError: They cannot.
    """
    if settings.network.start(given) == "none":
        return
    framework.load_framework(settings.threads, processors)
    from training.classifier import network

    with progress("fetching the weights to start from"):
        network.require_weights(settings.network, given)


def known_faces(material: FaceDataset, classes: int) -> FaceDataset:
    """The faces of the labels that a network of so many classes knows; says how many are left out."""
    known = material.of_classes(classes)
    left = len(material.faces) - len(known.faces)
    if left:
        out = ", ".join(LABELS[classes:])
        click.echo(f"{left} faces of {out} are left out: the network has {classes} classes", err=True)
    return known


def slices_table(found: dict[str, ClassifierFigures]) -> str:
    """The main figures of every slice, one line each."""
    heads = ("slice", "faces", "accuracy", "macro-F1", "bare->mask", "wrong found")
    rows = [
        (
            name,
            f"{one.faces}",
            f"{one.accuracy:.4f}",
            f"{one.macro_f1:.4f}",
            f"{one.bare_called_masked:.4f}",
            f"{one.classes[MASK_WORN_INCORRECTLY].recall:.4f}",
        )
        for name, one in found.items()
    ]
    return table([heads, *rows], "l")
