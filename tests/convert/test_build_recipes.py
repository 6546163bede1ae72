"""Every recipe for a device leads to a bundle: what is trained by it can be converted."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from edge import bundle
from tests.support import forked
from training.classifier.recipe import DEFAULT

# The first test waits for all conversions, which take minutes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2700)]

TEACHERS = {"efficientnet-lite2"}
"""Networks that others learn from, and that no device runs; Lite0 has the same layers, and fewer."""

RECIPES = sorted({file.stem for file in DEFAULT.parent.glob("*.toml")} - TEACHERS)

SCRIPT = """
import json, sys
from dataclasses import replace
from pathlib import Path
from training.framework import load_framework
load_framework(1)
import keras
from convert import build, gates
from convert.metadata import BundleOrigin
from tests.support.convert import material
from training.classifier import network, recipe
from training.classifier.inference import save
from training.data.dataset import FaceDataset
from training.data.manifest import SplitPart

keras.utils.set_random_seed(1)
# Which made-up crops prove a bundle does not hang on the recipe; all of them take minutes.
build.GOLDEN_SEEDS = {kind: seeds[:20] for kind, seeds in build.GOLDEN_SEEDS.items()}
few = gates.Gates(representative=gates.Representative(per_class=8, least=1), parity=gates.GateLimits())
drawn = material(30)
training = drawn.of(SplitPart.TRAIN)
again = tuple(replace(face, part=SplitPart.VALIDATION) for face in training.faces)
faces = FaceDataset(
    (*training.faces, *again, *drawn.of(SplitPart.TEST).faces),
    (*training.patches, *training.patches, *drawn.of(SplitPart.TEST).patches),
)
bundles = {}
for name in sys.argv[2:]:
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    plan = recipe.load(recipe.DEFAULT.parent / f"{name}.toml")
    narrow = plan.network.model_copy(update={"alpha": 0.35})
    if narrow in bundles:
        print(json.dumps([name, *bundles[narrow]]), flush=True)
        continue
    made = network.build(narrow, "none")
    for layer in network.batch_norms(made):
        layer.momentum = 0.0
    made(faces.of(SplitPart.TRAIN).crops(narrow.input_size).astype("float32"), training=True)
    save(made, folder / "model.keras")
    metrics = build.convert(
        folder / "model.keras", faces, BundleOrigin("", name, "f" * 64), folder / "bundle", build.Options(few)
    )
    bundles[narrow] = str(folder / "bundle"), metrics
    print(json.dumps([name, *bundles[narrow]]), flush=True)
"""
"""Training is left out: its random weights, with statistics of the faces, have all that a converter meets.

What is compared are the faces that set the ranges: of a dozen others, one beyond a range would be chance.
"""

CHANCE = 0.1
"""One of a class's 18 logits may lie beyond the range of a network that has learnt nothing.

Sizes that a network reckons with, were they counted as values, would all lie beyond it.
"""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, float]]]:
    """A bundle and its figures for each recipe; recipes of one network share theirs."""
    done = forked.run(SCRIPT, tmp_path_factory.mktemp("recipes"), *RECIPES)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (Path(folder), metrics) for name, folder, metrics in rows}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_leads_to_a_bundle(converted: dict[str, tuple[Path, dict[str, float]]], name: str) -> None:
    """The int8 model can be compared layer by layer and stays within its ranges on the faces that set them;
    the bundle is whole, has a detector, and a device that has the package's bundle takes it."""
    folder, metrics = converted[name]
    assert all(math.isfinite(value) for key, value in metrics.items() if key.startswith("parity_"))
    assert metrics["parity_clipped"] < CHANCE
    made = bundle.load(folder)
    assert made.detector is not None
    assert made.manifest.order > bundle.load(bundle.SHIPPED).manifest.order
