"""Pictures that are handed in: all of them are taken or nothing, and what is hostile is refused."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from edge.contract import Label
from edge.errors import ConfigError, MaskGateError, SourceError, StorageError
from tests.support.training import draw_face
from training.workbench import inbox

PICTURE = cv2.imencode(".png", draw_face())[1].tobytes()
Filling = Callable[[zipfile.ZipFile], object]


def zipped(folder: Path, files: dict[str, bytes] | Filling) -> Path:
    file = folder / "photos.zip"
    with zipfile.ZipFile(file, "w") as archive:
        if callable(files):
            files(archive)
        else:
            for name, content in files.items():
                archive.writestr(name, content)
    return file


def take(source: Path, target: Path, label: Label | None = None) -> inbox.InboxResult:
    return inbox.take(inbox.HandedIn(source, source.name), target, label)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def huge(width: int, height: int) -> bytes:
    """The header of a picture of that size, and nothing behind it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def test_folders_and_names_say_what_pictures_show(tmp_path: Path) -> None:
    """The nearest folder counts, then how a name begins; what is no picture is counted and left there."""
    source = zipped(
        tmp_path,
        {
            "photos/with_mask/a.png": PICTURE,
            "photos/no mask/a.png": PICTURE,
            "photos/with_mask/incorrect/a.png": PICTURE,
            "photos/mask-incorrect 7.png": PICTURE,
            "photos/with_mask/readme.txt": b"text",
            "__MACOSX/with_mask/._a.png": b"fork",
            "photos/with_mask/.hidden.png": PICTURE,
        },
    )
    found = take(source, tmp_path / "taken")
    assert found.counts == {Label.WITH_MASK: 1, Label.WITHOUT_MASK: 1, Label.MASK_WORN_INCORRECTLY: 2}
    assert (found.left_out, found.others) == ((), 3)
    assert names(tmp_path / "taken") == {
        "with_mask/a.png",
        "without_mask/a.png",
        "mask_worn_incorrectly/a.png",
        "mask_worn_incorrectly/mask-incorrect_7.png",
    }


def test_pictures_that_are_called_alike(tmp_path: Path) -> None:
    """Each is kept under a name of its own."""
    source = zipped(tmp_path, {f"{day}/bare/a b.png": PICTURE for day in ("mon", "tue")})
    take(source, tmp_path / "taken")
    assert names(tmp_path / "taken") == {"without_mask/a_b.png", "without_mask/a_b-2.png"}


def test_what_all_pictures_show(tmp_path: Path) -> None:
    """Is taken for those alone that say nothing themselves; a folder is taken as a zip is."""
    (tmp_path / "photos" / "bare").mkdir(parents=True)
    for name in ("1.png", "bare/2.png"):
        (tmp_path / "photos" / name).write_bytes(PICTURE)
    with pytest.raises(ConfigError, match=r"does not say what 1\.png show; name folders with_mask, "):
        take(tmp_path / "photos", tmp_path / "taken")
    found = take(tmp_path / "photos", tmp_path / "taken", Label.WITH_MASK)
    assert found.counts == {Label.WITH_MASK: 1, Label.WITHOUT_MASK: 1}
    assert len(names(tmp_path / "photos")) == 2


def test_pictures_that_cannot_be_used(tmp_path: Path) -> None:
    """One of 100 megapixels is not decoded; it and what is none are named, and the others are taken."""
    bad = {"bare/large.png": huge(10_000, 10_000), "bare/text.png": b"text", "bare/empty.png": b""}
    found = take(zipped(tmp_path, {**bad, "bare/a.png": PICTURE}), tmp_path / "taken")
    assert found.counts == {Label.WITHOUT_MASK: 1}
    assert "bare/large.png has 10000x10000 pixels" in found.left_out[0]
    assert names(tmp_path / "taken") == {"without_mask/a.png"}
    with pytest.raises(SourceError, match=r"nothing of photos\.zip can be taken: bare/large"):
        take(zipped(tmp_path, bad), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("bare/a.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def many(archive: zipfile.ZipFile) -> None:
    for number in range(inbox.MOST_FILES + 1):
        archive.writestr(f"bare/{number}.png", b"")


def large(archive: zipfile.ZipFile) -> None:
    with archive.open(zipfile.ZipInfo("bare/a.png"), "w", force_zip64=True) as out:
        out.write(PICTURE)
    archive.infolist()[0].file_size = inbox.MOST_BYTES + 1


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"../bare/a.png": PICTURE}, r"photos\.zip holds \.\./bare/a\.png, which leads out of it"),
        ({"/bare/a.png": PICTURE}, "holds /bare/a.png, which leads out of it"),
        ({"bare\\..\\..\\a.png": PICTURE}, "which leads out of it"),
        ({"C:\\bare\\a.png": PICTURE}, "which leads out of it"),
        (linked, "holds bare/a.png, a link or device"),
        (many, "holds 20001 files, more than 20000"),
        (large, "unpacks to 4096 MiB, more than 4096"),
        ({}, r"holds no picture \(\.avif"),
        ({"bare/a.txt": b"text"}, "holds no picture"),
        ({"hats/a.png": PICTURE}, r"does not say what hats/a\.png show"),
        ({f"{number}.png": PICTURE for number in range(9)}, r"0\.png, 1\.png, 2\.png and 6 more show"),
    ],
)
def test_what_is_refused(tmp_path: Path, files: dict[str, bytes] | Filling, problem: str) -> None:
    """One sentence names it, and nothing is taken."""
    source = zipped(tmp_path, files)
    with pytest.raises(MaskGateError, match=problem) as raised:
        take(source, tmp_path / "taken")
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == [source]


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    """Nor one that is damaged in the middle, of which the beginning could be read."""
    (tmp_path / "photos.zip").write_bytes(b"text")
    with pytest.raises(SourceError, match=r"photos\.zip is no zip that can be read"):
        take(tmp_path / "photos.zip", tmp_path / "taken")
    source = zipped(tmp_path, {"bare/a.png": PICTURE, "bare/b.png": PICTURE})
    content = bytearray(source.read_bytes())
    content[content.rindex(PICTURE) + 100] ^= 1
    source.write_bytes(content)
    with pytest.raises(SourceError, match="Bad CRC-32"):
        take(source, tmp_path / "taken")
    assert list(tmp_path.iterdir()) == [source]


def test_a_link_in_a_folder(tmp_path: Path) -> None:
    """What it leads to is not read."""
    (tmp_path / "photos" / "bare").mkdir(parents=True)
    (tmp_path / "photos" / "bare" / "a.png").symlink_to("/etc/passwd")
    with pytest.raises(SourceError, match=r"a\.png is a link"):
        take(tmp_path / "photos", tmp_path / "taken")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stays behind."""
    source = zipped(tmp_path, {"bare/a.png": PICTURE})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(StorageError, match=r"photos\.zip cannot be stored: No space left on device"):
        take(source, tmp_path / "taken")
    assert list(tmp_path.iterdir()) == [source]
