"""Reports as text."""

from __future__ import annotations

import csv
import io
import json

from edge.collector import render
from tests.support.reports import HOURS, passes, period, rows


def test_formats_say_the_same() -> None:
    """CSV and JSON hold the same cells; the table names every column."""
    found = rows(passes("compliant", "unsure"), [period("online", 0, 1800)])
    (of_csv,) = csv.DictReader(io.StringIO(render.text(found, HOURS, "csv")))
    (of_json,) = json.loads(render.text(found, HOURS, "json"))
    assert {key: "" if value is None else str(value) for key, value in of_json.items()} == of_csv
    assert of_json["start"] == "2023-11-15T12:00+00:00"
    assert (of_json["compliance"], of_json["unsure_share"]) == (1.0, 0.5)
    assert (of_json["minutes_watched"], of_json["minutes_unknown"]) == (30.0, 30.0)
    header, line = render.text(found, HOURS, "table").splitlines()
    assert header.split() == list(render.COLUMNS)
    assert line.split() == list(of_csv.values())


def test_nothing_is_a_report_too() -> None:
    """A program gets an empty list, a person a word."""
    assert json.loads(render.text([], HOURS, "json")) == []
    assert render.text([], HOURS, "csv") == ",".join(render.COLUMNS)
    assert "nothing" in render.text([], HOURS, "table")
