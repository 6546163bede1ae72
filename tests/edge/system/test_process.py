"""A process that crashes leaves no picture of its memory, and no child behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.matroska import write_matroska

UNLIMITED = 'ulimit -c "$(ulimit -H -c)"; exec "$@"'
"""A shell that lets cores be written, as where somebody looks for a fault of another program."""


def start(folder: Path, *command: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", "-c", UNLIMITED, "sh", *command],
        cwd=folder,
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )


def crashed(process: subprocess.Popen[bytes]) -> bool:
    """Waits for a process that ends as a fault would end it; whether the kernel has written its core."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGSEGV
    assert os.WTERMSIG(status) == signal.SIGSEGV
    return os.WCOREDUMP(status)


@pytest.fixture
def cores(tmp_path: Path) -> None:
    """Skips where this machine writes no cores, so that a test would not see one."""
    if not crashed(start(tmp_path, "sh", "-c", "kill -SEGV $$")):
        pytest.skip("this machine writes no cores")
    for core in tmp_path.iterdir():
        core.unlink()


@pytest.mark.usefixtures("cores")
def test_a_daemon_that_crashes_leaves_no_core(tmp_path: Path) -> None:
    """Though others would: it holds frames and the broker's password."""
    clip = write_matroska(tmp_path / "gap.mkv", [0.0, 3600.0], ends=3600.1)
    (tmp_path / "config.toml").write_text(
        f'[camera]\nsource = "{clip}"\n[lamp]\nkind = "none"\n[mqtt]\nenabled = false\n'
        f'[spool]\npath = "{tmp_path / "spool.db"}"\n'
    )
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(60)
        daemon = start(tmp_path, sys.executable, "-m", "edge", "run", NOTIFY_SOCKET=address)
        try:
            assert listener.recv(256).startswith(b"READY=1")
            daemon.send_signal(signal.SIGSEGV)
            assert not crashed(daemon)
        finally:
            if daemon.returncode is None:
                daemon.kill()
                daemon.wait()
    assert not [file.name for file in tmp_path.iterdir() if file.name.startswith("core")]


OWN_FILES = """
import os
from pathlib import Path
from edge.spool.storage import files
from edge.system.process import keep_memory_private

if os.geteuid() == 0:
    os.setuid(65534)
keep_memory_private()
with files.short_name(Path("/tmp/any")) as name:
    print(os.path.isdir(os.path.dirname(name)))
"""


def test_a_private_process_reads_its_own_files() -> None:
    """The kernel gives its entries in /proc to root; what the control socket needs of them stays open."""
    found = subprocess.run([sys.executable, "-c", OWN_FILES], capture_output=True, text=True, check=False)
    assert found.stdout == "True\n", found.stderr


PARENT = """
import os, signal, subprocess
from edge.system.process import end_with_parent

subprocess.Popen(["sleep", "600"], preexec_fn=end_with_parent())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_ends_with_its_parent() -> None:
    """Also where that is killed: whoever reads what both may write comes to its end."""
    run = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, timeout=60, check=False)
    assert run.returncode == -signal.SIGKILL
