"""Programs that tests fork from a process with TensorFlow loaded are as those of a fresh interpreter."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.mosquitto import wait_until

pytestmark = pytest.mark.slow


def test_arguments_environment_and_output() -> None:
    """It has its own, and none of another program."""
    code = "import os, sys; print(sys.argv[1:], os.environ.get('WORD')); print('aside', file=sys.stderr)"
    done = forked.run(code, "a b", 3, environment={"WORD": "yes"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "['a b', '3'] yes\n", "aside\n")
    assert forked.run(code).stdout == "[] None\n"


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("raise SystemExit(7)", 7),
        ("raise ValueError('why')", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_how_it_ends(code: str, ended: int) -> None:
    """Its exit code or signal comes back."""
    assert forked.run(code).returncode == ended


def test_a_full_disk(tmp_path: Path) -> None:
    """A file may have so many bytes and no more."""
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(bytes(int(sys.argv[2])))"
    assert forked.run(code, tmp_path / "small", 50, largest_file=100).returncode == 0
    full = forked.run(code, tmp_path / "large", 5000, largest_file=4000)
    assert full.returncode == 1
    assert "File too large" in full.stderr


def test_it_can_be_killed(tmp_path: Path) -> None:
    """While it runs."""
    code = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(600)"
    process = forked.start(code, tmp_path / "began")
    wait_until((tmp_path / "began").exists)
    assert process.is_alive()
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
