"""Networks by name."""

from __future__ import annotations

import pytest

from tests.support import forked

pytestmark = pytest.mark.slow

SCRIPT = """
from training.framework import load_framework
load_framework()
import keras
import numpy as np
from edge.errors import ConfigError
from training.classifier.network import (
    BACKBONE, BACKBONES, batch_norms, build, fold_in, require_layer, set_trainable,
)
from training.classifier.inference import predict
from training.classifier.recipe import NetworkRecipe
from training.classifier.calibration import Scaling

keras.utils.set_random_seed(1)
pixels = np.random.default_rng(1).integers(0, 256, (3, 96, 96, 3), dtype=np.uint8)
for name in BACKBONES:
    model = build(NetworkRecipe(name=name, alpha=1.0, input_size=96), "none")
    before = predict(model, pixels)
    scaling = Scaling(1.7, (0.5, -0.2, -0.3))
    fold_in(model, scaling)
    print(name, before.shape, np.allclose(predict(model, pixels), scaling.apply(before), atol=1e-4))
    print({layer.momentum for layer in batch_norms(model)})

narrow = build(NetworkRecipe(name="small_cnn", alpha=0.25, input_size=96), "none")
print([layer.filters for layer in narrow.get_layer(BACKBONE).layers if hasattr(layer, "filters")])
model = build(NetworkRecipe(input_size=96, alpha=0.35), "none")
set_trainable(model, True, True, "block_2_add")
names = {variable.path.split("/")[0] for variable in model.trainable_variables}
print("Conv1" in names, "block_2_project" in names, "block_3_expand" in names, "probabilities" in names)
try:
    require_layer(model, "block_99")
except ConfigError as error:
    print(error)
"""


def test_networks_by_name() -> None:
    """All are built, in the width that is asked for, take the scaling into their last layer exactly, and keep
    what is frozen frozen."""
    done = forked.run(SCRIPT)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    names = (
        "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
        "efficientnet_lite0", "efficientnet_lite2", "small_cnn",
    )  # fmt: skip
    assert lines[0:12:2] == [f"{name} (3, 3) True" for name in names]
    assert set(lines[1:12:2]) == {"{0.95}"}
    assert lines[12] == "[8, 16, 32]"
    assert lines[13] == "False False True True"
    assert "block_99" in lines[14]
