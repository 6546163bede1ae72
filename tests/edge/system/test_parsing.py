"""TOML and JSON that others wrote."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from convert import gates, metadata
from edge.config import load_config
from edge.errors import ConfigError
from edge.system.parsing import parse_json, parse_toml
from tests.support.paths import ROOT
from training.classifier import recipe
from training.data import hard_faces, sources
from training.evaluation import thresholds

DEEP = 5_000
NESTED_TOML = ("x = " + "[" * DEEP + "]" * DEEP, "x = " + "{a = " * DEEP + "1" + "}" * DEEP)
READERS = {
    "config.toml": load_config,
    "gates.toml": gates.load,
    "provenance.toml": metadata.load_provenance,
    "recipe.toml": recipe.load,
    "limits.toml": thresholds.load_limits,
    "sources.toml": lambda file: sources.load((file,)),
    "hard.json": hard_faces.load,
}


@pytest.mark.parametrize("text", NESTED_TOML)
def test_toml_that_is_nested_too_deeply_is_no_toml(text: str) -> None:
    """Whatever it is nested in."""
    with pytest.raises(tomllib.TOMLDecodeError, match="nested too deeply"):
        parse_toml(text)


@pytest.mark.parametrize("text", ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP])
def test_json_that_is_nested_too_deeply_is_no_json(text: str) -> None:
    """Of objects as of lists."""
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(text)


def test_what_is_right_is_read() -> None:
    """Without numbers that JSON does not have."""
    assert parse_toml("[a]\nb = 1") == {"a": {"b": 1}}
    assert parse_json(b'{"a": [1, NaN]}') == {"a": [1, None]}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_names_the_file(tmp_path: Path, name: str) -> None:
    """In one sentence."""
    file = tmp_path / name
    file.write_text("[" * DEEP + "]" * DEEP if name.endswith(".json") else NESTED_TOML[0])
    with pytest.raises(ConfigError, match=rf"{re.escape(name)}.*nested too deeply"):
        READERS[name](file)


def test_toml_is_read_in_one_place() -> None:
    """But for the texts of the pages, which come with the package."""
    used = {
        str(file.relative_to(ROOT))
        for package in ("edge", "training", "convert")
        for file in (ROOT / package).rglob("*.py")
        if "tomllib.load" in file.read_text(encoding="utf-8")
    }
    assert used == {"edge/system/parsing.py", "edge/web/rendering.py"}
