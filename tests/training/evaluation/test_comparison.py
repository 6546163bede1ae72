"""Recipes side by side, on grouped folds and on a random split."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.predictions import drawn_split, evidence, sure
from tests.support.training import framework, record
from training.classifier import recipe
from training.classifier.recipe import Recipe
from training.classifier.run import TrainingRun
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.sources import DataSource
from training.evaluation import comparison, fold_results

pytestmark = [
    pytest.mark.slow,
    # Keras saves weights through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
PLAN = Recipe(name="small")
ENTRANT = comparison.ComparedRecipe(PLAN, "none")
TWICE = dict.fromkeys(comparison.Scheme, 2)


def crossings(dealt: tuple[tuple[SplitFace, ...], ...]) -> int:
    """Groups of which some fold tests one face while another is on the other side."""
    found = 0
    for fold in dealt:
        sides = defaultdict(set)
        for face in fold:
            sides[face.group].add(face.part is SplitPart.TEST)
        found += sum(len(side) > 1 for side in sides.values())
    return found


def test_only_the_random_split_divides_groups() -> None:
    """Groups of five stay together on grouped folds and are divided at random; all keep their number."""
    faces = [SplitFace(record(at), at // 5, SplitPart.TRAIN) for at in range(60)]
    grouped = comparison.assign_folds(faces, comparison.Scheme.GROUPED, 3, 1)
    random = comparison.assign_folds(faces, comparison.Scheme.RANDOM, 3, 1)
    assert crossings(grouped) == 0
    assert crossings(random) > 10
    assert all([face.group for face in fold] == [face.group for face in faces] for fold in random)
    for dealt in (grouped, random):
        tested = [face.record.key for fold in dealt for face in fold if face.part is SplitPart.TEST]
        assert sorted(tested) == sorted(face.record.key for face in faces)


def test_a_killed_comparison_goes_on(tmp_path: Path) -> None:
    """What is there is not trained again; in the end every scheme and fold has its predictions."""
    framework()
    import keras

    split = drawn_split(tmp_path)
    trained: list[str] = []

    def train(run: TrainingRun, part: FaceDataset, weights: str) -> None:
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(str(run.folder.relative_to(tmp_path)))
        inputs = keras.Input((96, 96, 3))
        pooled = keras.layers.GlobalAveragePooling2D()(inputs)
        keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(pooled)).save(run.model)

    def run_all(random: int) -> None:
        many = {**TWICE, comparison.Scheme.RANDOM: random}
        plan = comparison.ComparisonPlan(split, tmp_path / "cache", tmp_path / "compare", many, train)
        for job in plan.jobs([ENTRANT]):
            job()

    with pytest.raises(KeyboardInterrupt):
        run_all(random=2)
    assert len(list(tmp_path.rglob(fold_results.PREDICTIONS))) == 3
    trained[:] = ["the second time"]
    run_all(random=1)
    assert trained == ["the second time"], "one random fold is there"
    run_all(random=2)
    assert trained == ["the second time", "compare/random/small/fold-1"]
    (first, *_) = comparison.results([ENTRANT], tmp_path / "compare")
    assert first.grouped.faces == first.random.faces == len(SplitManifest.load(split).faces)


def test_a_recipe_that_asks_for_licences_learns_from_no_other_source(tmp_path: Path) -> None:
    """And is tested on all sources, beside the recipes that learn from all."""
    stored = SplitManifest.load(drawn_split(tmp_path, 4, ("stock", "streets")))
    known = (DataSource(name="stock"), DataSource(name="streets", licence="MIT"))
    manifest = stored.model_copy(update={"sources": known})
    clean = comparison.ComparedRecipe(Recipe(name="clean", licences=("MIT",)), "none")
    seen: dict[SplitPart, set[str]] = {}

    def train(_: TrainingRun, part: FaceDataset, __: str) -> None:
        for name in SplitPart:
            seen[name] = {face.record.source for face in part.of(name).faces}
        raise KeyboardInterrupt

    named = tmp_path / "named.json"
    named.write_text(manifest.model_dump_json())
    plan = comparison.ComparisonPlan(named, tmp_path / "cache", tmp_path / "compare", TWICE, train)
    with pytest.raises(KeyboardInterrupt):
        plan.jobs([clean])[0]()
    assert seen == {
        SplitPart.TRAIN: {"streets"}, SplitPart.VALIDATION: {"streets"}, SplitPart.TEST: {"stock", "streets"},
    }  # fmt: skip


def test_the_table_tells_what_leakage_is_worth(tmp_path: Path) -> None:
    """A recipe that is right on the random split only owes all of it to leakage."""
    for scheme, second in (("grouped", 1), ("random", 2)):
        folder = tmp_path / scheme / "small" / "fold-0"
        folder.mkdir(parents=True)
        fold_results.save(
            evidence([0, 1, 2], sure(0, 1, second), name="float"), folder / fold_results.PREDICTIONS
        )
    found = comparison.results([ENTRANT], tmp_path)
    text = comparison.markdown(found)
    assert found[0].leakage == pytest.approx(1 - (1 + 2 / 3) / 3)
    assert "| small | from scratch |" in text
    assert "+0.444" in text
    assert json.dumps(comparison.as_json(found), allow_nan=False)


def test_unfinished_schemes_are_dashes(tmp_path: Path) -> None:
    """With grouped folds alone the other columns stay empty."""
    folder = tmp_path / "grouped" / "small"
    folder.mkdir(parents=True)
    fold_results.save(evidence([0, 1], sure(0, 1), name="float"), folder / fold_results.PREDICTIONS)
    assert comparison.markdown(comparison.results([ENTRANT], tmp_path)).count("| - | - |\n") == 4


@pytest.mark.parametrize("file", sorted(recipe.DEFAULT.parent.glob("*.toml")))
def test_the_recipes_that_ship_can_be_read(file: Path) -> None:
    """Each recipe for the comparison is valid and named as its file."""
    assert recipe.load(file).name == file.stem
