"""`maskgate-train learning-curve`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.contract import Label
from edge.errors import ConfigError
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run
from training.commands import learning_curve, maskgate_train
from training.commands.fold_jobs import FoldJob
from training.data.manifest import SplitManifest, SplitPart

SHORT = (
    ("head_epochs = 1\nepochs = 2", "head_epochs = 0\nepochs = 1"),
    ("[finish]\nepochs = 2", "[finish]\nepochs = 0"),
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_killed_curve_goes_on(tmp_path: Path) -> None:
    """Both sizes are tested on the same faces, and what was finished is not trained again."""
    options = (
        "learning-curve", "--split", drawn_split(tmp_path, 12), "--recipe", recipe(tmp_path, *SHORT),
        "--folds", 2, "--sizes", "3,all", "-o", tmp_path / "curve", "--cache", tmp_path / "cache",
    )  # fmt: skip
    first = run("training", *options)
    assert first.returncode == 0, first.stderr
    assert "all/fold-1 (4 of 4)" in first.stderr
    for fold in ("fold-0", "fold-1"):
        small, whole = (
            SplitManifest.load(tmp_path / "curve" / share / fold / "split.json") for share in ("3", "all")
        )
        tested = [[row.key for row in one.faces if row.part is SplitPart.TEST] for one in (small, whole)]
        assert tested[0] == tested[1]
        learnt = [{row.key for row in one.faces if row.part is SplitPart.TRAIN} for one in (small, whole)]
        assert learnt[0] < learnt[1]
        assert len(learnt[0]) >= 3
    figures = json.loads((tmp_path / "curve" / "learning-curve.json").read_text())
    assert [one["share"] for one in figures["sizes"]] == ["3", "all"]
    assert "<svg" in (tmp_path / "curve" / "learning-curve.svg").read_text()
    shutil.rmtree(tmp_path / "curve" / "all" / "fold-1")
    second = run("training", *options)
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    assert len([line for line in second.stderr.splitlines() if line.startswith("epoch")]) == 1


def call(split: Path, folder: Path, *more: object) -> Result:
    """The command in this process, with a recipe that could train."""
    options = ("--split", split, "--recipe", recipe(folder), "--folds", 2, "-o", folder / "curve", *more)
    arguments = ["learning-curve", *options, "--cache", split.parent / "cache"]
    return CliRunner().invoke(maskgate_train, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A split of one source, read once."""
    return drawn_split(tmp_path_factory.mktemp("faces"), 4)


def test_shares_of_few_faces(faces: Path) -> None:
    """Where there are fewer than the smallest usual share, a quarter and half of them are measured."""
    assigned = SplitManifest.load(faces).assigned()
    learnt = sum(face.part is SplitPart.TRAIN for face in assigned)
    found = [share.name for share in learning_curve._usual([assigned])]
    assert found == [str(learnt // 4), str(learnt // 2), "all"]


def test_a_file_that_is_no_split(tmp_path: Path) -> None:
    """Is named before anybody waits for the framework, or for weights."""
    (tmp_path / "bad.json").write_text("[]")
    done = call(tmp_path / "bad.json", tmp_path, "--weights", tmp_path / "absent.h5")
    assert isinstance(done.exception, ConfigError)
    assert "bad.json is damaged" in str(done.exception)


def test_corrections_are_learnt_from(faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And tested with: labels are those of the notes, and what they leave out is in no fold."""
    notes = tmp_path / "notes.csv"
    notes.write_text("source,image,face,flag,label\nframes,0,0,,without_mask\nframes,0,1,doubt,\n")
    asked: list[FoldJob] = []
    monkeypatch.setattr(learning_curve, "run_jobs", lambda jobs, _: asked.extend(jobs))
    call(faces, tmp_path, "--notes", notes)
    assert len(asked) == 6
    rows = {row.key: row for job in asked for row in job.split().faces}
    assert rows["frame/frames/0.png#0"].label is Label.WITHOUT_MASK
    assert {row.key for row in SplitManifest.load(faces).faces} - set(rows) == {"frame/frames/0.png#1"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--notes", bundle.SHIPPED / "manifest.json"), "need the columns source, image"),
        (("--sizes", "9,many"), "--sizes 9,many: many is no number of faces to learn from"),
        (("--sizes", "without-frames"), "to leave out frames is what --by source does"),
        (("--sizes", "5", "--by", "source"), "leave it or --by source out"),
        (("--sizes", "5000"), "fold 1: a share of 5000 faces is more than the "),
        (("--by", "source"), "the split holds one source only, frames"),
    ],
)
def test_what_cannot_be_drawn(faces: Path, tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    """One sentence before the first training, and no folder."""
    done = call(faces, tmp_path, *options)
    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)
    assert not (tmp_path / "curve").exists()
