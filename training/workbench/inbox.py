"""Labelled pictures that somebody hands in, as a zip or a folder, before they may join the data.

Folders say what is in them, or names of files how they begin: `without_mask/a.jpg`, `without_mask-12.jpg`.
What comes in is not trusted. All of it is taken or nothing: it becomes a folder of class folders, as
`maskgate-train add` reads it, in one step.
"""

from __future__ import annotations

import mmap
import re
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from edge.contract import LABELS, Label
from edge.errors import ConfigError, MaskGateError, SourceError, StorageError
from edge.system import image_header
from edge.system.image_files import IMAGE_SUFFIXES
from edge.system.native_path import printable
from edge.system.picture_limit import picture_limit
from training.data.readers import LABEL_OF_NAME, label_of

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
NAMED = 3
_BLOCK = 1 << 20
_LONGEST = 100
_FOREIGN = frozenset({"__MACOSX"})
"""Folders that programs add to a zip."""
_ASK = f"name folders {', '.join(LABELS)}, or say what all pictures show"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A zip or a folder, and what sentences call it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class InboxResult:
    """What was taken.

    Attributes:
        counts: Pictures by label.
        left_out: A sentence for each picture that was not taken.
        others: Files that are no pictures.
    """

    counts: Mapping[Label, int]
    left_out: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True)
class _Member:
    """A file that was handed in: its path in the zip or folder, its size in bytes, and how it is opened."""

    path: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def is_picture(self) -> bool:
        hidden = any(part.startswith(".") or part in _FOREIGN for part in self.path.parts)
        return not hidden and self.path.suffix.lower() in IMAGE_SUFFIXES


def take(source: HandedIn, target: Path, label: Label | None = None) -> InboxResult:
    """Takes the pictures of a zip or a folder.

    Args:
        source: It stays as it is.
        target: The folder to make; it is not there yet.
        label: Of pictures that neither a folder nor their name gives one.

    Raises:
        SourceError: It cannot be read, or holds what may not be taken.
        ConfigError: It holds no picture, or one without a label.
        StorageError: There is no room. After each of these `target` is not there.
    """
    unfinished = target.with_name(f"partial-{target.name}")
    try:
        with _members(source) as members:
            _check(source.name, members)
            result = _taken(source.name, members, unfinished, label)
        unfinished.replace(target)
    except MaskGateError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise StorageError(
            f"the pictures of {source.name} cannot be stored: {error.strerror}; nothing was added. Make room",
            error,
        ) from None
    return result


@contextmanager
def _members(source: HandedIn) -> Iterator[list[_Member]]:
    if source.path.is_dir():
        yield _of_folder(source.path)
        return
    try:
        with zipfile.ZipFile(source.path) as archive:
            yield _of_zip(source.name, archive)
    # Methods of compression that this Python has not, and damage in the middle.
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise SourceError(f"{source.name} is no zip that can be read: {error}; make it anew") from None


def _of_folder(folder: Path) -> list[_Member]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise SourceError(f"{path} is a link; put the pictures themselves into {folder}")
        if path.is_file():
            inner = PurePosixPath(path.relative_to(folder).as_posix())
            found.append(_Member(inner, path.stat().st_size, partial(_opened, path)))
    return found


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


def _of_zip(name: str, archive: zipfile.ZipFile) -> list[_Member]:
    found = []
    # Before each of a hundred thousand is looked at.
    _check_count(name, len(archive.infolist()))
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise SourceError(
                f"{name} holds {printable(info.filename)}, a link or device; put in files alone"
            )
        if info.flag_bits & 1:
            raise SourceError(f"{name} is encrypted; make it without a password")
        if not info.is_dir():
            path = PurePosixPath(info.orig_filename.replace("\\", "/"))
            found.append(_Member(path, info.file_size, partial(archive.open, info)))
    return found


def _check_count(name: str, many: int) -> None:
    if many > MOST_FILES:
        raise SourceError(f"{name} holds {many} files, more than {MOST_FILES}; hand them in by parts")


def _check(name: str, members: list[_Member]) -> None:
    """Refuses what no honest zip holds, and more than the workbench takes.

    Raises:
        SourceError: It does.
    """
    _check_count(name, len(members))
    total = sum(member.size for member in members)
    if total > MOST_BYTES:
        raise SourceError(
            f"{name} unpacks to {total >> 20} MiB, more than {MOST_BYTES >> 20}; hand it in by parts"
        )
    for member in members:
        if member.path.is_absolute() or ".." in member.path.parts or ":" in member.path.parts[0]:
            raise SourceError(
                f"{name} holds {printable(str(member.path))}, which leads out of it; make it anew"
            )


def _taken(name: str, members: Iterable[_Member], target: Path, label: Label | None) -> InboxResult:
    pictures = [member for member in members if member.is_picture]
    others = sum(not member.is_picture for member in members)
    if not pictures:
        raise ConfigError(f"{name} holds no picture ({', '.join(sorted(IMAGE_SUFFIXES))})")
    labels = [_label(member.path) or label for member in pictures]
    unknown = [str(member.path) for member, found in zip(pictures, labels, strict=True) if found is None]
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        raise ConfigError(
            f"{name} does not say what {printable(', '.join(unknown[:NAMED]))}{more} show; {_ASK}"
        )
    counts: Counter[Label] = Counter()
    left_out = []
    for member, found in zip(pictures, labels, strict=True):
        assert found is not None  # noqa: S101 - the unknown ones have ended this
        try:
            _store(member, target / found)
            counts[found] += 1
        except SourceError as error:
            left_out.append(str(error))
    if not counts:
        raise SourceError(f"nothing of {name} can be taken: {left_out[0]}")
    return InboxResult(counts, tuple(left_out), others)


def _label(path: PurePosixPath) -> Label | None:
    """Of the folder that is nearest to the picture, or else of how its name begins."""
    for folder in reversed(path.parts[:-1]):
        if found := label_of(folder):
            return found
    stem = re.sub(r"[-\s.]+", "_", path.stem.lower())
    spellings = (name for name in LABEL_OF_NAME if re.match(rf"{name}(?![a-z])", stem))
    return LABEL_OF_NAME.get(max(spellings, key=len, default=""))


def _store(member: _Member, folder: Path) -> None:
    """Copies a picture into a folder, unless it is larger than may be decoded.

    Raises:
        SourceError: It is, or cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = _free(folder, re.sub(r"[^\w.-]+", "_", member.path.name))
    with member.open() as raw, file.open("xb") as out:
        shutil.copyfileobj(raw, out, _BLOCK)
    try:
        _check_size(file, printable(str(member.path)))
    except SourceError:
        file.unlink()
        raise


def _check_size(file: Path, name: str) -> None:
    """Asks the header of a picture how large it is, before anything is decoded.

    Raises:
        SourceError: It is too large, or does not say.
    """
    size = None
    if file.stat().st_size:
        with file.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
            size = image_header.size_of(data)
    if size is None:
        raise SourceError(f"{name} is damaged, or no picture of a known kind")
    picture_limit.check(name, size)


def _free(folder: Path, name: str) -> Path:
    """A name that nothing in a folder has yet; pictures of several folders may be called alike."""
    stem, suffix = Path(name).stem[-_LONGEST:].lstrip(".") or "picture", Path(name).suffix
    number = 1
    while (file := folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")).exists():
        number += 1
    return file
