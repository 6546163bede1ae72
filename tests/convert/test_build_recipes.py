"""Every recipe of the package leads to a bundle: what is trained by it can be converted."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from convert.gates import load
from edge import bundle
from tests.support.paths import ROOT
from training.classifier.recipe import DEFAULT

pytestmark = pytest.mark.slow

RECIPES = sorted(file.stem for file in DEFAULT.parent.glob("*.toml"))

SCRIPT = """
import json, sys
from pathlib import Path
from training.framework import load_framework
load_framework(1)
import keras
from convert import build, gates
from convert.metadata import BundleOrigin
from tests.support.convert import material
from training.classifier import network, recipe
from training.classifier.inference import save
from training.data.manifest import SplitPart

keras.utils.set_random_seed(1)
few = gates.Gates(representative=gates.Representative(per_class=8, least=1), parity=gates.GateLimits())
faces = material(60)
for name in sys.argv[2:]:
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    plan = recipe.load(recipe.DEFAULT.parent / f"{name}.toml")
    narrow = plan.network.model_copy(update={"alpha": 0.35})
    made = network.build(narrow, "none")
    for layer in network.batch_norms(made):
        layer.momentum = 0.0
    made(faces.of(SplitPart.TRAIN).crops(narrow.input_size).astype("float32"), training=True)
    save(made, folder / "model.keras")
    metrics = build.convert(
        folder / "model.keras", faces, BundleOrigin("", name, "f" * 64), folder / "bundle", build.Options(few)
    )
    print(json.dumps([name, metrics]), flush=True)
"""
"""Training is left out: its random weights, with statistics of the faces, have all that a converter meets."""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, float]]]:
    """The folder with a bundle for each recipe, and the figures of each."""
    folder = tmp_path_factory.mktemp("recipes")
    command = [sys.executable, "-c", SCRIPT, str(folder), *RECIPES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_leads_to_a_bundle(converted: tuple[Path, dict[str, dict[str, float]]], name: str) -> None:
    """The int8 model can be compared layer by layer and stays within its ranges on pictures of the same kind;
    the bundle is whole, has a detector, and a device that has the package's bundle takes it."""
    folder, found = converted
    metrics = found[name]
    assert all(math.isfinite(value) for key, value in metrics.items() if key.startswith("parity_"))
    limit = load().parity.clipped
    assert limit is not None
    assert metrics["parity_clipped"] <= limit
    made = bundle.load(folder / name / "bundle")
    assert made.detector is not None
    assert made.manifest.order > bundle.load(bundle.SHIPPED).manifest.order
