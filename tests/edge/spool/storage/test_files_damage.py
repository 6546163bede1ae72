"""What is kept of a damaged spool, and for how long."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.spool import Spool
from edge.telemetry.records import DAY_S
from tests.support.builders import limits
from tests.support.damaged_spools import WALL, noise, path, reopen, zero

__all__ = ["path"]


def test_the_damaged_file_is_kept_for_a_look(path: Path) -> None:
    """It lies beside the new one as it was, the last three of them, for as long as anything else."""
    zero(path)
    size = path.stat().st_size
    for number in range(5):
        reopen(path, WALL + number).close()
        kept = sorted(path.parent.glob("spool.db.damaged-*"))
        assert len(kept) == min(number + 1, 3)
        zero(path)
    assert kept[0].name == "spool.db.damaged-20231114T221322"
    assert all(file.stat().st_size <= size for file in kept)


def test_damaged_files_do_not_fill_the_disk(path: Path) -> None:
    """One that is larger than two spools may be is not kept."""
    noise(path)
    bounds = limits(max_bytes=path.stat().st_size // 2 - 1)
    with closing(Spool.open(path, bounds, wall=lambda: WALL)) as spool:
        assert "damaged" in spool.problem
    assert not list(path.parent.glob("*damaged*"))


def test_old_damaged_files_go(path: Path) -> None:
    """They are kept as long as acknowledged events are."""
    zero(path)
    reopen(path).close()
    (aside,) = path.parent.glob("*damaged*")
    later = aside.stat().st_mtime + 8 * DAY_S
    reopen(path, later).close()
    assert not aside.exists()
