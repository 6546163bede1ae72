"""Bundles as one file: the same bytes everywhere, and archives that are made to do harm."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import archive
from edge.bundle.bundle import MOST_FILE_BYTES
from edge.contract import LABELS
from edge.errors import ModelError
from tests.support import bundles

Edit = Callable[[tarfile.TarInfo], tarfile.TarInfo]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return bundles.make(tmp_path / "made")


def repack(directory: Path, file: Path, *edits: tuple[str, Edit], extra: tuple[str, ...] = ()) -> Path:
    """An archive by Python's own tar, with the entries of some names changed and some there again."""
    by_name = dict(edits)
    with tarfile.open(file, "w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for name in [*sorted(os.listdir(directory)), *extra]:
            content = (directory / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(by_name.get(name, lambda same: same)(entry), io.BytesIO(content))
    return file


def becomes(**fields: object) -> Edit:
    def edit(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        for name, value in fields.items():
            setattr(entry, name, value)
        return entry

    return edit


def refused(file: Path, sentence: str) -> None:
    """The archive is refused in one sentence, and nothing is left of it."""
    target = file.parent / "out" / "bundle"
    with pytest.raises(ModelError, match=sentence) as refusal:
        bundle.unpack(file, target)
    assert "\n" not in str(refusal.value)
    assert not target.exists()


def test_what_was_packed_comes_out(directory: Path, tmp_path: Path) -> None:
    """Every byte, and as plain files that everybody may read."""
    bundle.pack(directory, tmp_path / "b.tar.gz")
    loaded = bundle.unpack(tmp_path / "b.tar.gz", tmp_path / "a" / "b")
    assert loaded.manifest == bundle.load(directory).manifest
    for file in directory.iterdir():
        assert (loaded.path / file.name).read_bytes() == file.read_bytes()
        assert (loaded.path / file.name).stat().st_mode & 0o777 == 0o644


def test_the_bytes_are_the_same_on_every_machine(directory: Path, tmp_path: Path) -> None:
    """Neither time, user, rights nor the name of the file decide; this is what it always was."""
    bundle.pack(directory, tmp_path / "one.tar.gz")
    for file in directory.iterdir():
        file.chmod(0o600)
        os.utime(file, (1, 1))
    bundle.pack(directory, tmp_path / "two.tar.gz")
    one, two = ((tmp_path / name).read_bytes() for name in ("one.tar.gz", "two.tar.gz"))
    assert one == two
    # No name, no time, and one machine's compressor has no say: the blocks are stored.
    assert one[:11] == bytes.fromhex("1f8b08000000000000ff01")
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        facts = {(e.mtime, e.uid, e.gid, e.uname, e.gname, e.mode, e.type) for e in tar}
    assert facts == {(0, 0, 0, "", "", 0o644, tarfile.REGTYPE)}


def test_other_programs_read_it(directory: Path, tmp_path: Path) -> None:
    """It is a plain tar in a plain gzip file, also where it takes more than one block."""
    (directory / bundle.CLASSIFIER).write_bytes(os.urandom(200_000))
    bundle.write_manifest(
        directory, version="1", labels=LABELS, input={"size": 96}, golden=bundles.golden(1, 0, 0)
    )
    bundle.pack(directory, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        assert tar.getnames() == sorted(os.listdir(directory))
        read = tar.extractfile(bundle.CLASSIFIER)
        assert read is not None
        assert read.read() == (directory / bundle.CLASSIFIER).read_bytes()


def test_an_archive_by_another_tar_is_read(directory: Path, tmp_path: Path) -> None:
    """Compressed as well."""
    bundle.unpack(repack(directory, tmp_path / "b.tar.gz"), tmp_path / "out")


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (becomes(name="../NOTICE.txt"), r"'\.\./NOTICE\.txt', which leads out of it"),
        (becomes(name="a/../../NOTICE.txt"), "leads out of it"),
        (becomes(name="/etc/passwd"), "absolute path '/etc/passwd'"),
        (becomes(name="sub/NOTICE.txt"), "no name of a file in a bundle"),
        (becomes(name=".hidden"), "no name of a file in a bundle"),
        (becomes(name="NOTICE.txt\n"), "no name of a file in a bundle"),
        (becomes(name="x" * 90), "no name of a file in a bundle"),
        (becomes(name="ä"), "not ASCII"),
        (becomes(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0), "as a symbolic link"),
        (becomes(type=tarfile.LNKTYPE, linkname="manifest.json", size=0), "as a hard link"),
        (becomes(type=tarfile.CHRTYPE, size=0), "as a device"),
        (becomes(type=tarfile.BLKTYPE, size=0), "as a device"),
        (becomes(type=tarfile.FIFOTYPE, size=0), "as a pipe"),
        (becomes(type=tarfile.DIRTYPE, size=0), "as a folder"),
        (becomes(type=tarfile.GNUTYPE_LONGNAME), "as an extension of tar"),
        (becomes(type=tarfile.XHDTYPE), "as an extension of tar"),
        (becomes(type=tarfile.GNUTYPE_SPARSE), "as an extension of tar"),
    ],
)
def test_what_no_bundle_holds_is_refused(directory: Path, tmp_path: Path, edit: Edit, sentence: str) -> None:
    """Paths that lead elsewhere, links, devices, and whatever tar knows besides."""
    refused(repack(directory, tmp_path / "b.tar.gz", ("NOTICE.txt", edit)), sentence)


def test_a_name_that_comes_twice_is_refused(directory: Path, tmp_path: Path) -> None:
    """The second would replace what was looked at first."""
    refused(repack(directory, tmp_path / "b.tar.gz", extra=("manifest.json",)), r"manifest\.json twice")


def test_what_the_manifest_does_not_list_is_refused(directory: Path, tmp_path: Path) -> None:
    """Nobody could say where it comes from."""
    (directory / "other.txt").write_text("hello")
    refused(repack(directory, tmp_path / "b.tar.gz"), r"other\.txt, which its manifest\.json does not list")


def test_a_missing_file_is_named(directory: Path, tmp_path: Path) -> None:
    """The manifest lists it."""
    (directory / bundle.DETECTOR).unlink()
    refused(repack(directory, tmp_path / "b.tar.gz"), r"detector\.onnx is missing")


def test_many_files_are_refused(directory: Path, tmp_path: Path) -> None:
    """Before the disk is full of them."""
    for number in range(40):
        (directory / f"a{number:02}").write_text("")
    refused(repack(directory, tmp_path / "b.tar.gz"), "more than 18 files")


def test_a_large_file_is_refused_unread(directory: Path, tmp_path: Path) -> None:
    """By what its header claims."""
    big = becomes(size=MOST_FILE_BYTES + 1)
    with pytest.raises(OSError, match="unexpected end of data"):
        repack(directory, tmp_path / "b.tar.gz", (bundle.CLASSIFIER, big))
    header = becomes(size=MOST_FILE_BYTES + 1)(tarfile.TarInfo("model")).tobuf(tarfile.USTAR_FORMAT)
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(header))
    refused(tmp_path / "b.tar.gz", "model is larger than")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive that unpacks to more than any bundle, whether or not its headers admit it."""
    monkeypatch.setattr(archive, "MOST_BYTES", 300_000)
    entry = tarfile.TarInfo("model")
    entry.size = 10_000_000
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(entry.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000_000)))
    refused(tmp_path / "b.tar.gz", "unpacks to more than 300000 bytes")
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(bytes(10_000_000)))
    refused(tmp_path / "b.tar.gz", "unpacks to more than 300000 bytes")


def test_what_is_cut_off_is_refused(directory: Path, tmp_path: Path) -> None:
    """Wherever that is."""
    bundle.pack(directory, tmp_path / "b.tar.gz")
    whole = (tmp_path / "b.tar.gz").read_bytes()
    for length in range(0, len(whole), 97):
        (tmp_path / "b.tar.gz").write_bytes(whole[:length])
        refused(tmp_path / "b.tar.gz", "cut off")


@pytest.mark.parametrize("more", [b"x", gzip.compress(b"more", mtime=0), b"\0" * 100_000])
def test_what_goes_on_after_the_end_is_refused(directory: Path, tmp_path: Path, more: bytes) -> None:
    """After the gzip file."""
    bundle.pack(directory, tmp_path / "b.tar.gz")
    with (tmp_path / "b.tar.gz").open("ab") as file:
        file.write(more)
    refused(tmp_path / "b.tar.gz", "goes on after its end")


def test_what_follows_the_tar_is_refused(directory: Path, tmp_path: Path) -> None:
    """Within the gzip file, where two tars stand one after the other."""
    bundle.pack(directory, tmp_path / "b.tar.gz")
    tar = gzip.decompress((tmp_path / "b.tar.gz").read_bytes())
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(tar + tar))
    refused(tmp_path / "b.tar.gz", "goes on after its end")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"hello", "no gzip file"), (b"", "cut off"), (gzip.compress(b"x" * 2000, mtime=0), "no tar archive")],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    """In a sentence that names the file."""
    (tmp_path / "b.tar.gz").write_bytes(content)
    refused(tmp_path / "b.tar.gz", rf"b\.tar\.gz.* {sentence}")


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    """Nor is something that is not there."""
    refused(tmp_path, "is no file; name a packed bundle")
    refused(tmp_path / "none", "is no file; name a packed bundle")


def test_nothing_is_unpacked_over_something(directory: Path, tmp_path: Path) -> None:
    """And what stands there stays."""
    bundle.pack(directory, tmp_path / "b.tar.gz")
    with pytest.raises(ModelError, match="cannot be made: File exists"):
        bundle.unpack(tmp_path / "b.tar.gz", directory)
    bundle.load(directory)
