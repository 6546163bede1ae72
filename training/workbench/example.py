"""A small site of the project's own making, for a first look: drawn faces, two runs and a learning curve."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.contract import Label
from edge.errors import GateError
from edge.system.process import end_with_parent
from training.workbench import drawn

RECIPE = """
name = "{name}"
threads = 0
[network]
name = "small_cnn"
alpha = 0.5
input_size = 96
dense_units = {units}
weights = "none"
dropout = 0.2
[mixture]
faces_per_epoch = {faces}
batch = 16
drawn_well = 0.0
drawn_wrong = 0.0
occluded_bare = 0.0
[schedule]
head_epochs = {heads}
epochs = {epochs}
rate = 2e-3
settling_batches = 5
frozen_until = ""
[finish]
epochs = 0
"""
RECIPES = {"small": (16, 4), "larger": (48, 8)}
"""Units of the dense layer and epochs of each recipe."""
CURVE_RECIPE = "shares"
SHARES, FOLDS = "50,all", 2
"""Of the learning curve, whose trainings are as short as they can be: they are four."""
FRAMES, FACES, MORE = 90, 16, 4
"""Frames, and faces of each label in a class folder and to be added; a bundle takes 200 faces to train on."""


@dataclass(frozen=True, slots=True)
class ExampleSite:
    """The folders of an example."""

    folder: Path

    @property
    def data(self) -> tuple[Path, ...]:
        """Data set folders: annotated frames, and a folder for each label."""
        return (self.folder / "data" / "hall", self.folder / "data" / "door")

    @property
    def split(self) -> Path:
        """The manifest of the split."""
        return self.folder / "split.json"

    @property
    def runs(self) -> Path:
        """The folder of the runs."""
        return self.folder / "runs"

    @property
    def curve(self) -> Path:
        """The folder of the learning curve, among the runs."""
        return self.runs / "learning-curve"

    @property
    def more(self) -> Path:
        """A zip of further labelled faces, to be added."""
        return self.folder / "more.zip"

    @property
    def finished(self) -> Path:
        """Is there when all else is."""
        return self.folder / "finished"


@dataclass(frozen=True, slots=True)
class ExampleStep:
    """Something that has to be done for an example."""

    title: str
    run: Callable[[], None]


def steps(site: ExampleSite) -> tuple[ExampleStep, ...]:
    """What is left to be done for an example; nothing where it was made before.

    Each step ends with an error of `GateError` where the program that it calls fails.
    """
    if site.finished.exists():
        return ()
    trainings = [ExampleStep(f"training the {name} network", partial(_train, site, name)) for name in RECIPES]
    return (
        ExampleStep("drawing faces", partial(_draw, site)),
        ExampleStep("reading the data", partial(_split, site)),
        *trainings,
        ExampleStep("measuring what more data is worth", partial(_measure, site)),
        ExampleStep("keeping that", site.finished.touch),
    )


def _draw(site: ExampleSite) -> None:
    hall, door = site.data
    if site.more.exists():
        return
    for left in (hall, door, site.more.with_suffix("")):
        shutil.rmtree(left, ignore_errors=True)
    drawn.write_frames(hall, FRAMES, draw=drawn.draw_lit_face)
    drawn.write_faces(door, FACES, first=5000, draw=drawn.draw_lit_face)
    # What real data has as well: a face with two labels, one that is there twice, and a broken file.
    wrong = drawn.draw_lit_face(Label.WITHOUT_MASK, 5011, 140)
    drawn.write_picture(door / Label.WITH_MASK / "wrong-label.png", wrong)
    again = drawn.draw_lit_face(Label.WITHOUT_MASK, 5001, 140)
    drawn.write_picture(door / Label.WITHOUT_MASK / "again.png", again)
    (door / Label.WITH_MASK / "broken.png").write_bytes(b"not a picture")
    more = drawn.write_faces(site.more.with_suffix(""), MORE, first=20_000, draw=drawn.draw_lit_face)
    shutil.make_archive(str(more), "zip", more)
    shutil.rmtree(more)


def _split(site: ExampleSite) -> None:
    _call("data", *site.data, "-o", site.split)


def _train(site: ExampleSite, name: str) -> None:
    units, epochs = RECIPES[name]
    recipe = _recipe(site, name, RECIPE.format(name=name, units=units, epochs=epochs, heads=1, faces=192))
    _call("fit", "--split", site.split, "--recipe", recipe, "--runs", site.runs)


def _measure(site: ExampleSite) -> None:
    text = RECIPE.format(name=CURVE_RECIPE, units=16, epochs=1, heads=0, faces=96)
    recipe, shares = _recipe(site, CURVE_RECIPE, text), ("--folds", FOLDS, "--sizes", SHARES)
    _call("learning-curve", "--split", site.split, "--recipe", recipe, *shares, "-o", site.curve)


def _recipe(site: ExampleSite, name: str, text: str) -> Path:
    file = site.folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _call(*words: object) -> None:
    """Runs `maskgate-train` in a process of its own: a training takes threads and memory of its process.

    It ends with this process.
    """
    call: Sequence[str] = [str(word) for word in words]
    program = "from training.commands import main; main()"
    # It has one thread that matters at most: the bar's, which holds nothing that a child needs to begin.
    done = subprocess.run(  # noqa: S603 - this program itself
        [sys.executable, "-c", program, *call],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent(),
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise GateError(f"the example could not be made: maskgate-train {' '.join(call)} said: {last}")
