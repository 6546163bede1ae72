"""The machine that figures belong to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from edge.vision.interpreter import find_runtime


def machine(interpreter: str) -> dict[str, str]:
    """Processor and versions that the figures belong to."""
    runtime, _ = find_runtime(interpreter)
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "maskgate": version("maskgate"),
        "interpreter": f"{runtime} {version(runtime)}",
    }


def _cpu() -> str:
    """The processor's name, or its kind where the system does not tell."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "Model"))
    ]
    return names[0] if names else platform.machine()
