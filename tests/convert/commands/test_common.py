"""Options that several commands of `maskgate-convert` take."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from convert.commands import maskgate_convert
from convert.commands.common import gates_option


def test_a_file_of_gates_must_be_there() -> None:
    """The usage error names it."""
    done = CliRunner().invoke(click.command()(gates_option(lambda gates: None)), ["--gates", "none.toml"])
    assert done.exit_code == 2
    assert "none.toml" in done.output


@pytest.mark.parametrize("command", ["convert", "parity"])
def test_conversion_and_comparison_take_the_gates(command: str) -> None:
    """Both have limits."""
    done = CliRunner().invoke(maskgate_convert, [command, "--help"])
    assert "--gates" in done.output
