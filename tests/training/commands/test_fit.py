"""The commands of training and conversion, from images the test draws to a bundle the device takes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convert import gates
from edge import bundle
from edge.contract import LABELS, whole_image_box
from edge.errors import ConfigError
from edge.types import Face, Frame
from edge.vision.classifier import TfliteClassifier
from tests.support import forked
from tests.support.recipes import run
from tests.support.training import draw_face, write_frames
from training.data.faces import single_face
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import Dataset, read
from training.evaluation import fold_results

pytestmark = pytest.mark.slow

RECIPE = """
name = "smoke"
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
head_epochs = 0
epochs = 2
rate = 1e-3
average = 0.0
label_smoothing = 0.0
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
"""Three blocks learn drawn faces within these steps whatever the seed and the processor, and keep what they
learn in 8 bits. A MobileNetV2 does not: each of its 52 layers adds to the error of rounding, and what has
hardly learnt does not stand out from that. It is trained in `test_two_classes`, with gates of its own."""

CLIPPED = ("clipped = 0.02 ", "clipped = 0.15 ")
"""The only limit that is not the shipped one. It is a share of the values of one class and layer, and the
last layer has 75 of them here: two that go beyond what the training faces showed would be too many."""

PARTS = (SplitPart.TRAIN,) * 14 + (SplitPart.VALIDATION,) * 5 + (SplitPart.TEST,) * 3
"""Of every 22 frames; the representative set takes at least 200 faces."""


@dataclass(frozen=True)
class Trained:
    folder: Path
    split: Path
    cache: Path
    printed: subprocess.CompletedProcess[str]

    @property
    def run(self) -> Path:
        return next((self.folder / "runs").iterdir())


def dealt(found: Dataset) -> list[SplitFace]:
    """Every frame a group of its own: drawn faces are so alike that `split` takes nearly all for one, which
    leaves nine faces to compare on, and one fold with everything."""
    frames = {image: number for number, image in enumerate(sorted({one.image for one in found.records}))}
    groups = [frames[one.image] for one in found.records]
    return [
        SplitFace(record, group, PARTS[group % len(PARTS)])
        for record, group in zip(found.records, groups, strict=True)
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small network trained on drawn faces by the command, in an interpreter of its own."""
    folder = tmp_path_factory.mktemp("training")
    found = read([write_frames(folder / "frames", 110)], single_face(lambda _: ()), lambda _: ())
    manifest = SplitManifest.of(dealt(found), 1, found.fingerprint())
    (folder / "split.json").write_text(manifest.model_dump_json())
    (folder / "recipe.toml").write_text(RECIPE)
    words = (
        "fit", "--split", folder / "split.json", "--recipe", folder / "recipe.toml",
        "--runs", folder / "runs", "--cache", folder / "cache", "--json",
    )  # fmt: skip
    printed = forked.run_fresh(forked.program("training"), *words)
    return Trained(folder, folder / "split.json", folder / "cache", printed)


def test_fit_leaves_a_complete_run(trained: Trained) -> None:
    """A run leaves all that went in and came out, a page and a card, and prints one JSON object."""
    assert trained.printed.returncode == 0, trained.printed.stderr
    assert {
        "recipe.json", "split.json", "environment.json", "history.jsonl", "scaling.json", "metrics.json",
        "model.keras", "report.html", "model-card.md", "judged-faces.npz",
    } <= {path.name for path in trained.run.iterdir()}  # fmt: skip
    summary = json.loads(trained.printed.stdout)
    assert Path(summary["model"]).samefile(trained.run / "model.keras")
    assert 0 <= summary["accuracy"] <= 1


def test_a_run_that_is_named_goes_on(trained: Trained) -> None:
    """One that has ended is judged again and stays as it was; another recipe needs another folder."""
    before = (trained.run / "history.jsonl").read_bytes()
    words = ("--split", trained.split, "--cache", trained.cache, "-o", trained.run, "--json")
    again = run("training", "fit", "--recipe", trained.folder / "recipe.toml", *words)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["macro_f1"] == json.loads(trained.printed.stdout)["macro_f1"]
    assert (trained.run / "history.jsonl").read_bytes() == before
    assert list((trained.folder / "runs").iterdir()) == [trained.run]
    other = run("training", "fit", "--weights", "none", *words)
    assert (other.returncode, "name another folder with -o" in other.stderr) == (2, True)


def test_a_run_keeps_what_it_answered(trained: Trained) -> None:
    """Of every test face, at the thresholds that it was judged with, and what was measured of the crops."""
    told = fold_results.read(trained.run / fold_results.JUDGED)
    test = [face.key for face in SplitManifest.load(trained.split).faces if face.part is SplitPart.TEST]
    assert sorted(told.keys) == sorted(test)
    assert told.columns[0].has_threshold
    assert np.isfinite(told.traits.brightness).all()


def test_fit_is_quiet(trained: Trained) -> None:
    """Only a line an epoch and one for the settled model reach the terminal, nothing of the framework's."""
    titles = [line.split("  ")[0] for line in trained.printed.stderr.splitlines()]
    assert titles == ["epoch 1 of 2", "epoch 2 of 2", "first descent, settled"]


def test_folds_judge_every_face_once_and_go_on(trained: Trained) -> None:
    """`folds` pools one answer per face, float and int8; what is there is not made again."""
    short = trained.folder / "short.toml"
    short.write_text(RECIPE.replace("faces_per_epoch = 480", "faces_per_epoch = 48"))
    options = (
        "--split", trained.split, "--recipe", short, "--folds", 2,
        "-o", trained.folder / "folds", "--cache", trained.cache, "--json",
    )  # fmt: skip
    one = run("training", "folds", *options, "--only", 2)
    assert one.returncode == 0, one.stderr
    assert sorted(file.name for file in (trained.folder / "folds").iterdir()) == ["fold-1", "hard-faces.json"]
    done = run("training", "folds", *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch") == one.stderr.count("epoch"), "only the other fold was to be trained"
    pooled = fold_results.load(trained.folder / "folds")
    faces = SplitManifest.load(trained.split).faces
    assert sorted(pooled.keys) == sorted(face.key for face in faces)
    assert [column.name for column in pooled.columns] == ["float", "int8"]
    again = run("training", "folds", *options)
    assert again.stdout == done.stdout
    assert "epoch" not in again.stderr
    beyond = run("training", "folds", *options, "--only", 3)
    assert beyond.returncode == ConfigError.exit_code
    assert "--only 3: there are 2 folds" in beyond.stderr


@pytest.fixture(scope="module")
def converted(trained: Trained) -> Path:
    """The bundle that the command makes of the run."""
    output, limits = trained.folder / "bundle", trained.folder / "gates.toml"
    shipped = gates.DEFAULT.read_text()
    assert shipped.count(CLIPPED[0]) == 1
    limits.write_text(shipped.replace(*CLIPPED))
    done = run(
        "convert", "convert", trained.run, "-o", output, "--cache", trained.cache, "--version", "1.0",
        "--gates", limits,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return output


def test_the_device_takes_the_bundle(trained: Trained, converted: Path) -> None:
    """The bundle passes the device's own checks, tells its origin, and judges a face."""
    made = bundle.load(converted)
    assert made.manifest.training_run == trained.run.name
    assert made.manifest.dataset_fingerprint == SplitManifest.load(trained.split).fingerprint
    assert made.manifest.metrics["parity_agreement"] >= 0.97
    image = draw_face(side=120)
    face = Face(whole_image_box(image), 1.0)
    (seen,) = TfliteClassifier(made).classify(Frame(0, image, 0.0, 0.0), [face])
    assert sum(seen.probabilities) == pytest.approx(1)


def test_evaluate_tells_the_same_of_the_bundle(trained: Trained, converted: Path) -> None:
    """`evaluate` on the bundle finds the figures that its manifest carries."""
    done = run("training", "evaluate", converted, trained.split, "--cache", trained.cache, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = [row["plain"] for row in json.loads(done.stdout)["main"] if row["name"] == "all"]
    manifest = bundle.load(converted).manifest
    assert found["macro_f1"]["value"] == pytest.approx(manifest.metrics["macro_f1"], abs=1e-4)
    assert found["faces"] == sum(
        face.part is SplitPart.TEST for face in SplitManifest.load(trained.split).faces
    )
    assert len(found["classes"]) == len(LABELS)


def test_a_finished_run_resumes_to_the_same_end(trained: Trained, converted: Path) -> None:
    """Resuming trains no further epoch; the model does not beat itself, so `--from` ends with exit code 1."""
    before = (trained.run / "history.jsonl").read_text()
    again = run(
        "training", "fit", "--resume", trained.run, "--cache", trained.cache, "--from", converted,
        "--runs", trained.run.parent,
    )  # fmt: skip
    assert (trained.run / "history.jsonl").read_text() == before
    assert again.returncode == 1, again.stderr
    assert "is not promoted: macro-F1" in again.stderr
    assert not json.loads((trained.run / "gate.json").read_text())["passed"]
    assert not (trained.run / "bundle").exists()


def test_weights_that_are_not_there(trained: Trained) -> None:
    """Missing weights end with exit code 3 and a sentence that names both ways to get them."""
    done = run(
        "training", "fit", "--split", trained.split, "--recipe", trained.folder / "recipe.toml",
        "--runs", trained.folder / "other", "--cache", trained.cache, "--weights", "absent.h5",
    )  # fmt: skip
    assert done.returncode == 3
    assert "absent.h5" in done.stderr
    assert "--weights" in done.stderr
    assert "online" in done.stderr
    assert "Traceback" not in done.stderr


def test_convert_without_a_run(tmp_path: Path) -> None:
    """A folder that is no run ends with exit code 2, names what is missing, and writes nothing."""
    done = run("convert", "convert", tmp_path, "-o", tmp_path / "bundle")
    assert done.returncode == 2
    assert "model.keras" in done.stderr
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("module", ["training", "convert"])
def test_a_missing_extra_is_one_sentence(module: str, tmp_path: Path) -> None:
    """Without TensorFlow a command says in one sentence what to install, and ends with exit code 8."""
    (tmp_path / "model.keras").touch()
    (tmp_path / "split.json").write_text('{"seed": 1, "fingerprint": "", "faces": []}')
    arguments = {
        "training": ["evaluate", str(tmp_path / "model.keras"), str(tmp_path / "split.json")],
        "convert": ["convert", str(tmp_path), "-o", str(tmp_path / "out")],
    }[module]
    block = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None"
    code = f"{block}\n{forked.program(module)}"
    done = forked.run_fresh(code, *arguments)
    assert done.returncode == 8
    assert "-r requirements/training.txt" in done.stderr
    assert len(done.stderr.splitlines()) == 1
