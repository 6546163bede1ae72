"""`maskgate bench` on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def on_a_terminal(*words: object, out: Path) -> str:
    """What a command shows on a terminal while its standard output goes into a file."""
    here, there = pty.openpty()
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.short_bench", *map(str, words)],
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
    """Each of its parts is named, with a share that grows; standard output has the figures alone."""
    shown = on_a_terminal("bench", out=tmp_path / "figures.txt")
    assert all(title in shown for title in ("pipeline", "loads", "daemon", "classifier alone"))
    shares = [int(share) for share in re.findall(r"(\d+) ?%", shown)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    told = (tmp_path / "figures.txt").read_text()
    assert told.startswith("stage")
    assert "pipeline / bare model calls" in told
    assert "at rest" in told
    assert "the classifier alone, per face" in told
