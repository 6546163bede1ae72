"""File names that are not UTF-8."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.system.native_path import ESCAPED, in_utf8, native_path, printable
from tests.support.pictures import E_ACUTE

NAME = f"caf{E_ACUTE}.onnx"


def test_a_name_in_utf8_stays_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library gets the file's own path, from the root, whatever stands before a colon."""
    monkeypatch.chdir(tmp_path)
    with native_path(Path("http:caf\u00e9.mp4")) as name:
        assert name == str(tmp_path / "http:caf\u00e9.mp4")


def test_another_name_is_lent_one(tmp_path: Path) -> None:
    """A library gets a path of plain text with the same suffix and content, and it is gone afterwards."""
    (tmp_path / NAME).write_bytes(b"content")
    with native_path(tmp_path / NAME) as name:
        assert name.isascii()
        assert name.endswith(".onnx")
        assert Path(name).read_bytes() == b"content"
    assert not Path(name).parent.exists()


@pytest.mark.parametrize("name", [f"a.jp{E_ACUTE}", f"{E_ACUTE}", "\udcff\udc80.bin"])
def test_no_byte_of_a_name_is_in_the_path(tmp_path: Path, name: str) -> None:
    """A suffix or folder that is not UTF-8 is no other case."""
    folder = tmp_path / f"f{E_ACUTE}"
    folder.mkdir()
    (folder / name).touch()
    with native_path(folder / name) as path:
        assert path.isascii()
        assert Path(path).exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [(NAME, r"caf\xe9.onnx"), ("caf\u00e9 [b]", "caf\u00e9 [b]"), ("a\x1b[2J\nb", r"a\x1b[2J\x0ab")],
)  # fmt: skip
def test_a_name_is_shown_in_one_line(name: str, shown: str) -> None:
    """Bytes that are not UTF-8 and what moves a cursor are escapes; everything else is as it is."""
    assert printable(name) == shown


def test_a_text_keeps_its_lines() -> None:
    """Where only UTF-8 is wanted, the rest stays."""
    assert in_utf8(f"a\n{E_ACUTE}") == "a\n\\xe9"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "\\xe9 \u00e9 \u20ac"), ("latin-1", "\\xe9 \u00e9 \\u20ac")]
)
def test_a_stream_writes_what_its_encoding_does_not_know(encoding: str, shown: str) -> None:
    """Nothing that is printed ends a program."""
    assert f"{E_ACUTE} \u00e9 \u20ac".encode(encoding, ESCAPED).decode(encoding) == shown
