"""Files in one piece: what a full disk, a kill and a power cut leave of a write."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.errors import SourceError, StorageError
from edge.system import files
from tests.support.paths import ROOT

WRITERS = {
    "write_atomic": "write_atomic(file, content)",
    "write_atomic, by blocks": "write_atomic(file, (content[at : at + 100] for at in range(0, 5000, 100)))",
    "replacing": "with replacing(file) as partial: partial.write_bytes(content)",
}
"""Statements that write 5000 bytes into a file."""

SCRIPT = """
import os, resource, sys
from pathlib import Path
from edge.errors import StorageError
from edge.system.files import replacing, write_atomic
file, content = Path(sys.argv[1]), b"n" * 5000
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    {writer}
except StorageError as error:
    print(error.strerror, error, sep="|")
"""

STEPS = {"content": "fsync:when=1", "rename": "/^rename", "folder": "fsync:when=2"}
"""System calls at which a write is killed: the first fsync is of the content, the second of the folder."""


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> str:
    """A program that writes into the file that it is given, with a limit on its size if it is given one."""
    return SCRIPT.format(writer=WRITERS[request.param])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with something in it, alone in its folder."""
    file = tmp_path / "file.npz"
    file.write_bytes(b"old")
    return file


def run(
    script: str, file: Path, *arguments: object, tracer: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [*tracer, sys.executable, "-c", script, str(file), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def traced(*options: str) -> tuple[str, ...]:
    """A command that traces another one; skips the test where that is not possible."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed; on Debian: apt-get install strace")
    probe = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip("tracing system calls is not permitted here")
    return (strace, "-f", "-y", *options)


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """New content takes the place of the old, folders are made, and nothing else is left."""
    for content in (b"old", [b"n", b"ew"]):
        files.write_atomic(tmp_path / "folder" / "file", content)
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    assert len(list((tmp_path / "folder").iterdir())) == 1


def test_a_library_writes_to_a_path(file: Path) -> None:
    """It gets a path in the same folder with the same ending, and what it wrote replaces the file."""
    with files.replacing(file) as partial:
        assert (partial.parent, partial.suffix) == (file.parent, ".npz")
        np.savez(partial, one=np.array(1))
        assert file.read_bytes() == b"old"
    with np.load(file) as stored:
        assert stored["one"] == 1
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_leaves_what_was_there(file: Path, writer: str) -> None:
    """Where only a part can be written, the old file stays and the part is taken away."""
    done = run(writer, file, 1000)
    reason, _, sentence = done.stdout.strip().partition("|")
    assert reason == os.strerror(errno.EFBIG)
    assert sentence.startswith(f"{file} cannot be written: {reason}; nothing that was there is lost. ")
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_leaves_the_old_file_or_the_new(file: Path, writer: str, step: str) -> None:
    """Up to the rename the old one stands, then the new one; the next write takes away what was left."""
    call, _, count = STEPS[step].partition(":")
    tracer = traced("-o", "/dev/null", "-e", f"inject={call}:signal=KILL{':' + count if count else ''}")
    assert run(writer, file, tracer=tracer).returncode == -signal.SIGKILL
    assert file.read_bytes() in ({b"n" * 5000} if step == "folder" else {b"old", b"n" * 5000})
    if step == "content":
        assert file.read_bytes() == b"old"
        assert len(list(file.parent.iterdir())) == 2
    assert run(writer, file).stdout == ""
    assert file.read_bytes() == b"n" * 5000
    assert list(file.parent.iterdir()) == [file]


def test_a_write_is_durable(file: Path, writer: str) -> None:
    """The content is forced to the disk before the name leads to it, the name before the write returns."""
    trace = file.parent / "trace"
    assert run(writer, file, tracer=traced("-o", str(trace), "-e", "trace=fsync,/^rename")).returncode == 0
    calls = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines() if str(file.parent) in line]
    content, rename, folder = calls
    assert content.startswith("fsync(")
    assert "partial-" in content
    assert rename.startswith("rename")
    assert folder.startswith("fsync(")
    assert folder.split("<")[1].startswith(f"{file.parent}>")


def test_two_processes_do_not_meet_in_one_name(file: Path) -> None:
    """What another process is writing stays there for it, and the last one decides."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = file.with_name(f"partial-{other.pid}-{file.name}")
        theirs.write_bytes(b"theirs")
        files.write_atomic(file, b"ours")
        assert theirs.read_bytes() == b"theirs"
        other.communicate(b"\n")
    files.write_atomic(file, b"ours")
    assert not theirs.exists()


def test_an_error_within_leaves_what_was_there(file: Path) -> None:
    """An error of whoever writes passes as it is, also one that is an OSError in a sentence of its own."""

    def blocks() -> Iterator[bytes]:
        yield b"new"
        raise SourceError("no picture")

    def save() -> None:
        with files.replacing(file) as partial:
            partial.write_bytes(b"new")
            raise SourceError("no picture")

    for write in (lambda: files.write_atomic(file, blocks()), save):
        with pytest.raises(SourceError, match=r"^no picture$"):
            write()
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is an error that names the target."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="b cannot be written"):
        files.write_atomic(tmp_path / "a" / "b", b"")


def test_a_folder_that_takes_no_file(writer: str) -> None:
    """A folder that cannot be written is one sentence with the system's reason."""
    as_nobody = writer.replace("try:", "if os.geteuid() == 0: os.seteuid(65534)\ntry:")
    with tempfile.TemporaryDirectory() as folder:
        sealed = Path(folder, "file.npz")
        sealed.write_bytes(b"old")
        sealed.parent.chmod(0o555)
        assert run(as_nobody, sealed).stdout.startswith("Permission denied|")
        assert sealed.read_bytes() == b"old"
        assert list(sealed.parent.iterdir()) == [sealed]
        sealed.parent.chmod(0o755)


def test_a_file_is_as_readable_as_the_user_wants(file: Path, writer: str) -> None:
    """The mode of new files is the user's; the files of a bundle are readable by everybody."""
    assert run(f"import os; os.umask(0o077)\n{writer}", file).stdout == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    old = os.umask(0o077)
    try:
        files.write_new(file.with_name("new"), [b"x"])
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.with_name("new").stat().st_mode) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_writes_belongs_to_the_owner_of_the_folder(file: Path, writer: str) -> None:
    """So the service can change what an administrator installed."""
    os.chown(file.parent, 12345, 54321)
    assert run(writer, file).stdout == ""
    files.replace_link(file.with_name("link"), file.name)
    for path in (file, file.with_name("link")):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (12345, 54321)


def test_a_link_is_replaced(file: Path) -> None:
    """It leads elsewhere, whatever it led to stays, and nothing else is left; a new file must be new."""
    link = file.with_name("link")
    for target in ("nowhere", file.name):
        files.replace_link(link, target)
    assert link.read_bytes() == b"old"
    assert {one.name for one in file.parent.iterdir()} == {link.name, file.name}
    for taken in (file, link):
        with pytest.raises(FileExistsError):
            files.write_new(taken, [b"new"])
    assert file.read_bytes() == b"old"


def test_the_advice_is_for_what_went_wrong(tmp_path: Path) -> None:
    """Room helps where there is none; a file in the place of a folder asks for another place."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Choose another place"):
        files.write_atomic(tmp_path / "file" / "a.jpg", b"")
    with pytest.raises(StorageError, match="Make room"), files.replacing(tmp_path / "a.jpg"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_place_is_tried_and_left_as_it_was(file: Path) -> None:
    """Whether a file stands there or not."""
    files.try_place(file)
    files.try_place(file.with_name("none"))
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_place_that_takes_no_file_is_told(file: Path) -> None:
    """A folder, and one in a folder that is missing."""
    for place in (file.parent, file.parent / "missing" / "file"):
        with pytest.raises(StorageError, match="cannot be written"):
            files.try_place(place)
