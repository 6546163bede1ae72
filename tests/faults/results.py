"""Results of the faults, one JSON line for each: printed, and added to the file that FAULTS_RESULTS names."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable


def note(fault: str, times: int, **figures: object) -> None:
    """Takes down what came of a fault that was brought about so often."""
    line = json.dumps({"fault": fault, "times": times, **figures})
    print(line)  # noqa: T201 - shown by pytest with -s
    if file := os.environ.get("FAULTS_RESULTS", ""):
        with open(file, "a", encoding="utf-8") as results:
            results.write(f"{line}\n")


def longest(seconds: Iterable[float]) -> float:
    """The longest of some times, in seconds."""
    return round(max(seconds), 2)


def memory_mib() -> float:
    """What this process holds in memory."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def seconds_since(began: float) -> float:
    """Time passed since a moment of the monotonic clock."""
    return time.monotonic() - began
