"""What a crash leaves behind: nothing of the memory, in which frames, passwords and keys are."""

from __future__ import annotations

import contextlib
import ctypes
import resource

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Keeps the memory of this process in memory, whatever ends it.

    A process that is not dumpable leaves no core file, gives none to a program such as systemd-coredump,
    and opens its memory under /proc to nobody but root. A program that it starts begins dumpable
    again, but writes no core file either unless it raises its limit. Where the system refuses this,
    there are no core files.
    """
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
