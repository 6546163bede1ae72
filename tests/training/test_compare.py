"""Recipes side by side, on grouped folds and on a random split."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.training.builders import framework, record
from tests.training.evidence_builders import drawn_split, evidence, sure
from training import compare, folded, quiet, recipe
from training.cli.common import load_material
from training.manifest import Assigned, Manifest, Part
from training.material import Material
from training.recipe import Recipe
from training.runs import Run

pytestmark = [
    pytest.mark.slow,
    # Keras saves weights through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
PLAN = Recipe(name="small")
ENTRANT = compare.Entrant(PLAN, "none")
TWICE = dict.fromkeys(compare.Scheme, 2)


def crossings(dealt: tuple[tuple[Assigned, ...], ...]) -> int:
    """Groups of which some fold tests one face while another is on the other side."""
    found = 0
    for fold in dealt:
        sides = defaultdict(set)
        for face in fold:
            sides[face.group].add(face.part is Part.TEST)
        found += sum(len(side) > 1 for side in sides.values())
    return found


def test_only_the_random_split_divides_groups() -> None:
    """Groups of five stay together on grouped folds and are divided at random; all keep their number."""
    faces = [Assigned(record(at), at // 5, Part.TRAIN) for at in range(60)]
    grouped = compare.dealt(faces, compare.Scheme.GROUPED, 3, 1)
    random = compare.dealt(faces, compare.Scheme.RANDOM, 3, 1)
    assert crossings(grouped) == 0
    assert crossings(random) > 10
    assert all([face.group for face in fold] == [face.group for face in faces] for fold in random)
    for dealt in (grouped, random):
        tested = [face.record.key for fold in dealt for face in fold if face.part is Part.TEST]
        assert sorted(tested) == sorted(face.record.key for face in faces)


def test_a_killed_comparison_goes_on(tmp_path: Path) -> None:
    """What is there is not trained again; in the end every scheme and fold has its predictions."""
    framework()
    keras = quiet.need("keras")
    split = drawn_split(tmp_path)
    manifest = Manifest.load(split)
    material = load_material(manifest, tmp_path / "cache")
    trained: list[str] = []

    def train(run: Run, part: Material, weights: str) -> None:
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(str(run.folder.relative_to(tmp_path)))
        inputs = keras.Input((96, 96, 3))
        pooled = keras.layers.GlobalAveragePooling2D()(inputs)
        keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(pooled)).save(run.model)

    where = (tmp_path / "compare", manifest)
    with pytest.raises(KeyboardInterrupt):
        compare.run_all([ENTRANT], material, where, TWICE, train)
    assert len(list(tmp_path.rglob(folded.PREDICTIONS))) == 3
    trained[:] = ["the second time"]
    compare.run_all([ENTRANT], material, where, {**TWICE, compare.Scheme.RANDOM: 1}, train)
    assert trained == ["the second time"], "one random fold is there"
    compare.run_all([ENTRANT], material, where, TWICE, train)
    assert trained == ["the second time", "compare/random/small/fold-1"]
    (first, *_) = compare.results([ENTRANT], where[0])
    assert first.grouped.faces == first.random.faces == len(manifest.faces)


def test_the_table_tells_what_leakage_is_worth(tmp_path: Path) -> None:
    """A recipe that is right on the random split only owes all of it to leakage."""
    for scheme, second in (("grouped", 1), ("random", 2)):
        folder = tmp_path / scheme / "small" / "fold-0"
        folder.mkdir(parents=True)
        folded.save(evidence([0, 1, 2], sure(0, 1, second), name="float"), folder / folded.PREDICTIONS)
    found = compare.results([ENTRANT], tmp_path)
    text = compare.markdown(found)
    assert found[0].leakage == pytest.approx(1 - (1 + 2 / 3) / 3)
    assert "| small | from scratch |" in text
    assert "+0.444" in text
    assert json.dumps(compare.as_json(found), allow_nan=False)


def test_unfinished_schemes_are_dashes(tmp_path: Path) -> None:
    """With grouped folds alone the other columns stay empty."""
    folder = tmp_path / "grouped" / "small"
    folder.mkdir(parents=True)
    folded.save(evidence([0, 1], sure(0, 1), name="float"), folder / folded.PREDICTIONS)
    assert compare.markdown(compare.results([ENTRANT], tmp_path)).count("| - | - |\n") == 4


@pytest.mark.parametrize("file", sorted((Path(recipe.__file__).parent / "recipes").glob("*.toml")))
def test_the_recipes_that_ship_can_be_read(file: Path) -> None:
    """Each recipe for the comparison is valid and named as its file."""
    assert recipe.load(file).name == file.stem
