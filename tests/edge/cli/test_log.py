"""What others send cannot forge, colour or flood the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from edge.cli.log import FEW, WINDOW_S, LimitedHandler, LineLimit, start_logging


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A log as the programs have that run on."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    start_logging("info", LimitedHandler())
    yield logging.getLogger("test")
    for handler in root.handlers:
        handler.close()
    root.handlers = before
    root.setLevel(level)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\nERROR forged", r"a\x0aERROR forged"),
        ("a\r\x1b[2J\x1b[31mred", r"a\x0d\x1b[2J\x1b[31mred"),
        ("a\u202egnp.exe\u2066", r"a\u202egnp.exe\u2066"),
        ("a\u2028b\x85c\x00", r"a\u2028b\x85c\x00"),
        ("caf\xe9 \u95e8", "caf\xe9 \u95e8"),
    ],
)
def test_an_entry_is_one_line(
    log: logging.Logger, capfd: pytest.CaptureFixture[str], sent: str, shown: str
) -> None:
    """Escapes stand for what would begin another line or move a terminal's cursor; letters stay."""
    log.warning("a message says %s", sent)
    assert capfd.readouterr().err.rstrip("\n").endswith(f"WARNING a message says {shown}")


def test_a_traceback_keeps_its_lines_and_no_more(
    log: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    """What an exception says is escaped like all else."""
    try:
        int("a\x1b[2J")
    except ValueError:
        log.exception("failed")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) > 2
    assert lines[-1].startswith("ValueError: ")
    assert "\x1b" not in lines[-1]


def test_a_flood_of_one_kind_is_counted(log: logging.Logger, capfd: pytest.CaptureFixture[str]) -> None:
    """The first ones are logged, others go on, and what is told in good order is never left out."""
    for number in range(500):
        log.warning("bad message %d", number)
        log.info("verdict %d", number)
    log.warning("another kind")
    lines = capfd.readouterr().err.splitlines()
    assert sum("bad message" in line for line in lines) == FEW
    assert sum("verdict" in line for line in lines) == 500
    assert "another kind" in lines[-1]
    logging.getLogger().handlers[0].close()
    (count,) = capfd.readouterr().err.splitlines()
    assert count.endswith(f"{500 - FEW} more like this were left out: bad message 499")


def test_the_count_comes_once_a_minute() -> None:
    """Then the first ones are logged again."""
    limit, kind = LineLimit(), ("file.py", 1)
    passed = [limit.passes(kind, f"{number}", number / 10) for number in range(100)]
    assert sum(passed) == FEW
    assert list(limit.ended(WINDOW_S - 1)) == []
    assert list(limit.ended(WINDOW_S)) == [(100 - FEW, "99")]
    assert list(limit.ended(WINDOW_S)) == []
    assert limit.passes(kind, "again", WINDOW_S)
