"""`maskgate-train evaluate-passes`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.demo import CLIP
from edge.errors import GateError, SourceError
from training.commands import maskgate_train

TRUTH = CLIP.with_name("passes.json")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskgate_train, ["evaluate-passes", *map(str, arguments)])


def test_the_clip_of_the_demo(tmp_path: Path) -> None:
    """Every pass of it is right, by the models that ship, also where their bundle is packed."""
    packed = tmp_path / "bundle.tar.gz"
    bundle.pack(bundle.SHIPPED, packed)
    done = run(CLIP.parent, TRUTH, "--bundle", packed, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["passes"], found["counts"]["right"]) == (4, 4)


def test_what_is_not_right_ends_in_an_error(tmp_path: Path) -> None:
    """After the table; a clip that cannot be read does not keep the others from being judged."""
    clip = tmp_path / "still.png"
    clip.write_text("no picture")
    truths = {
        "still.png": [{"verdicts": ["no_mask"]}],
        CLIP.name: [{"verdicts": ["compliant"], "from_s": 30, "to_s": 31}],
    }
    (tmp_path / "truth.json").write_text(json.dumps({"schema": 1, "clips": truths}))
    (tmp_path / CLIP.name).write_bytes(CLIP.read_bytes())
    done = run(tmp_path, tmp_path / "truth.json")
    assert isinstance(done.exception, SourceError)
    assert "still.png" in str(done.exception)
    assert "missed" in done.stdout
    only = run(tmp_path / CLIP.name, tmp_path / "truth.json")
    assert isinstance(only.exception, GateError)
    assert str(only.exception) == "of 1 passes: 1 missed, 4 doubled"


@pytest.mark.shared
def test_the_bare_people_of_the_clips(shared: Path, tmp_path: Path) -> None:
    """Everybody once, and nobody wears a mask."""
    bare = {"verdicts": ["no_mask"]}
    truths = {"face-demographics-walking.gif": [bare] * 2, "head-pose-face-detection-male.gif": [bare]}
    (tmp_path / "truth.json").write_text(json.dumps({"schema": 1, "clips": truths}))
    done = run(shared / "data/clips", tmp_path / "truth.json", "--json")
    assert done.exit_code == 0, done.output
