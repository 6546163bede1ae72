"""Options and steps that several training commands share."""

from __future__ import annotations

import click

from edge.cli.output import table
from edge.contract import LABELS, MASK_WORN_INCORRECTLY
from training.data.dataset import FaceDataset
from training.metrics import ClassifierFigures


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
