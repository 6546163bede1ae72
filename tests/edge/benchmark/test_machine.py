"""The machine that figures belong to."""

from __future__ import annotations

import platform

from edge.benchmark.machine import machine


def test_figures_say_what_they_were_measured_on() -> None:
    """Processor, cores, and the versions of what computes."""
    found = machine("auto")
    assert found["python"] == platform.python_version()
    assert int(found["cores"]) >= 1
    assert all(found[name] for name in ("cpu", "maskgate", "interpreter"))
