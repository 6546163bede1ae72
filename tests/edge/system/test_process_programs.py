"""A crash leaves no copy of the memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FORBID = "from edge.system.process import keep_memory_private; keep_memory_private(); "
ALLOW = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2); "
PROGRAM = """
import click, os, sys
from edge.cli.app import run_app
crash = click.Command("crash", callback=lambda: os.kill(os.getpid(), {}))
sys.argv[1:] = ["crash"]
run_app(click.Group("program", commands=[crash]), "collector")
"""
CRASHES = [signal.SIGSEGV, signal.SIGABRT]


def crash(folder: Path, code: str, number: signal.Signals) -> set[str]:
    """What a process leaves in its folder that may write a core file of any size and is ended by a signal."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("this session may not write core files")
    whole = f"{ALLOW}{code}\nimport os; os.kill(os.getpid(), {int(number)})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", whole], cwd=folder, env=environment, check=False)
    assert done.returncode == -number
    return set(os.listdir(folder))


@pytest.mark.parametrize("number", CRASHES)
def test_a_crash_leaves_no_core_file(tmp_path: Path, number: signal.Signals) -> None:
    """A process that forbade it leaves nothing, even where the limit was without bounds."""
    assert crash(tmp_path, FORBID, number) == set()


@pytest.mark.parametrize("number", CRASHES)
def test_a_raised_limit_brings_no_core_file_back(tmp_path: Path, number: signal.Signals) -> None:
    """Not dumpable is enough by itself: a program that takes cores by a pipe asks for no limit."""
    raised = (
        "import ctypes, resource; resource.setrlimit = lambda *_: None; "
        f"{FORBID}assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0; "
    )
    assert crash(tmp_path, raised, number) == set()


def test_the_crash_test_can_fail(tmp_path: Path) -> None:
    """Without it the same process leaves its memory in its folder, where the machine writes files there."""
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() not in ("core", "core.%p"):
        pytest.skip("core files go elsewhere on this machine")
    assert crash(tmp_path, "", signal.SIGSEGV)


def test_a_started_program_writes_no_core_file(tmp_path: Path) -> None:
    """What the process starts is under the same limit."""
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import os; os.abort()']); "
    assert crash(tmp_path, FORBID + child, signal.SIGABRT) == set()


@pytest.mark.parametrize("number", CRASHES)
def test_no_command_leaves_a_core_file(tmp_path: Path, number: signal.Signals) -> None:
    """All three programs forbid it before their command reads a picture, a password or a key."""
    assert crash(tmp_path, PROGRAM.format(int(number)), number) == set()
