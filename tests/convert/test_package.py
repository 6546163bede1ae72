"""Quantising, refusing and writing of bundles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import shutil
import sys
from pathlib import Path
from training import quiet
quiet.framework(extra="convert")
import keras
import numpy as np
from convert import detector, package, parity, quantize
from edge import bundle
from edge.types import GateError
from tests.training.builders import patch, record
from edge.contract import LABELS
from training.manifest import Assigned, Part
from training.material import Material

folder = Path(sys.argv[1])
keras.utils.set_random_seed(1)
layers = [keras.Input((96, 96, 3)), keras.layers.Rescaling(1 / 127.5, -1.0)]
layers += [keras.layers.Conv2D(4, 3, strides=4), keras.layers.GlobalAveragePooling2D()]
layers += [keras.layers.Dense(3, activation="softmax")]
keras.Sequential(layers).save(folder / "model.keras")
faces = tuple(Assigned(record(n, LABELS[n % 3]), n, tuple(Part)[n // 3 % 3]) for n in range(36))
material = Material(faces, tuple(patch(seed=n) for n in range(36)))
origin = package.Origin("1.0", "run", "f")

refuse = lambda *_: (_ for _ in ()).throw(GateError("disagrees"))
kept, parity.check = parity.check, refuse
try:
    package.convert(folder / "model.keras", material, origin, folder / "refused")
except GateError:
    print("refused", (folder / "refused").exists())
parity.check = lambda *_: {}

shutil.copytree(bundle.SHIPPED, folder / "bundle")
before = detector.of(folder / "bundle")
package.convert(folder / "model.keras", material, origin, folder / "bundle")
print(sorted(bundle.load(folder / "bundle").manifest.files), detector.of(folder / "bundle") == before)

crops = material.crops(96)
print(quantize.balanced(crops, np.array([0] * 30 + [1] * 6), 8, seed=0).shape)
"""


def test_bundles_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A refused model leaves nothing behind; an accepted one keeps the detector that was there."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    refused, kept, balanced = done.stdout.splitlines()
    assert refused == "refused False"
    assert kept == "['classifier.tflite', 'detector.onnx'] True"
    assert balanced == "(14, 96, 96, 3)"
