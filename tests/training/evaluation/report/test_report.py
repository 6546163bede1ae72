"""The report and the model card."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge import bundle
from tests.support.predictions import drawn_split, evidence, sure
from training.commands import maskgate_train
from training.data.dataset import load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation.predictions import Predictions
from training.evaluation.report import report
from training.evaluation.report.data_overview import describe
from training.evaluation.report.galleries import MANY, SIDE, worst
from training.evaluation.results import evaluate


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_split(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def judged() -> Predictions:
    """Sixty faces, a few of them wrong, by two models."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60)
    answers = np.where(rng.random(60) < 0.2, rng.integers(0, 3, 60), truth)
    found = evidence(truth.tolist(), sure(*answers, share=0.8))
    second = replace(found.columns[0], name="float", shares=sure(*truth))
    return replace(found, columns=(*found.columns, second)).with_threshold([0.5, 0.0])


def page(found: Predictions, extras: report.Extras | None = None) -> report.ReportPage:
    return report.page(found, evaluate(found), extras or report.Extras(), "A <b>title</b>")


def test_the_page_needs_nothing_from_elsewhere(judged: Predictions) -> None:
    """No address, script or style sheet outside the page; every picture is a data URI."""
    text = report.html(page(judged))
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "<script" not in text
    assert "@import" not in text
    assert text.count('src="data:image/svg+xml;base64,') >= 3


def test_the_page_escapes_what_it_is_given(judged: Predictions) -> None:
    """A title is text, whatever it looks like."""
    assert "<h1>A &lt;b&gt;title&lt;/b&gt;</h1>" in report.html(page(judged))


def test_page_and_card_tell_the_same(judged: Predictions) -> None:
    """Both name the headline figure, and it is that of the model for the device."""
    found = evaluate(judged).row("frames, 20 px and more", "int8")
    assert found is not None
    value = f"{found.plain.macro_f1.value:.3f}"
    one = page(judged)
    assert one.headline == found
    assert f"<b>{value}</b>" in report.html(one)
    assert value in report.card(one)


def test_without_threshold_none_is_told(judged: Predictions) -> None:
    """Faces for which no threshold could be chosen elsewhere are not told at one."""
    text = report.html(page(judged.with_threshold([float("nan")] * 2)))
    assert "No threshold is shown" in text


def test_worst_answers_come_surest_first(split: Path) -> None:
    """Bare faces called masked stand by themselves, the surest first, and what is left out is counted."""
    material = load_material(SplitManifest.load(split), split.parent / "cache")
    count = len(material.faces)
    truth = [1] * count
    shares = np.vstack([sure(0, share=0.5 + 0.4 * at / count) for at in range(count)])
    found = evidence(truth, shares)
    (only,) = worst(found, found.columns[0], material)
    assert only.heading == "Bare faces called masked"
    said = [float(re.findall(r"0\.\d+", tile.caption)[0]) for tile in only.tiles]
    assert said == sorted(said, reverse=True)
    assert len(only.tiles) + only.left_out == count
    assert len(only.tiles) == MANY


def test_the_contact_sheet(split: Path, tmp_path: Path) -> None:
    """`evaluate --worst` writes one picture with a cell for every wrong answer."""
    wrong = tmp_path / "split.json"
    wrong.write_text(split.read_text().replace('"without_mask"', '"mask_worn_incorrectly"'))
    options = ("--part", "all", "--worst", tmp_path / "w.png", "--cache", split.parent / "cache")
    arguments = ["evaluate", bundle.SHIPPED, wrong, *options]
    done = CliRunner().invoke(maskgate_train, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    seen = cv2.imread(str(tmp_path / "w.png"))
    assert seen is not None
    assert seen.shape[0] % (SIDE + 30) == 0
    assert seen.shape[1] == 8 * (SIDE + 8)


def test_the_data_section_counts_every_face(split: Path) -> None:
    """The counts by class, source and part add up to the manifest."""
    manifest = SplitManifest.load(split)
    found = describe(manifest)
    assert sum(row.total for row in found.counts) == len(manifest.faces)
    tested = sum(row.parts[list(SplitPart).index(SplitPart.TEST)] for row in found.counts)
    assert tested == sum(face.part is SplitPart.TEST for face in manifest.faces)


@pytest.mark.parametrize(("option", "shown"), [("--faces", True), ("--no-faces", False)])
def test_the_command(split: Path, tmp_path: Path, option: str, shown: bool) -> None:
    """The command writes both files; wrong answers are shown as photographs, without faces none is."""
    wrong = tmp_path / "split.json"
    wrong.write_text(split.read_text().replace('"without_mask"', '"mask_worn_incorrectly"'))
    options = (option, "--part", "all", "-o", tmp_path, "--cache", split.parent / "cache")
    arguments = ["report", bundle.SHIPPED, wrong, *options]
    done = CliRunner().invoke(maskgate_train, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    assert ("image/jpeg" in (tmp_path / "report.html").read_text()) is shown
    assert (tmp_path / "model-card.md").read_text().startswith("# Mask classifier: model card")
