"""`maskgate-train evaluate-bundle`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import bundle
from edge.errors import ConfigError
from tests.support.detector_frames import frames
from training.commands import maskgate_train
from training.data.manifest import SplitFace, SplitManifest, SplitPart


@pytest.fixture
def split(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    faces = [
        SplitFace(one.faces[0], at, SplitPart.TEST) for at, one in enumerate(frames(tmp_path / "images"))
    ]
    file = tmp_path / "split.json"
    file.write_text(SplitManifest.of(faces, 7, "none").model_dump_json())
    return file


def test_the_shipped_bundle_is_judged_on_annotated_frames(split: Path) -> None:
    """As one JSON object, or as a line for each figure."""
    command = ["evaluate-bundle", str(bundle.SHIPPED), "--split", str(split)]
    done = CliRunner().invoke(maskgate_train, [*command, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert found["faces"] == 3
    assert 0 <= found["right"] <= found["found"] <= 1
    table = CliRunner().invoke(maskgate_train, command, catch_exceptions=False).stdout
    assert [line.split()[0] for line in table.splitlines()] == list(found)


def test_a_part_without_frames_is_refused(split: Path) -> None:
    """The sentence names the option."""
    command = ["evaluate-bundle", str(bundle.SHIPPED), "--split", str(split), "--part", "train"]
    with pytest.raises(ConfigError, match="--part"):
        CliRunner().invoke(maskgate_train, command, catch_exceptions=False)
