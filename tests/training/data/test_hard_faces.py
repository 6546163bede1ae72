"""The file of weights of hard faces."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from training.data import hard_faces


def test_weights_come_back_from_their_file(tmp_path: Path) -> None:
    """By key, as they were."""
    hard_faces.save({"frame/a/ü.png#0": 2.5}, tmp_path / "hard.json")
    assert hard_faces.load(tmp_path / "hard.json") == {"frame/a/ü.png#0": 2.5}


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": "much"}', '{"a": null}', '{"a": -1}', '{"a": Infinity}'])
def test_mistakes_are_named(tmp_path: Path, text: str) -> None:
    """What is no weight is told with the file."""
    (tmp_path / "hard.json").write_text(text)
    with pytest.raises(ConfigError, match=r"hard faces .*hard\.json"):
        hard_faces.load(tmp_path / "hard.json")


def test_a_missing_file(tmp_path: Path) -> None:
    """The sentence says what makes it."""
    with pytest.raises(ConfigError, match="maskgate-train folds"):
        hard_faces.load(tmp_path / "absent.json")
