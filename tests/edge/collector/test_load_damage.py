"""Exports that contradict what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Run, one_sentence
from tests.support.exports import config, export, load, other, path

__all__ = ["config", "export", "load", "path"]


@pytest.mark.parametrize("key", ["frames", "model_version", "clock_synced", "wall_time", "verdict"])
def test_another_event_under_a_stored_id_changes_nothing(
    load: Run, export: Path, path: Path, tmp_path: Path, key: str
) -> None:
    """Whatever member differs; the new events before it are not stored either."""
    lines = export.read_bytes().splitlines(keepends=True)
    stored, bad = tmp_path / "stored", tmp_path / "bad"
    stored.write_bytes(lines[19])
    assert load(stored).code == 0
    before = path.read_bytes()
    values = {"frames": 77, "model_version": "2.0", "clock_synced": False,
              "wall_time": "2025-03-01T00:00:00.000Z", "verdict": "unsure"}  # fmt: skip
    lines[19] = other(key, values[key])(lines[19])
    assert json.loads(lines[19]) != json.loads(stored.read_bytes())
    bad.write_bytes(b"".join(lines))
    one_sentence(load(bad), 4, f"{bad}, line 20: ", "door/e1/20", "nothing was stored")
    assert path.read_bytes() == before
