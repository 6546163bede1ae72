"""Reading files that may be anything."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edge.bundle import files
from edge.errors import ModelError


def test_a_plain_file_is_read_whole(tmp_path: Path) -> None:
    """Its digest is that of its bytes, however many blocks it takes."""
    content = bytes(range(256)) * 1000
    (tmp_path / "model").write_bytes(content)
    assert files.content(tmp_path / "model", len(content)) == content
    assert files.digest(tmp_path / "model", len(content)) == hashlib.sha256(content).hexdigest()


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    """The sentence names it and the limit."""
    (tmp_path / "model").write_bytes(b"12345")
    with pytest.raises(ModelError, match="model is larger than 4 bytes"):
        files.content(tmp_path / "model", 4)


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    """A pipe does not keep the reader waiting, a link is not followed, a missing file is named."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name, sentence in (("pipe", "not a plain file"), ("link", "is a link"), ("none", "is missing")):
        with pytest.raises(ModelError, match=sentence):
            files.content(tmp_path / name, 10)
