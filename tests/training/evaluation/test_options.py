"""The option of limits."""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from training.evaluation.options import limits_option
from training.evaluation.thresholds import DEFAULT_LIMITS


@click.command()
@limits_option
def show(limits: Path) -> None:
    click.echo(limits)


def test_the_limits_of_the_package_are_the_default(tmp_path: Path) -> None:
    """Another file takes their place, and one that is not there is refused."""
    assert CliRunner().invoke(show).output.strip() == str(DEFAULT_LIMITS)
    own = tmp_path / "limits.toml"
    own.touch()
    assert CliRunner().invoke(show, ["--limits", str(own)]).output.strip() == str(own)
    assert CliRunner().invoke(show, ["--limits", str(tmp_path / "none.toml")]).exit_code == 2
