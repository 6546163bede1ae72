"""The memory of a bare process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.benchmark.baseline_worker import resident_mb


def test_resident_memory_is_read_from_the_status_of_a_process(tmp_path: Path) -> None:
    """In MB, of this process as well."""
    (tmp_path / "status").write_text("Name:\tpython\nVmHWM:\t 4096 kB\nVmRSS:\t 2048 kB\n")
    assert resident_mb(tmp_path / "status") == pytest.approx(2)
    assert resident_mb(Path(f"/proc/{os.getpid()}/status")) > 10
