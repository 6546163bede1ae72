"""`maskgate bench` on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

COMMAND = "from edge.commands import main; main()"


def on_a_terminal(*words: object, out: Path) -> str:
    """What a command shows on a terminal while its standard output goes into a file."""
    here, there = pty.openpty()
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *map(str, words)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=there,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )  # fmt: skip
    os.close(there)
    shown = b""
    try:
        while piece := os.read(here, 65536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(here)
    assert process.wait() == 0, shown.decode()
    return shown.decode()


def test_bench_says_how_far_it_is(tmp_path: Path) -> None:
    """Each of its three parts is named, with a share that grows; standard output has the figures alone."""
    shown = on_a_terminal("bench", "--json", out=tmp_path / "figures.json")
    assert all(title in shown for title in ("pipeline", "daemon", "classifier alone"))
    assert "%" in shown
    assert (tmp_path / "figures.json").read_text().startswith("{")
