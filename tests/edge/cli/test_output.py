"""What commands print."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cli.output import progress, progress_told_to, table
from tests.support.paths import ROOT

WIDE = [
    ("bundle", "use", "size"),
    ("a bundle whose name takes more than one line of a small terminal " * 2, "current", "1234567890"),
]


class Terminal(io.StringIO):
    """A standard stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def small_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """From here on both standard streams are a terminal of 80 columns."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Text stands to the left, numbers to the right, and a line has no blanks at its end."""
    rows = [("name", "kind", "count"), ("a", "", 7), ("b", "long one", None)]
    assert table(rows) == "name  kind      count\na                   7\nb     long one"
    assert table([("name", "count"), ("a", 12)], "l") == "name  count\na        12"


def test_what_is_piped_is_not_cut() -> None:
    """A program that reads the table gets each row in one line."""
    assert table(WIDE).splitlines()[1].startswith(WIDE[1][0].strip())
    assert len(table(WIDE).splitlines()) == 2


def test_a_narrow_terminal_wraps_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, no word is lost, and numbers are whole."""
    small_terminal(monkeypatch)
    text = table(WIDE)
    assert max(map(len, text.splitlines())) <= 80
    assert "1234567890" in text
    words = text.split()
    assert words.count("bundle") == 1 + WIDE[1][0].split().count("bundle")


def test_columns_that_have_no_room_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are whole; those on the right go first, and are told below."""
    small_terminal(monkeypatch)
    rows = [[f"column {number}" for number in range(20)], [str(10**9 + number) for number in range(20)]]
    shown, note = table(rows, "").split("\n\n")
    assert shown.splitlines()[-1].split() == [str(10**9 + number) for number in range(6)]
    assert "column 6, " in note
    assert note.endswith("column 19")


@given(
    st.lists(st.tuples(st.text("ab_ ", max_size=40), st.text("ab_ ", max_size=40)), min_size=1, max_size=4),
    st.lists(st.integers(0, 10**12), max_size=12),
)
def test_no_line_is_wider_than_the_terminal(names: list[tuple[str, str]], numbers: list[int]) -> None:
    """Whatever a table holds; its first two columns are always there."""
    heads = ("name", "other name", *(f"n{at}" for at in range(len(numbers))))
    with pytest.MonkeyPatch.context() as patch:
        small_terminal(patch)
        text = table([heads, *((*pair, *numbers) for pair in names)])
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", ["[bold]a[/bold]", "run [1]", ":smile:", "[/]"])
def test_a_name_is_no_markup(name: str) -> None:
    """Brackets and colons are printed as they are."""
    assert table([("name",), (name,)]) == f"name\n{name}"


def test_progress_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written to a file or pipe."""
    with progress("working", 2) as bar:
        bar.advance()
        bar.describe("still working")
    assert capsys.readouterr().err == ""


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done stands there, brackets and all, and how far it is."""
    terminal = small_terminal(monkeypatch)
    with progress("reading [a]", 3000) as bar:
        for _ in range(3000):
            bar.advance()
        bar.describe("writing [b]")
    assert "writing [b]" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_a_listener_is_told_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """In the place of the terminal: what is done, how much of it, and how much of the whole work."""
    told: list[object] = []
    with progress_told_to(lambda *words: told.append(words)), progress("epoch 2 of 4", 2, (0.25, 0.5)) as bar:
        bar.advance()
        bar.describe("epoch 2")
    with progress_told_to(lambda *words: told.append(words)), progress("reading"):
        pass
    assert told == [
        ("epoch 2 of 4", 0.0, 0.25),
        ("epoch 2 of 4", 0.5, 0.375),
        ("epoch 2", 0.5, 0.375),
        ("", None, None),
        ("reading", None, None),
        ("", None, None),
    ]
    assert capsys.readouterr().err == ""


def test_the_daemon_loads_no_tables() -> None:
    """Neither tables nor bars are imported before they are needed."""
    code = "import sys, edge.commands.run, edge.commands.events; print('rich' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"
