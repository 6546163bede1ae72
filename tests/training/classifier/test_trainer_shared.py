"""Training on two devices, in 16 bits, with a teacher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run
from tests.support.training import framework
from training.classifier.recipe import NetworkRecipe
from training.evaluation import evaluate

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # Keras saves weights through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_two_devices_train_to_the_end(tmp_path: Path) -> None:
    """Two processors share every batch; the model that comes out is a plain one and can be judged."""
    framework()
    import keras

    from training.classifier.network import build

    teacher = tmp_path / "teacher.keras"
    known = NetworkRecipe(name="small_cnn", input_size=128, dense_units=4, weights="none")
    build(known).save(teacher)
    plan = recipe(
        tmp_path,
        ("[finish]", f'precision = "mixed_bfloat16"\n[distil]\nteacher = "{teacher}"\n[finish]'),
    )
    done = run(
        "training", "fit", "--split", drawn_split(tmp_path), "--recipe", plan, "--runs", tmp_path / "runs",
        "--cache", tmp_path / "cache", "--devices", "cpu:0,cpu:1", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    model = Path(json.loads(done.stdout)["model"])
    assert evaluate.classes(model) == 3
    network = keras.saving.load_model(model, compile=False)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    assert len(list((model.parent / "tensorboard").iterdir())) >= 1
