"""A network of two classes and 100 px, of the kind that ships, from training to the device.

It learns next to nothing within these steps, so its gates insist on no figure of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge import bundle
from edge.contract import TWO_LABELS, Label, whole_image_box
from edge.types import Face, Frame
from edge.vision.classifier import TfliteClassifier
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run
from tests.support.training import draw_face
from training.data.manifest import SplitManifest, SplitPart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEFT_OUT = "16 faces of mask_worn_incorrectly are left out: the network has 2 classes"
CHANGES = (
    (
        'name = "small_cnn"\nalpha = 0.25\ninput_size = 96\ndense_units = 8',
        'name = "mobilenet_v2"\nalpha = 0.35\ninput_size = 100\nclasses = 2',
    ),
    ("faces_per_epoch = 24", "faces_per_epoch = 80"),
    ("head_epochs = 1", 'head_epochs = 0\ndecay = "plateau"\noptimizer = "adam"\nrate = 2e-3'),
    ("[finish]\nepochs = 2", "[finish]\nepochs = 0"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a network of two classes was trained, with Adam and a rate that falls on plateaus."""
    made = tmp_path_factory.mktemp("two")
    done = run(
        "training", "fit", "--split", drawn_split(made), "--recipe", recipe(made, *CHANGES),
        "--runs", made / "runs", "--cache", made / "cache", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0] == LEFT_OUT
    assert "wrongly worn" not in done.stderr
    return made


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    """The run."""
    (found,) = (folder / "runs").iterdir()
    return found


@pytest.fixture(scope="module")
def converted(folder: Path, trained: Path) -> Path:
    """Its bundle."""
    output, gates = folder / "bundle", folder / "gates.toml"
    gates.write_text("[representative]\nper_class = 50\nleast = 1\n[parity]\n")
    done = run(
        "convert", "convert", trained, "-o", output, "--cache", folder / "cache", "--version", "1.0",
        "--gates", gates,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return output


def test_the_figures_are_of_two_classes(folder: Path, trained: Path) -> None:
    """Faces of the third class are neither trained on nor judged, nor calibrated for."""
    tested = [face for face in SplitManifest.load(folder / "split.json").faces if face.part is SplitPart.TEST]
    known = sum(face.label in TWO_LABELS for face in tested)
    found = json.loads((trained / "metrics.json").read_text())["all"]
    assert 0 < found["faces"] == known < len(tested)
    assert len(json.loads((trained / "scaling.json").read_text())["shifts"]) == 2


def test_the_device_takes_the_bundle(converted: Path) -> None:
    """It has two labels, passes the self-test, and never says the third."""
    made = bundle.load(converted)
    assert made.manifest.labels == TWO_LABELS
    image = draw_face(Label.MASK_WORN_INCORRECTLY, side=120)
    face = Face(whole_image_box(image), 1.0)
    (seen,) = TfliteClassifier(made).classify(Frame(0, image, 0.0, 0.0), [face])
    assert sum(seen.probabilities) == pytest.approx(1)
    assert seen.probabilities[2] == 0


def test_it_is_judged_and_reported(folder: Path, trained: Path, converted: Path) -> None:
    """`evaluate` and `report` take the run and its bundle, and say which faces they leave out."""
    common = [trained, folder / "split.json", "--beside", converted, "--cache", folder / "cache", "--json"]
    judged = run("training", "evaluate", *common)
    assert judged.returncode == 0, judged.stderr
    assert judged.stderr.splitlines() == [LEFT_OUT]
    row = next(row for row in json.loads(judged.stdout)["main"] if row["name"] == "all")
    assert [one["faces"] for one in row["plain"]["classes"]][2] == 0
    shown = run("training", "report", *common, "-o", folder / "report")
    assert shown.returncode == 0, shown.stderr
    assert (folder / "report" / "report.html").stat().st_size > 10_000
