"""The bundle as one file: a `.tar.gz` that is the same on every machine, and a reader that trusts none.

The blocks of the gzip file are stored, not compressed: what a compressor makes of the same bytes
depends on its build (zlib, zlib-ng), and quantised weights hardly shrink. Any tar reads it.

The reader takes only what `pack` writes. It knows no links, no folders and no extensions of tar, and
the sizes that an archive claims are limits for it, never orders.

Sources: RFC 1951, section 3.2.4; RFC 1952; POSIX.1-2017, pax, "ustar Interchange Format".
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import struct
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from edge.bundle import files as bundle_files
from edge.bundle.bundle import MOST_FILE_BYTES, MOST_FILES, SIGNATURE, Bundle, load
from edge.bundle.manifest import FILE_NAME, MANIFEST
from edge.errors import ModelError
from edge.system import files
from edge.system.files import sync_directory

MOST_BYTES = 64 * 1024 * 1024
"""No archive is larger, packed or unpacked."""

_GZIP = b"\x1f\x8b"
_BLOCK = 512
_PIECE = 1 << 16
_STORED = 65_535
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
}


def pack(directory: Path, file: Path) -> Bundle:
    """Packs a bundle directory; the same content gives the same bytes on every machine.

    Raises:
        ModelError: The bundle is damaged, or the file cannot be written.
    """
    bundle = load(directory)
    names = {*bundle.manifest.files, MANIFEST}
    if (directory / SIGNATURE).exists():
        names.add(SIGNATURE)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        # The same bytes everywhere: in order, and with the zeros of `TarInfo` for times and owners.
        for name in sorted(names):
            content = bundle_files.content(directory / name, MOST_FILE_BYTES)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), files.FILE_MODE
            tar.addfile(entry, io.BytesIO(content))
    try:
        files.write_atomic(file, _stored(raw.getbuffer()))
    except OSError as error:
        raise ModelError(f"{file} cannot be written: {error.strerror}") from None
    return bundle


def _stored(content: memoryview) -> Iterator[bytes]:
    """A gzip file that holds the content as it is."""
    # RFC 1952, section 2.3: no name, no time, and 255 for an unknown system.
    yield bytes.fromhex("1f8b08000000000000ff")
    for start in range(0, len(content), _STORED):
        piece = content[start : start + _STORED]
        last = start + _STORED >= len(content)
        # RFC 1951, section 3.2.4: the last block's bit and type 00 fill a byte; then LEN and its complement.
        yield struct.pack("<BHH", last, len(piece), len(piece) ^ 0xFFFF)
        yield bytes(piece)
    yield struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def unpack(file: Path, directory: Path) -> Bundle:
    """Unpacks an archive into a directory that is not there yet, and verifies the bundle in it.

    All of it is on the disk when this returns; the directory's own name is durable after its parent
    was synced. On an error nothing stays behind.

    Raises:
        ModelError: The archive is damaged or holds what no bundle holds, or the disk is full.
    """
    if not file.is_file():
        raise ModelError(f"{file} is no file; name a packed bundle, such as model.tar.gz")
    try:
        files.make_folder(directory.parent)
        directory.mkdir(mode=files.FOLDER_MODE)
    except OSError as error:
        raise ModelError(f"{directory} cannot be made: {error.strerror}") from None
    try:
        return _fill(file, directory)
    except OSError as error:
        # What is half unpacked must not be taken for a bundle.
        shutil.rmtree(directory, ignore_errors=True)
        raise ModelError(f"{directory} cannot be written: {error.strerror}; nothing was unpacked") from None
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


@contextlib.contextmanager
def unpacked(file: Path) -> Iterator[Bundle]:
    """What an archive holds, for as long as it is looked at; raises like `unpack`."""
    with tempfile.TemporaryDirectory(prefix="maskgate-") as folder:
        directory = Path(folder) / "bundle"
        with speaking_of(file, directory):
            yield unpack(file, directory)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The bundle that a path names, a directory or an archive, for as long as it is looked at.

    Raises:
        ModelError: It is missing or damaged.
    """
    if path.is_dir():
        yield load(path)
        return
    if not path.is_file():
        raise ModelError(f"{path} does not exist; name a bundle directory, or a packed bundle")
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            raise ModelError(f"{path} is no bundle; name a bundle directory, or a packed bundle")
    with unpacked(path) as bundle:
        yield bundle


@contextlib.contextmanager
def speaking_of(file: Path, directory: Path) -> Iterator[None]:
    """Has refusals name the archive, which the user knows, and not where it was unpacked."""
    try:
        yield
    except ModelError as error:
        raise ModelError(str(error).replace(str(directory), str(file))) from None


def _fill(file: Path, directory: Path) -> Bundle:
    files.take_over(directory)
    stream = _Unzipped(file)
    names: set[str] = set()
    while (entry := _next_entry(stream)) is not None:
        name, size = entry
        if name in names:
            raise ModelError(f"{file} holds {name} twice")
        # The manifest does not list itself and its signature.
        if len(names) >= MOST_FILES + 2:
            raise ModelError(f"{file} holds more than {MOST_FILES + 2} files, which no bundle does")
        names.add(name)
        files.write_new(directory / name, stream.pieces(size))
        # A tar file fills each file up to whole blocks.
        stream.read(-size % _BLOCK)
    bundle = load(directory)
    unlisted = sorted(names - {*bundle.manifest.files, MANIFEST, SIGNATURE})
    if unlisted:
        raise ModelError(f"{file} holds {unlisted[0]}, which its {MANIFEST} does not list")
    sync_directory(directory)
    return bundle


class _Unzipped:
    """What a gzip file holds, unpacked no further than it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._blocks = bundle_files.blocks(file.resolve(), MOST_BYTES)
        # 31 stands for gzip: zlib then checks header, length and checksum.
        self._gzip = zlib.decompressobj(wbits=31)
        self._left = MOST_BYTES
        self._ready = b""

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """Exactly so many bytes, piece by piece."""
        while size:
            if not self._ready:
                self._ready = self._more()
            piece, self._ready = self._ready[:size], self._ready[size:]
            size -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """All that is left, up to a sound end."""
        while piece := self._ready or self._more(at_end_too=True):
            self._ready = b""
            yield piece
        if self._gzip.unused_data or next(self._blocks, b""):
            raise ModelError(f"{self.file} goes on after its end; pack the bundle again")

    def _more(self, at_end_too: bool = False) -> bytes:
        """Unpacks the next piece; empty only at the sound end, and only where that is allowed."""
        while not self._gzip.eof:
            packed = self._gzip.unconsumed_tail or next(self._blocks, b"")
            try:
                # A piece at most: some packed bytes may unpack to gigabytes.
                piece = self._gzip.decompress(packed, _PIECE)
            except zlib.error as error:
                raise ModelError(f"{self.file} is no gzip file, or damaged: {error}") from None
            self._left -= len(piece)
            if self._left < 0:
                raise ModelError(f"{self.file} unpacks to more than {MOST_BYTES} bytes, which no bundle does")
            if piece:
                return piece
            if not packed and not self._gzip.eof:
                raise ModelError(f"{self.file} is cut off; fetch it again")
        if at_end_too:
            return b""
        raise ModelError(f"{self.file} ends within a file; fetch it again")


def _next_entry(stream: _Unzipped) -> tuple[str, int] | None:
    """Name and size of the next file; None at the end."""
    header = stream.read(_BLOCK)
    file = stream.file
    if not any(header):
        # Blocks of zeros end an archive, however many; nothing may be hidden behind them.
        if any(any(piece) for piece in stream.rest()):
            raise ModelError(f"{file} goes on after its end; pack the bundle again")
        return None
    # POSIX, ustar: the checksum counts its own field as spaces.
    if _number(header[148:156]) != sum(header[:148]) + 8 * ord(" ") + sum(header[156:]):
        raise ModelError(f"{file} is no tar archive, or damaged: a header's checksum is wrong")
    name = _name(header, file)
    # Older programs mark a plain file with NUL.
    if header[156:157] not in (b"0", b"\0"):
        kind = _KINDS.get(header[156:157], "an extension of tar")
        raise ModelError(f"{file} holds {name!r} as {kind}; a bundle has plain files only")
    _check_name(name, file)
    size = _number(header[124:136])
    if size is None or size > MOST_FILE_BYTES:
        raise ModelError(f"{file}: {name} is larger than {MOST_FILE_BYTES} bytes, or of no size at all")
    return name, size


def _name(header: bytes, file: Path) -> str:
    name, prefix = (part.partition(b"\0")[0] for part in (header[:100], header[345:500]))
    # GNU tar has other things in the place of the prefix, and another mark.
    full = prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
    try:
        return full.decode("ascii")
    except UnicodeDecodeError:
        raise ModelError(f"{file} holds a file whose name is not ASCII") from None


def _check_name(name: str, file: Path) -> None:
    if name.startswith("/"):
        raise ModelError(f"{file} holds the absolute path {name!r}")
    if ".." in name.split("/"):
        raise ModelError(f"{file} holds the path {name!r}, which leads out of it")
    if not re.fullmatch(FILE_NAME, name):
        raise ModelError(f"{file} holds {name!r}, which is no name of a file in a bundle")


def _number(field: bytes) -> int | None:
    """An octal number of a header; None where it is something else."""
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None
