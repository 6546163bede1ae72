"""The table of sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert import metadata
from edge.errors import ConfigError
from tests.support.paths import ROOT
from training.classifier import recipe
from training.data import sources


def written(folder: Path, text: str, name: str = "sources.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_what_is_not_known_is_said_to_be_unknown(tmp_path: Path) -> None:
    """A source without a licence, and one that no file names, have "none stated"."""
    known = sources.load(
        [written(tmp_path, '[[source]]\nname = "b"\n[[source]]\nname = "a"\nlicence = "MIT"\n')]
    )
    found = sources.described(["c", "b", "a", "a"], known)
    assert [(one.name, one.licence) for one in found] == [
        ("a", "MIT"), ("b", "none stated"), ("c", "none stated"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[source]]\nname = "a"\nlicense = "MIT"', "source.0.license"),
        ("[[source]]\n", "source.0.name"),
        ("[[source", "cannot be read"),
        ('[[source]]\nname = "a"\n[[source]]\nname = "a"', "a is named twice"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, problem: str) -> None:
    """A wrong key, a missing name, broken TOML and a name given twice are told with the file."""
    with pytest.raises(ConfigError, match=rf"sources\.toml.*{problem}"):
        sources.load([written(tmp_path, text)])


def test_two_files_must_not_name_one_source(tmp_path: Path) -> None:
    """Which of both licences holds could not be told."""
    files = [written(tmp_path, '[[source]]\nname = "a"\n', name) for name in ("1.toml", "2.toml")]
    with pytest.raises(ConfigError, match="a is named twice"):
        sources.load(files)


def test_the_projects_own_sources_are_named_once() -> None:
    """`clean.toml` has sources to train on, and what the bundle's provenance names it names alike."""
    known = sources.load([ROOT / "training" / "sources.toml"])
    clean = recipe.load(ROOT / "training" / "recipes" / "clean.toml")
    assert {one.name for one in known if one.licence in clean.licences} == {"frames", "faces"}
    told = metadata.load_provenance(ROOT / "convert" / "provenance.toml")
    again = told.with_sources(one for one in known if one.licence in clean.licences)
    assert again == told
