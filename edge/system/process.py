"""What this process lets others see of its memory, and how its children end."""

from __future__ import annotations

import ctypes
import resource
import signal
from collections.abc import Callable

# Source: prctl(2).
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Lets no core be written when this process crashes: it would hold frames and passwords.

    A limit alone does not do: the kernel passes a core on to a program that asks for it, whatever the
    limit is. Source: core(5), prctl(2).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent() -> Callable[[], None]:
    """What a child calls before its program begins, to get SIGTERM when this process ends or is killed."""
    # Looked up here: between fork and exec a child must do as little as it can.
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    return ask
