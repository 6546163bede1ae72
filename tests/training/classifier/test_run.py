"""The folder of a training run."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.support.predictions import drawn_split
from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, TrainingRun, open_or_start, reopen, start_at
from training.data.manifest import SplitManifest


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> SplitManifest:
    return SplitManifest.load(drawn_split(tmp_path_factory.mktemp("drawn"), 4))


def test_a_run_keeps_what_it_was_started_with(tmp_path: Path, split: SplitManifest) -> None:
    """Recipe and split come back from its folder."""
    start_at(tmp_path / "run", RunInputs(Recipe(name="mine"), split))
    again = reopen(tmp_path / "run")
    assert (again.id, again.recipe().name) == ("run", "mine")
    assert SplitManifest.load(again.split) == split


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=f"{tmp_path.name} is not the folder of a training run"):
        reopen(tmp_path)


def test_a_run_of_another_recipe_is_not_taken_up(tmp_path: Path, split: SplitManifest) -> None:
    """One of the same recipe and split is."""
    first = open_or_start(tmp_path / "run", RunInputs(Recipe(name="mine"), split))
    assert open_or_start(tmp_path / "run", RunInputs(Recipe(name="mine"), split)) == first
    with pytest.raises(ConfigError, match="another recipe, split or hard faces"):
        open_or_start(tmp_path / "run", RunInputs(Recipe(name="other"), split))


def test_an_epoch_that_is_trained_again_replaces_the_later_ones(tmp_path: Path) -> None:
    """They come from before a kill."""
    run = TrainingRun(tmp_path)
    assert run.epochs() == []
    for epoch, loss in ((1, 0.9), (2, 0.8), (3, 0.7), (2, 0.6)):
        run.add_epoch({"epoch": epoch, "loss": loss})
    assert run.epochs() == [{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.6}]


def test_weights_need_not_be_named_again(tmp_path: Path) -> None:
    """A run without any has those of its recipe."""
    run = TrainingRun(tmp_path)
    assert run.weights(None) is None
    assert run.weights("imagenet") == "imagenet"
    assert run.weights(None) == "imagenet"


def test_a_run_keeps_the_weights_of_hard_faces(tmp_path: Path, split: SplitManifest) -> None:
    """A resumed run draws as before, and one with other weights is another run."""
    inputs = RunInputs(Recipe(name="mine"), split, {split.faces[0].key: 2.0})
    run = open_or_start(tmp_path / "run", inputs)
    assert reopen(run.folder).hard_faces() == inputs.hard
    assert open_or_start(tmp_path / "run", inputs) == run
    with pytest.raises(ConfigError, match="hard faces"):
        open_or_start(tmp_path / "run", RunInputs(Recipe(name="mine"), split))
