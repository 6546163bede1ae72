"""Numbers that may have been given, and the lock of a spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from tests.support.builders import limits


def test_only_one_process_can_use_it(spool: Spool, path: Path) -> None:
    """A second opening is refused with a sentence that names the file."""
    with pytest.raises(SpoolError, match=r"spool\.db is in use by another process"):
        Spool.open(path, limits())
