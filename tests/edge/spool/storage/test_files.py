"""The files of a spool, and how they are kept."""

from __future__ import annotations

import stat
from pathlib import Path

from edge.spool import Spool


def test_nobody_else_can_read_it(spool: Spool, path: Path) -> None:
    """The file and the directory made for it belong to this user alone."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
