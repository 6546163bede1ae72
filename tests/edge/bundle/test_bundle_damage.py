"""Two thousand random damages: none is loaded with other content, none ends in anything but a sentence.

Damages come from a fixed seed, so that a failure comes again. A third of them has every digest computed
anew, as somebody would do who means it: those are refused by their signature.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge import bundle
from edge.bundle import signature, trust
from edge.errors import MaskGateError
from edge.system import files as system_files
from tests.support import bundles

TO_A_DIRECTORY = 900
TO_AN_ARCHIVE = 600
WITH_NEW_DIGESTS = 500

Chance = random.Random
Content = dict[str, bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A signed bundle, and the key that a device trusts."""
    folder = tmp_path_factory.mktemp("made")
    key = signature.make_key(folder / "key")
    directory = bundles.make(folder / "bundle")
    signature.sign(bundle.load(directory), signature.open_private(folder / "key"))
    return directory, key.text


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is to outlast a power cut here, and thousands of files would wait for the disk."""
    monkeypatch.setattr(system_files.os, "fsync", lambda _: None)


def content(directory: Path) -> Content:
    """What a bundle is about: its manifest as meant, and the bytes of every file it lists."""
    manifest = bundle.load(directory).manifest
    files = {name: (directory / name).read_bytes() for name in manifest.files}
    return {**files, bundle.MANIFEST: manifest.model_dump_json().encode()}


def some(directory: Path, chance: Chance) -> Path:
    return chance.choice([file for file in sorted(directory.iterdir()) if file.name != bundle.SIGNATURE])


def flip(raw: bytes, chance: Chance) -> bytes:
    """One to four bits turned."""
    changed = bytearray(raw or b"\0")
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def mangle(raw: bytes, chance: Chance) -> bytes:
    """Bits turned, cut off, lengthened, moved, filled, or nothing left."""
    at, to = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    return chance.choice(
        [
            flip(raw, chance),
            flip(raw, chance),
            raw[:at],
            raw[:at] + raw[to:],
            raw[:at] + bytes(to - at) + raw[to:],
            raw[to:] + raw[:to],
            raw + raw[at:to],
            raw[:at] + chance.randbytes(to - at) + raw[to:],
            b"",
        ]
    )


VALUES: list[Any] = [
    None, True, 0, -1, 2**70, 1e308, "", "x" * 5000, "\ud800", [], {}, [[]], {"a": {}}, "../x", "/etc/passwd",
    ["with_mask"], "0" * 64, float("nan"), "1.0", [0.5, 0.5], [[1, 2, 3]],
]  # fmt: skip


def change_json(value: Any, chance: Chance) -> Any:
    """The same with something in it changed, removed or added."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(sorted(value))
        way = chance.random()
        if way < 0.15:
            return {k: v for k, v in value.items() if k != key}
        if way < 0.25:
            return {**value, chance.choice(["x", "../x", "extra", ""]): chance.choice(VALUES)}
        return {**value, key: change_json(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        place = chance.randrange(len(value))
        return [*value[:place], change_json(value[place], chance), *value[place + 1 :]]
    return chance.choice(VALUES)


def damage_json(directory: Path, chance: Chance) -> None:
    file = directory / bundle.MANIFEST
    file.write_text(json.dumps(change_json(json.loads(file.read_text()), chance)))


def damage_bytes(directory: Path, chance: Chance) -> None:
    file = some(directory, chance)
    file.write_bytes(mangle(file.read_bytes(), chance))


def swap(directory: Path, chance: Chance) -> None:
    one, other = some(directory, chance), some(directory, chance)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def replace(directory: Path, chance: Chance) -> None:
    """Something that is no file in a file's place."""
    file = some(directory, chance)
    kept = file.read_bytes()
    file.unlink()
    way = chance.randrange(5)
    if way == 0:
        file.mkdir()
    elif way == 1:
        os.mkfifo(file)
    elif way == 2:
        (directory / "elsewhere").write_bytes(kept)
        file.symlink_to("elsewhere")
    elif way == 3:
        file.symlink_to(chance.choice(["/dev/zero", "/nowhere", file.name]))


def damage_signature(directory: Path, chance: Chance) -> None:
    file = directory / bundle.SIGNATURE
    file.write_bytes(mangle(file.read_bytes(), chance))


def outcome(work: Callable[[], Path | None], whole: Content) -> str:
    """What came of it: "whole" for the content as it was, else the refusal, a sentence that names a file."""
    try:
        directory = work()
    except MaskGateError as error:
        sentence = str(error)
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 1000
        assert "/" in sentence or "manifest" in sentence, sentence
        return sentence
    assert directory is not None
    assert content(directory) == whole
    return "whole"


def test_damaged_directories(made: tuple[Path, str], tmp_path: Path) -> None:
    """Bytes, JSON, files in each other's place, files that are none."""
    directory, key = made
    whole, chance, found = content(directory), Chance(1), Counter[bool]()
    ways = [damage_bytes, damage_bytes, damage_json, swap, replace, damage_signature]
    for number in range(TO_A_DIRECTORY):
        copy = Path(shutil.copytree(directory, tmp_path / str(number)))
        way = chance.choice(ways)
        way(copy, chance)
        asked = [key] if way is damage_signature or number % 2 else []

        def use(copy: Path = copy, asked: list[str] = asked) -> Path:
            loaded = bundle.load(copy)
            trust.check(loaded, asked)
            return loaded.path

        found[outcome(use, whole) == "whole"] += 1
    # Some damages change nothing that counts: two equal files swapped, a blank in JSON.
    assert found[False] > 0.8 * TO_A_DIRECTORY


def rebuild(directory: Path, file: Path, chance: Chance) -> None:
    """An archive by another tar, with one entry that has something wrong with it."""
    names = sorted(path.name for path in directory.iterdir())
    victim, way = chance.choice(names), chance.randrange(9)
    with tarfile.open(file, "w:gz", format=chance.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])) as tar:
        for name in names:
            raw = (directory / name).read_bytes()
            entry = tarfile.TarInfo(name)
            if name == victim:
                if way == 0:
                    continue
                entry.name = chance.choice(["../x", "/etc/x", "a/b", "x" * 200, "ä", "", ".", "other"])
                if way == 1:
                    entry.name = name
                    entry.type = chance.choice(
                        [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
                    )
                    entry.linkname = chance.choice(["/etc/passwd", bundle.MANIFEST])
                if way == 2:
                    entry.name, raw = name, mangle(raw, chance)
                if way == 3:
                    entry.name = name
                    entry.size = len(raw)
                    tar.addfile(entry, io.BytesIO(raw))
            entry.size = len(raw) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(raw))


def test_damaged_archives(made: tuple[Path, str], tmp_path: Path) -> None:
    """The file's bytes, the tar's bytes in a sound gzip file, and entries that are wrong."""
    directory, key = made
    whole, chance, found = content(directory), Chance(2), Counter[bool]()
    bundle.pack(directory, tmp_path / "whole.tar.gz")
    packed = (tmp_path / "whole.tar.gz").read_bytes()
    tar = gzip.decompress(packed)
    headers = [start for start in range(0, len(tar), 512) if tar[start + 257 : start + 262] == b"ustar"]
    for number in range(TO_AN_ARCHIVE):
        file, way = tmp_path / f"{number}.tar.gz", chance.randrange(4)
        if way == 0:
            file.write_bytes(mangle(packed, chance))
        elif way == 1:
            file.write_bytes(gzip.compress(mangle(tar, chance), 1))
        elif way == 2:
            start = chance.choice(headers)
            header = flip(tar[start : start + 512], chance)
            total = sum(header[:148]) + 8 * 32 + sum(header[156:])
            header = header[:148] + b"%06o\0 " % total + header[156:]
            file.write_bytes(gzip.compress(tar[:start] + header + tar[start + 512 :], 1))
        else:
            rebuild(directory, file, chance)

        def use(file: Path = file, number: int = number) -> Path:
            loaded = bundle.unpack(file, tmp_path / f"out{number}")
            trust.check(loaded, [key])
            return loaded.path

        found[outcome(use, whole) == "whole"] += 1
    assert found[False] > 0.5 * TO_AN_ARCHIVE
    assert not (tmp_path.parent / "x").exists()


def without_digest(raw: Any) -> Any:
    return {k: v for k, v in raw.items() if k != "sha256"} if isinstance(raw, dict) else raw


def test_damages_with_every_digest_computed_anew(made: tuple[Path, str], tmp_path: Path) -> None:
    """A device that trusts a key takes none of them."""
    directory, key = made
    whole, chance, found = content(directory), Chance(3), Counter[str]()
    for number in range(WITH_NEW_DIGESTS):
        copy = Path(shutil.copytree(directory, tmp_path / str(number)))
        file = copy / bundle.MANIFEST
        raw = json.loads(file.read_text())
        way = chance.randrange(3)
        if way < 2:
            name = chance.choice(sorted(raw["files"]))
            (copy / name).write_bytes(flip((copy / name).read_bytes(), chance))
            raw["files"][name] = hashlib.sha256((copy / name).read_bytes()).hexdigest()
        before = raw
        while way > 0 and without_digest(raw) == without_digest(before):
            raw = change_json(before, chance)
        if isinstance(raw, dict):
            with contextlib.suppress(ValueError):
                raw["sha256"] = bundle.canonical_digest(raw)
        file.write_text(json.dumps(raw))

        def use(copy: Path = copy, number: int = number) -> Path:
            # By way of an archive where one can be made: what a device gets.
            bundle.pack(copy, tmp_path / f"{number}.tar.gz")
            loaded = bundle.unpack(tmp_path / f"{number}.tar.gz", tmp_path / f"out{number}")
            trust.check(loaded, [key])
            return loaded.path

        sentence = outcome(use, whole)
        found["signature" if "it was changed after" in sentence else sentence[:5]] += 1
    assert found["whole"] == 0
    assert found["signature"] > WITH_NEW_DIGESTS // 3
