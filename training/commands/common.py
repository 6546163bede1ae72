"""Options and steps that several training commands share."""

from __future__ import annotations

import click

from edge.contract import LABELS
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


def table(found: dict[str, ClassifierFigures]) -> str:
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
