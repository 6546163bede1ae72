"""Writing of bundles: whole or not at all, and what stood there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from convert import detector, metadata
from convert.build import golden_answers
from convert.metadata import Provenance
from edge import bundle
from edge.contract import FEWEST_GOLDEN
from edge.errors import ConfigError
from edge.vision.interpreter import TfliteModel
from tests.support.convert import Trained, commands


@pytest.mark.slow
def test_a_bundle_that_is_replaced_keeps_its_detector(trained: Trained, tmp_path: Path) -> None:
    """With its notice and figures, and with the licence and the sources of data that stood there."""
    target = Path(shutil.copytree(bundle.SHIPPED, tmp_path / "bundle"))
    before = detector.of(target)
    told = tmp_path / "provenance.toml"
    told.write_text('licence = "Apache-2.0"\n[[data]]\nname = "drawn"\nlicence = "CC0"\n')
    first, second = commands(
        trained.convert("run", target, "--provenance", told), trained.convert("run", target)
    )
    assert (first.code, second.code) == (0, 0)
    made = bundle.load(target)
    assert detector.of(target) == before
    assert {name for name in made.manifest.files if name.endswith(".txt")} == {"DETECTOR-NOTICE.txt"}
    assert made.manifest.licence == "Apache-2.0"
    assert [source.name for source in made.manifest.data] == ["drawn"]


@pytest.mark.parametrize("content", ["licence = 1", "= 1", '[[data]]\nname = "x"', "surprise = 1"])
def test_a_provenance_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    """One sentence that names the file."""
    file = tmp_path / "told.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"provenance .*told\.toml"):
        metadata.load_provenance(file)


def test_a_provenance_that_is_named_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    """Only where nothing is named, that of the bundle stays."""
    named = Provenance("MIT")
    assert named.or_of(bundle.SHIPPED) == named
    assert Provenance().or_of(tmp_path) == Provenance()


def test_the_shipped_model_is_held_to_the_answers_that_it_ships_with() -> None:
    """Whoever makes its bundle again gets the same crops, seeds and tolerance."""
    shipped = bundle.load(bundle.SHIPPED)
    found = golden_answers(TfliteModel(shipped.classifier))
    assert [(one["kind"], one["seed"], one["tolerance"]) for one in found] == [
        (one.kind, one.seed, one.tolerance) for one in shipped.manifest.golden
    ]


class Unsure:
    """A model that answers each crop with about the same."""

    size, classes = 96, 3

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def probabilities(self, _crop: object) -> np.ndarray:
        return self._rng.dirichlet([50, 50, 50])


def test_a_model_that_is_sure_of_nothing_has_a_test_as_well() -> None:
    """With as many golden answers as every manifest must have."""
    assert len(golden_answers(Unsure())) == FEWEST_GOLDEN  # type: ignore[arg-type]
