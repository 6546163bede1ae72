"""Fixtures of the device's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.commands import main
from tests.support.commands import Result, Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `maskgate` with arguments, without the user's own files and without this machine's models."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["maskgate", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        return Result(code if isinstance(code, int) else 0, *capfd.readouterr())

    return call
