"""Mixed precision."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.support.training import framework
from training.classifier.recipe import NetworkRecipe, Recipe, ScheduleRecipe

pytestmark = pytest.mark.slow

NETWORK = NetworkRecipe(name="small_cnn", input_size=96, dense_units=4, weights="none")


def test_a_network_is_stored_in_32_bits() -> None:
    """What calculates in 16 bits has a plain copy with the same weights; the ends always have 32."""
    framework()
    from training.classifier import precision
    from training.classifier.network import build

    plan = Recipe(network=NETWORK, schedule=ScheduleRecipe(precision="mixed_bfloat16"))
    with precision.policy("mixed_bfloat16"):
        model = build(NETWORK)
    assert model.get_layer("dense").compute_dtype == "bfloat16"
    assert model.get_layer("probabilities").compute_dtype == "float32"
    assert model.get_layer("scale").compute_dtype == "float32"
    before = random.getstate()
    plain = precision.plain(model, plan)
    assert random.getstate() == before
    inner = [*plain.layers, *plain.get_layer("backbone").layers]
    assert {layer.compute_dtype for layer in inner} == {"float32"}
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert precision.mixed(plain, plan).get_layer("dense").compute_dtype == "bfloat16"


def test_a_plain_recipe_copies_nothing() -> None:
    """Without mixed precision the network is trained and stored as it is."""
    framework()
    from training.classifier import precision
    from training.classifier.network import build

    model = build(NETWORK)
    assert precision.plain(model, Recipe(network=NETWORK)) is model
    assert precision.mixed(model, Recipe(network=NETWORK)) is model
