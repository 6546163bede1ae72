"""`maskgate-train gate`."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from edge import bundle
from edge.errors import GateError
from tests.support.predictions import drawn_split
from training.commands import maskgate_train


def test_the_command_says_no(tmp_path: Path) -> None:
    """The shipped model against itself ends with exit code 1 after printing the table."""
    split = drawn_split(tmp_path)
    arguments = ["gate", bundle.SHIPPED, bundle.SHIPPED, split, "--cache", tmp_path / "cache"]
    done = CliRunner().invoke(maskgate_train, [str(one) for one in arguments])
    assert isinstance(done.exception, GateError)
    assert done.exception.exit_code == 1
    assert "FAILED" in done.output
