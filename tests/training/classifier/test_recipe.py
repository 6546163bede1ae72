"""The recipe of a training run."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from training.classifier import recipe


def test_the_default_file_says_the_defaults() -> None:
    """`default.toml` names the values that hold where a recipe is silent."""
    assert recipe.load() == recipe.Recipe()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[network]\nalhpa = 1", "network.alhpa"),
        ("[network]\ninput_size = 98", "network: .*multiple of 4 from 96 to 224"),
        ("[schedule]\nepochs = 0", "schedule.epochs"),
        ("name = ", "not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, problem: str) -> None:
    """A mistake in a recipe is named with its key."""
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError, match=problem):
        recipe.load(tmp_path / "mine.toml")


def test_a_run_keeps_a_recipe_that_can_be_read(tmp_path: Path) -> None:
    """As JSON, with the same problems named."""
    (tmp_path / "recipe.json").write_text(recipe.Recipe(name="mine").model_dump_json())
    assert recipe.load(tmp_path / "recipe.json") == recipe.Recipe(name="mine")
    (tmp_path / "recipe.json").write_text('{"nmae": "mine"}')
    with pytest.raises(ConfigError, match="nmae"):
        recipe.load(tmp_path / "recipe.json")
