"""What this process lets others see of its memory."""

from __future__ import annotations

import ctypes
import resource

_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Lets no core be written when this process crashes: it would hold frames and passwords.

    A limit alone does not do: the kernel passes a core on to a program that asks for it, whatever the
    limit is. Source: core(5), prctl(2).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
