"""The layers of the network."""

from __future__ import annotations

from training.detector import initial_weights
from training.detector.network import Design, layers


def test_weights_have_the_shapes_of_the_layers() -> None:
    """Random weights fill every layer, and refining units add nothing yet."""
    design = Design(refine=(1, 0, 0))
    weights = initial_weights.initial(design, None, 5)
    assert [value.shape for value in weights] == [shape for layer in layers(design) for shape in layer.shapes]
    places = [(layer.name, number) for layer in layers(design) for number in range(len(layer.shapes))]
    assert not weights[places.index(("refine8.0", 2))].any()
