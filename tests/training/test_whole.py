"""Files in one piece."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import StorageError
from edge.system import files

SCRIPT = """
import resource, sys
from pathlib import Path
from edge.errors import StorageError
from edge.system.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomic(Path(sys.argv[1]), bytes(5000))
except StorageError as error:
    print(error)
"""


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """New content takes the place of the old, folders are made, and nothing else is left."""
    for content in (b"old", b"new"):
        files.write_atomic(tmp_path / "folder" / "file", content)
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    assert len(list((tmp_path / "folder").iterdir())) == 1


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """Where only a part can be written, the old file stays and the part is taken away."""
    file = tmp_path / "file"
    file.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(file)], capture_output=True, text=True, check=True
    )
    assert f"{file} cannot be written" in done.stdout
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is an error that names the target."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="b cannot be written"):
        files.write_atomic(tmp_path / "a" / "b", b"")
