"""Writing of bundles: whole or not at all, and what stood there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from convert import build, detector, metadata
from convert.metadata import Provenance
from edge import bundle
from edge.contract import FEWEST_GOLDEN
from edge.errors import ConfigError
from edge.vision.interpreter import TfliteModel
from tests.support.convert import Trained, commands
from training.data.sources import DataSource


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


def test_the_sources_of_a_split_are_named() -> None:
    """Each with its licence or "none stated", beside what the file says, and none of them twice."""
    told = Provenance("Apache-2.0", (bundle.Source(name="Streets of Rome", licence="CC0-1.0"),))
    known = [
        DataSource(name="rome", title="Streets of Rome", licence="CC0-1.0"),
        DataSource(name="stock"),
        DataSource(name=""),
    ]
    assert [(one.name, one.licence) for one in told.with_sources(known).data] == [
        ("Streets of Rome", "CC0-1.0"), ("stock", "none stated"),
    ]  # fmt: skip


def test_sources_of_a_split_leave_the_licence_of_the_old_bundle() -> None:
    """Which no split knows."""
    made = Provenance().with_sources([DataSource(name="stock")]).or_of(bundle.SHIPPED)
    assert (made.licence, [one.name for one in made.data]) == ("Apache-2.0", ["stock"])


class Unsure:
    """A model that is sure of one label alone, and of few crops."""

    size, classes = 96, 3

    def __init__(self) -> None:
        self._asked = 0

    def probabilities(self, crop: object) -> NDArray[np.float64]:
        self._asked += 1
        return np.array([0.95, 0.03, 0.02]) if self._asked == 1 else np.array([0.4, 0.35, 0.25])


def test_a_bundle_gets_as_many_golden_answers_as_a_device_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is sure of little is held to the crops that it is surest about."""
    monkeypatch.setattr(build, "GOLDEN_SEEDS", {"blobs": range(4), "face": range(4)})
    found = build.golden_answers(cast(TfliteModel, Unsure()))
    assert len(found) == FEWEST_GOLDEN
    assert found[0]["probabilities"][0] == 0.95


def test_the_shipped_model_is_held_to_the_answers_that_it_ships_with() -> None:
    """Whoever makes its bundle again gets the same crops and tolerance."""
    shipped = bundle.load(bundle.SHIPPED)
    found = build.golden_answers(TfliteModel(shipped.classifier))
    assert [(one["kind"], one["seed"], one["tolerance"]) for one in found] == [
        (one.kind, one.seed, one.tolerance) for one in shipped.manifest.golden
    ]
