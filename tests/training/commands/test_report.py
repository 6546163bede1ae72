"""`maskgate-train report`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import bundle
from training.commands import maskgate_train


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
