"""What was sent to be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.web.problems import ProblemError
from edge.web.uploads import Upload
from training.workbench import uploads
from training.workbench.uploads import MOST_WAITING, UploadShelf, read_picture, write_file


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_picture_is_taken_once() -> None:
    """And the oldest goes when there are too many."""
    shelf = UploadShelf()
    names = [shelf.put(Upload(str(number), b"x")) for number in range(MOST_WAITING + 1)]
    assert shelf.take(names[-1]).name == str(MOST_WAITING)
    for gone in (names[-1], names[0]):
        with pytest.raises(ConfigError, match="send it again"):
            shelf.take(gone)


def test_a_picture_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is empty or too large is refused while it comes."""
    monkeypatch.setattr(uploads, "MOST_PICTURE_BYTES", 4)
    assert asyncio.run(read_picture(chunks(b"ab", b"cd"), "a")).data == b"abcd"
    with pytest.raises(ProblemError, match="a is empty"):
        asyncio.run(read_picture(chunks(), "a"))
    with pytest.raises(ProblemError, match="a has more than"):
        asyncio.run(read_picture(chunks(b"ab", b"cde"), "a"))


def test_a_file_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    """Neither one that is too large nor one for which there is no room; its folder is made."""
    file = tmp_path / "new" / "video"
    asyncio.run(write_file(chunks(b"ab", b"cd"), "a", file, 4))
    assert file.read_bytes() == b"abcd"
    with pytest.raises(ProblemError, match="a has more than"):
        asyncio.run(write_file(chunks(b"ab", b"cd"), "a", file, 3))
    assert not file.exists()
    (tmp_path / "file").touch()
    with pytest.raises(ProblemError, match="a cannot be kept"):
        asyncio.run(write_file(chunks(b"ab"), "a", tmp_path / "file" / "video", 4))
