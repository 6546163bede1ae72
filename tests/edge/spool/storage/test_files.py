"""The files of a spool, and how they are kept."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.storage.files import make_file


def test_nobody_else_can_read_it(spool: Spool, path: Path) -> None:
    """The file and the directory made for it belong to this user alone."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EROFS, "mounted read-only; see `dmesg`"),
        (errno.ENOSPC, "free some space"),
        (errno.EIO, "the disk or card fails"),
        (errno.EACCES, "set spool.path to a file in a directory that this user may write to"),
    ],
)
def test_each_reason_has_its_advice(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    """Another path is no help where the disk is broken."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    path.parent.mkdir()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SpoolError, match=advice):
        make_file(path)
