"""Events as JSON lines or CSV."""

from __future__ import annotations

import io
import json

from edge.spool.control.export import FORMATS, write_csv, write_jsonl
from edge.spool.control.requests import StoredEvent

ROWS = [
    StoredEvent(position, "e1", json.dumps({"id": position, "votes": {"with_mask": 0.5, **more}}), 0.0, None)
    for position, more in ((1, {}), (2, {"new": 1}))
]


def test_json_lines_are_the_messages() -> None:
    """Byte for byte, and counted."""
    out = io.StringIO()
    assert write_jsonl(ROWS, out) == 2
    assert out.getvalue().splitlines() == [row.payload for row in ROWS]


def test_a_table_has_the_columns_of_the_first_event() -> None:
    """A member of an object is a column; what only later events have is left out."""
    out = io.StringIO()
    assert write_csv(ROWS, out) == 2
    assert out.getvalue().splitlines() == ["id,votes.with_mask", "1,0.5", "2,0.5"]


def test_nothing_is_an_export_too() -> None:
    """In every format."""
    for write in FORMATS.values():
        out = io.StringIO()
        assert write((), out) == 0
        assert out.getvalue() == ""
