"""Whether the faces of a split are enough to train on, which is asked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from training.manifest import Assigned, Part
from training.material import Material
from training.recipe import Recipe


def usable(material: Material, recipe: Recipe) -> Material:
    """The faces of the classes that the recipe's network knows.

    Raises:
        ConfigError: There are none to train on of a class, or none to judge on.
    """
    known = material.of_classes(recipe.network.classes)
    require(known.of(Part.TRAIN).faces, recipe.network.classes)
    if not known.of(Part.VALIDATION).faces:
        raise ConfigError("the validation part of the split holds no face; add images and split them anew")
    return known


def require(faces: Sequence[Assigned], classes: int = len(LABELS)) -> None:
    """Insists on training faces of every class, or on bare ones that the last can be drawn on.

    Raises:
        ConfigError: A class has no face at all to train on.
    """
    there = {face.record.label for face in faces}
    for label in LABELS[:2]:
        if label not in there:
            raise ConfigError(f"no face of class {label} to train on; add images of it")
    drawable = any(face.record.landmarks for face in faces if face.record.label is Label.WITHOUT_MASK)
    if classes > 2 and not drawable and Label.MASK_WORN_INCORRECTLY not in there:
        raise ConfigError(
            f"no face of class {Label.MASK_WORN_INCORRECTLY} to train on, and no bare face to draw one on; "
            "add images of it, or set network.classes to 2"
        )
