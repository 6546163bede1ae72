"""Which process of this machine is meant, beyond its number, which is given again after its end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process.

    Attributes:
        pid: Its number.
        began: When it began, in ticks since the machine did.
        boot: Of the machine.
    """

    pid: int
    began: int
    boot: str

    @classmethod
    def of(cls, pid: int | None = None) -> ProcessIdentity | None:
        """A process that runs, this one where none is named; None where there is none of that number."""
        number = os.getpid() if pid is None else pid
        try:
            # proc(5): the name of the program, in brackets, may hold anything.
            state, *fields = (
                Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()
            )
            boot = _BOOT.read_text().strip()
        except OSError:
            return None
        # It has ended, and only whoever started it has not asked how.
        if state in "ZX":
            return None
        return cls(number, int(fields[18]), boot)

    @property
    def lives(self) -> bool:
        """Whether this very process runs."""
        return ProcessIdentity.of(self.pid) == self
