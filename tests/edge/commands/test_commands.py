"""What all commands have in common."""

from __future__ import annotations

from tests.support.commands import Run


def test_version_and_help(run: Run) -> None:
    """Both end well, and the help names the exit codes."""
    assert run("--version").out.startswith("maskgate ")
    shown = run("--help")
    assert shown.code == 0
    assert "Exit codes" in shown.out


def test_a_wrong_command_is_a_usage_error(run: Run) -> None:
    """As for every program on the system."""
    assert run("dance").code == 2
