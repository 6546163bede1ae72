"""EfficientNet-Lite, beside the published networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.training import framework
from training.classifier.recipe import NetworkRecipe

pytestmark = [
    pytest.mark.slow,
    # Keras saves weights through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SIZE = 96
PARAMETERS = {"efficientnet_lite0": 3_413_024, "efficientnet_lite2": 4_869_168}
"""Of the networks without top, as the published weights have them."""


@pytest.fixture(scope="module")
def lite() -> Any:
    framework()
    from training.classifier import efficientnet_lite

    return efficientnet_lite


@pytest.mark.parametrize("variant", PARAMETERS)
def test_a_variant_has_the_published_size(lite: Any, variant: str) -> None:
    """As many numbers, with 1280 channels for every 32 by 32 pixels."""
    network = lite.build(variant, SIZE, "backbone")
    assert network.count_params() == PARAMETERS[variant]
    assert network.output_shape == (None, 3, 3, 1280)


def test_a_network_starts_from_a_file_of_weights(lite: Any, tmp_path: Path) -> None:
    """The backbone has the weights of the file, whatever the size of its pictures was."""
    from training.classifier import network

    published = lite.build("efficientnet_lite0", 128, "published")
    published.get_layer("b3_dw").set_weights([np.full((5, 5, 144, 1), 0.25, np.float32)])
    published.save(tmp_path / "lite0.keras")
    settings = NetworkRecipe(name="efficientnet_lite0", input_size=SIZE)
    built = network.build(settings, str(tmp_path / "lite0.keras"))
    assert (built.get_layer("backbone").get_layer("b3_dw").get_weights()[0] == 0.25).all()


def test_pixels_are_scaled_as_the_weights_expect(lite: Any) -> None:
    """(pixel - 127) / 128, within the network, so that a device feeds it as any other."""
    from training.classifier import network

    built = network.build(NetworkRecipe(name="efficientnet_lite0", input_size=SIZE), "none")
    scaled = np.asarray(built.get_layer("scale")(np.array([0.0, 127.0, 255.0], np.float32)))
    np.testing.assert_allclose(scaled, [-127 / 128, 0, 1], atol=1e-6)


def test_its_weights_cannot_be_fetched(lite: Any) -> None:
    """The sentence says what to do instead."""
    from training.classifier import network

    with pytest.raises(ModelError, match=r"keras\.applications has none.*--weights FILE"):
        network.build(NetworkRecipe(name="efficientnet_lite2", input_size=SIZE), "imagenet")
