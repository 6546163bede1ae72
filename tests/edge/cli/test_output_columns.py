"""Tables on terminals of every width, and output for programs."""

from __future__ import annotations

import json

import pytest

from edge.cli.output import Columns, json_text, table
from edge.collector import render
from tests.edge.cli.test_output import small_terminal
from tests.support.pictures import E_ACUTE

HEADS = ("picture", "begun", "count_of_all", "share", "least")
ROW = ("photo.jpg", "2025-03-01T12:00+01:00", 12345, "98%", 1234567890)
COLUMNS = Columns("lt", dropped_first=("least", "share"))


def terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> int:
    """From here on standard output is a terminal of so many columns."""
    small_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", str(width))
    return width


def test_where_there_is_room_everything_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads and times are as they are given."""
    terminal(monkeypatch, 75)
    heads, row = table([HEADS, ROW], COLUMNS).splitlines()
    assert heads.split() == list(HEADS)
    assert row.split() == [str(cell) for cell in ROW]


def test_heads_and_times_are_wrapped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """No column is left out before, and no number is cut."""
    width = terminal(monkeypatch, 50)
    text = table([HEADS, ROW], COLUMNS)
    assert max(map(len, text.splitlines())) <= width
    assert "left out" not in text
    assert {"2025-03-01", "12:00+01:00", "12345", "1234567890"} <= set(text.split())


def test_what_matters_least_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be had in a wider terminal."""
    width = terminal(monkeypatch, 40)
    text = table([HEADS, ROW], COLUMNS)
    assert max(map(len, text.splitlines())) <= width
    assert text.endswith("\n\nleft out in 40 columns: least")
    assert {"12345", "98%"} <= set(text.split())


def test_a_long_name_is_broken_before_a_column_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is there, over several lines."""
    width = terminal(monkeypatch, 40)
    name = "IMG_20250101_123456_with_no_blank_at_all.jpg"
    lines = table([("picture", "px"), (name, 93)], Columns("l", ("px",))).splitlines()
    assert max(map(len, lines)) <= width
    assert "".join(line.split()[0] for line in lines[1:]) == name


def test_a_report_fits_a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With site, device, every verdict and compliance."""
    width = terminal(monkeypatch, 80)
    row = (
        "2025-03-01T00:00+01:00", "2025-03-02T00:00+01:00", "works-north", "entrance", 12345, 12000, 200, 100,
        45, 0.9756, 0.0036, 1440.0, 0.0, 0.0, 0.0, 12,
            6000, 5900, 445,
    )  # fmt: skip
    text = table([render.COLUMNS, row], Columns("ttll", render.DROPPED_FIRST))
    assert max(map(len, text.splitlines())) <= width
    assert {"12000", "200", "100", "45", "0.9756", "entrance"} <= set(text.split())


def test_what_is_piped_has_every_column() -> None:
    """A program gets each row in one line."""
    heads, row = table([HEADS, ROW], COLUMNS).splitlines()
    assert (heads.split(), row.split()) == (list(HEADS), [str(cell) for cell in ROW])


def test_wide_characters_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written in Chinese fits too."""
    width = terminal(monkeypatch, 20)
    lines = table([("name", "n"), ("\u53e3\u7f69" * 12, 7)]).splitlines()
    assert max(len(line.encode("gb18030")) for line in lines) <= width


def test_a_name_is_one_cell() -> None:
    """Line breaks, escapes and bytes that are not UTF-8 are shown as such."""
    assert table([("name",), (f"a\nb\x1b[31m{E_ACUTE}",)]) == "name\na\\x0ab\\x1b[31m\\xe9"


def test_json_is_unicode_at_any_depth() -> None:
    """Keys, lists and tuples; other values are as they were."""
    text = json_text({f"k{E_ACUTE}": [1, None, True, 0.5, (f"v{E_ACUTE}",)], "e": "\u00e9\U0001f480"})
    assert json.loads(text) == {"k\\xe9": [1, None, True, 0.5, ["v\\xe9"]], "e": "\u00e9\U0001f480"}
    assert "\\udc" not in text.replace("\\ud83d\\udc80", "")
