"""Processes are told apart beyond their number."""

from __future__ import annotations

import os
import subprocess
import sys

from training.workbench.process_identity import ProcessIdentity


def test_a_process_is_itself() -> None:
    """This one lives, and is the same whether it is named or not."""
    mine = ProcessIdentity.of()
    assert mine is not None
    assert mine == ProcessIdentity.of(os.getpid())
    assert mine.lives


def test_a_process_that_has_ended() -> None:
    """It lives no more, also before anybody has asked how it ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = ProcessIdentity.of(process.pid)
        assert identity is not None
        assert process.stdin is not None
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not identity.lives
    assert ProcessIdentity.of(process.pid) is None
