"""Mixed precision: a network calculates in 16 bits, keeps its weights in 32, and is stored as a plain one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from training.classifier.network import build
from training.classifier.recipe import Recipe

PLAIN = "float32"


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Layers that are made in this block calculate as the policy of Keras of this name says."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def plain(model: keras.Model, recipe: Recipe) -> keras.Model:
    """A network to be stored: with the weights of this one, calculating in 32 bits."""
    return _copied(model, recipe, PLAIN)


def mixed(model: keras.Model, recipe: Recipe) -> keras.Model:
    """A network to be trained on: with the weights of this one, calculating as the recipe says."""
    return _copied(model, recipe, recipe.schedule.precision)


def _copied(model: keras.Model, recipe: Recipe, name: str) -> keras.Model:
    """The network itself where the recipe asks for no other precision than the usual.

    A copy takes nothing from the random numbers that layers are seeded with, so that it does not matter
    how often one is made.
    """
    if recipe.schedule.precision == PLAIN:
        return model
    kept = random.getstate()
    with policy(name):
        copy = build(recipe.network, "none")
    random.setstate(kept)
    copy.set_weights(model.get_weights())
    return copy
