"""Kills `install` at one system call after the other and looks at what is left.

    python -m tests.support.bundle_killer FOLDER NEW.tar.gz {quick|real} [STEP]

A process of its own, since it forks: one child for each point, traced with ptrace(2), which stops it
at every system call; at the chosen one it gets SIGKILL and the call is not made. Prints one JSON object.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from edge import bundle
from edge.bundle.install import Admit, install
from edge.bundle.store import BundleStore
from edge.config import Config

TRACEME, SYSCALL, SETOPTIONS = 0, 24, 0x4200
GOOD, EXITKILL = 0x1, 0x100000
NO_TRACING = 77
STOPPED_AT_CALL = signal.SIGTRAP | 0x80

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def run(work: Callable[[], object], kill_at: int) -> tuple[int, int]:
    """Runs `work` in a child, killed before its system call number `kill_at` (from 1, 0: never).

    Returns:
        The calls that it came to, and its wait status.
    """
    child = os.fork()
    if child == 0:
        _be_traced(work)
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        return 0, status
    libc.ptrace(SETOPTIONS, child, None, GOOD | EXITKILL)
    calls, inside, pass_on = 0, False, 0
    while True:
        libc.ptrace(SYSCALL, child, None, pass_on)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            return calls, status
        stop = os.WSTOPSIG(status)
        pass_on = 0 if stop == STOPPED_AT_CALL else stop
        if stop == STOPPED_AT_CALL:
            inside = not inside
            calls += inside
            if inside and calls == kill_at:
                os.kill(child, signal.SIGKILL)


def _be_traced(work: Callable[[], object]) -> None:
    code = NO_TRACING
    if libc.ptrace(TRACEME, 0, None, None) == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    os._exit(code)


def admission(kind: str) -> Admit:
    """What looks at the bundle: all that a device does, or nothing."""
    if kind == "quick":
        return lambda _: None
    from edge.self_test.self_test import self_test

    return lambda found: self_test(found, Config()) and None


def look(store: BundleStore, allowed: set[str]) -> str:
    """The bundle in use; it and all others must be whole."""
    name = store.current()
    assert name in allowed, name
    for found in {name, *store.names()}:
        bundle.load(store.path(found))
    return name


def main(folder: Path, file: Path, kind: str, step: int) -> dict[str, object]:
    """Kills at every `step`th call; returns what was found."""
    admit = admission(kind)
    store, kept = BundleStore(folder / "bundles"), folder / "kept"
    shutil.copytree(store.root, kept, symlinks=True)
    old = store.current()

    def work() -> None:
        install(store, file, admit)

    def reset() -> None:
        shutil.rmtree(store.root)
        shutil.copytree(kept, store.root, symlinks=True)

    # Once before it is counted: what is imported or made by the first run alone is no point of the others.
    run(work, 0)
    reset()
    calls, status = run(work, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == NO_TRACING:
        return {"tracing": False}
    assert status == 0, status
    new = look(store, {store.current()})
    assert new != old
    found: Counter[str] = Counter()
    for point in range(1, calls + 1, step):
        reset()
        _, status = run(work, point)
        killed = os.WIFSIGNALED(status)
        found["killed" if killed else "survived"] += 1
        found["new" if look(store, {old, new}) == new else "old"] += 1
        if point % (10 * step) == 1:
            install(store, file, lambda _: None)
            look(store, {new})
            left = [name for name in os.listdir(store.root) if name.startswith((".inc", ".trash"))]
            assert not left, left
    return {"tracing": True, "calls": calls, **found}


if __name__ == "__main__":
    arguments = sys.argv[1:]
    found = main(Path(arguments[0]), Path(arguments[1]), arguments[2], int((*arguments, 1)[3]))
    sys.stdout.write(json.dumps(found))
