"""One holder at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.errors import StorageError
from training.workbench.file_lock import file_lock


def test_the_second_waits(tmp_path: Path) -> None:
    """Until the first has let go."""
    order = []

    def second() -> None:
        with file_lock(tmp_path / "deep" / "lock"):
            order.append("second")

    with file_lock(tmp_path / "deep" / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="lock cannot be made"), file_lock(tmp_path / "file" / "lock"):
        pass
