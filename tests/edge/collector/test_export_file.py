"""Exports that are damaged: one sentence that says where and why, and nothing is changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.collector.export_file import LONGEST, ExportSource
from edge.collector.load import ExportLoader
from edge.errors import SourceError
from tests.support import collector_records
from tests.support.commands import Run, one_sentence
from tests.support.exports import config, export, load, other, path

__all__ = ["config", "export", "load", "path"]


def at(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Changes one line of an export."""

    def changed(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        lines[number - 1] = change(lines[number - 1])
        return b"".join(lines)

    return changed


def without(key: str) -> Callable[[bytes], bytes]:
    return lambda line: json.dumps({k: v for k, v in json.loads(line).items() if k != key}).encode() + b"\n"


def twice(text: bytes) -> bytes:
    """Line 10 has the id of line 9, and another content."""
    lines = text.splitlines(keepends=True)
    return b"".join([*lines[:9], other("frames", 999)(lines[8]), *lines[10:]])


DAMAGED: dict[str, tuple[int, str, Callable[[bytes], bytes]]] = {
    "bad JSON": (3, "it is not JSON", at(3, lambda line: line.replace(b":", b";", 1))),
    "two values": (3, "it is not JSON", at(3, lambda line: line.strip() + line)),
    "no object": (2, "is not of type", at(2, lambda _: b"[1]\n")),
    "other version": (7, '"revision" is a required property', at(7, without("revision"))),
    "unknown verdict": (7, "verdict", at(7, other("verdict", "perhaps"))),
    "a gap": (4, "required", at(4, lambda _: collector_records.gap(1, 4, 4) + b"\n")),
    "wrong id": (5, "its id is 'door/e1/99'", at(5, other("id", "door/e1/99"))),
    "wrong device": (5, "its id is", at(5, other("device", "gate"))),
    "wrong time": (5, "is no time", at(5, other("wall_time", "2025-13-01T00:00:00.000Z"))),
    "torn": (30, "cut off", lambda text: text[:-30]),
    "not UTF-8": (8, "not UTF-8", at(8, lambda line: line.replace(b"door", b"d\xf6\xf6r"))),
    "UTF-16": (1, "not UTF-8", lambda text: text.decode().encode("utf-16")),
    "zeros": (6, "not JSON", at(6, lambda line: b"\0" * len(line) + b"\n")),
    "binary": (1, "not UTF-8", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 99),
    "gzip": (1, "gunzip", gzip.compress),
    "empty line": (2, "empty", at(2, lambda _: b"\n")),
    "endless": (9, "longer than any event", at(9, lambda _: b" " * (LONGEST + 1) + b"\n")),
    "nested": (9, "nested too deeply", at(9, lambda _: b"[" * 100_000 + b"\n")),
    "another under one id": (10, "further up", twice),
    "control characters": (2, "?31m", at(2, other("verdict", "\x9b31m"))),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_line_is_named_and_changes_nothing(
    load: Run, export: Path, path: Path, tmp_path: Path, what: str
) -> None:
    """One sentence with file, line and reason; nothing of the good file beside it is stored either."""
    number, word, damage = DAMAGED[what]
    bad, before = tmp_path / "bad.jsonl", path.read_bytes()
    bad.write_bytes(damage(export.read_bytes()))
    one_sentence(load(export, bad), 4, f"{bad}, line {number}: ", word, "; nothing was stored")
    assert path.read_bytes() == before


def test_the_spool_itself_is_no_export(load: Run, config: Path) -> None:
    """Whoever carries the whole file is told what to do."""
    file = config.with_name("spool.db")
    one_sentence(load(file), 4, f"{file}, line 1: ", "maskgate events export")


WHOLE = b"".join(collector_records.event(number) + b"\n" for number in (1, 2, 3))


ENDS = [collector_records.event(1), collector_records.event(2), collector_records.event(3)]


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE)))
def test_wherever_it_is_cut_no_half_event_counts(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    """Cut between two events it holds those before, cut amid one it is refused."""
    file = tmp_path_factory.mktemp("cut") / "cut.jsonl"
    file.write_bytes(WHOLE[:length])
    loader = ExportLoader("site", collector_records.NOON)
    *before, last = WHOLE[:length].split(b"\n")
    if last and last not in ENDS:
        with pytest.raises(SourceError, match=f"line {len(before) + 1}: it is cut off"):
            loader.check([ExportSource(file)])
    else:
        assert loader.check([ExportSource(file)]) == len(before) + bool(last)
