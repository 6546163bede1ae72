"""The lines at the head of the training document, from pictures to a bundle in use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract import Label
from edge.types import Image
from tests.support.paths import ROOT
from tests.support.training import draw_face

pytestmark = pytest.mark.slow

PROGRAMS = {"maskgate": "edge", "maskgate-train": "training", "maskgate-convert": "convert"}

RECIPE = """
name = "mine"
seed = 3
threads = 1
[network]
name = "small_cnn"
alpha = 0.25
dense_units = 16
input_size = 96
weights = "none"
dropout = 0.0
[mixture]
faces_per_epoch = 480
batch = 24
drawn_well = 0.0
drawn_wrong = 0.0
occluded_bare = 0.0
[schedule]
epochs = 2
rate = 1e-3
average = 0.0
settling_batches = 5
frozen_until = ""
[finish]
epochs = 0
[augment]
light = 0.0
small = 0.0
blur = 0.0
noise = 0.0
jpeg = 0.0
erase = 0.0
"""


def picture(label: Label, number: int) -> Image:
    """A drawn face before blocks of colour, so that no two pictures count as near-duplicates."""
    rng = np.random.default_rng(number)
    blocks = int(rng.integers(3, 7))
    colours = rng.integers(0, 256, (blocks, blocks, 3)).astype(np.uint8)
    image = cv2.resize(colours, (160, 160), interpolation=cv2.INTER_NEAREST)
    shape = cv2.ellipse(np.zeros((100, 100), np.uint8), (50, 55), (34, 44), 0, 0, 360, 1, -1)
    part = image[36:136, 30:130]
    part[shape > 0] = draw_face(label, seed=number)[shape > 0]
    return np.asarray(image, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with labelled pictures, a recipe, a picture to judge, and the programs."""
    for number in range(360):
        label = list(Label)[number % 3]
        file = tmp_path / "photos" / label / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), picture(label, number))
    cv2.imwrite(str(tmp_path / "photo.jpg"), picture(Label.WITH_MASK, 999))
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "bin").mkdir()
    for name, package in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!{sys.executable}\nfrom {package}.commands import main\nmain()\n")
        program.chmod(0o755)
    return tmp_path


def test_the_lines_lead_to_a_bundle_in_use(folder: Path) -> None:
    """As they stand, one after the other; the last one needs no leave to take an older version."""
    text = (ROOT / "docs" / "training" / "train.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    own = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "STATE_DIRECTORY": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    done = subprocess.run(
        ["bash", "-ec", block[1]],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "photo.jpg" in done.stdout
    assert "is in use now" in done.stdout
