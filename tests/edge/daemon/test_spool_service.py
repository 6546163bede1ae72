"""A daemon whose spool fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.daemon import all_in_one
from edge.errors import SpoolError
from edge.spool.writer import SpoolWriter
from tests.support.daemons import WALKING, Start, recording


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_spool_that_stores_nothing_any_more_ends_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started again by its supervisor, and does not wait for the next event to be lost."""

    def fail(_writer: SpoolWriter) -> None:
        raise RuntimeError("by intent")

    monkeypatch.setattr(SpoolWriter, "notify", fail)
    config = Config.model_validate(
        {
            "spool": {"path": str(tmp_path / "spool.db")},
            "camera": {"source": "/dev/video99"},
            "lamp": {"kind": "none"},
            "mqtt": {"enabled": False},
        }
    )
    with pytest.raises(SpoolError, match="stores nothing any more"):
        all_in_one(config).run()


@pytest.mark.shared
def test_a_spool_that_cannot_be_written_stops_the_start(start: Start, shared: Path, tmp_path: Path) -> None:
    """A device that could lose events does not pretend to work."""
    (tmp_path / "spool.db").mkdir()
    daemon = start(recording(shared / WALKING))
    _, err = daemon.communicate(timeout=60)
    assert daemon.returncode == 5, err
    assert "spool.db" in err.splitlines()[-1]
