"""A disk as a power cut finds it: what was forced to it, and what was only written.

A trace of system calls is replayed call by call. Every write, change of size, new name, removal and
rename stays pending until an fsync of its file or directory completes; new names need one of the
directory, which asks for more than most file systems do. An image of the disk at any moment holds what
was forced, and of the pending changes some, all, or none, writes also torn at sectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that is complete: its name, its arguments as text, and what it returned."""

    name: str
    arguments: str
    result: int


@dataclass(frozen=True, slots=True)
class Write:
    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        if len(content) < self.offset:
            content.extend(bytes(self.offset - len(content)))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, chance: Random) -> list[Write]:
        """Some of its sectors."""
        first = self.offset - self.offset % SECTOR
        edges = [*range(first, self.offset + len(self.data), SECTOR), self.offset + len(self.data)]
        parts = []
        for sector, end in pairwise(edges):
            begin = max(sector, self.offset)
            if chance.random() < 0.5:
                parts.append(Write(begin, self.data[begin - self.offset : end - self.offset]))
        return parts


@dataclass(frozen=True, slots=True)
class Truncate:
    size: int

    def apply(self, content: bytearray) -> None:
        del content[self.size :]
        content.extend(bytes(self.size - len(content)))


@dataclass(slots=True)
class File:
    """What is on the disk, and what is not yet."""

    content: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            change.apply(self.content)
        self.pending.clear()

    def image(self, chance: Random) -> bytes:
        """The file after a power cut."""
        content = bytearray(self.content)
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        tear = chance.random() < 0.5
        for change in self.pending:
            if chance.random() >= share:
                continue
            parts = change.torn(chance) if tear and isinstance(change, Write) else [change]
            for part in parts:
                part.apply(content)
        return bytes(content)


Names = dict[str, File]


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    file: File

    def apply(self, names: Names) -> None:
        names[self.name] = self.file


@dataclass(frozen=True, slots=True)
class Unlink:
    name: str

    def apply(self, names: Names) -> None:
        names.pop(self.name, None)


@dataclass(frozen=True, slots=True)
class Rename:
    before: str
    after: str

    def apply(self, names: Names) -> None:
        if self.before in names:
            names[self.after] = names.pop(self.before)


class Disk:
    """One directory, under a trace."""

    def __init__(self, directory: Path) -> None:
        self._directory = str(directory)
        self._names: Names = {}
        self._durable: Names = {}
        self._pending: list[Link | Unlink | Rename] = []

    def play(self, call: Call) -> None:
        """Takes a call, which may be one elsewhere."""
        paths = [path for path in _paths(call) if path.startswith(self._directory)]
        if not paths:
            return
        names = [path[len(self._directory) + 1 :] for path in paths]
        if call.result < 0:
            return
        match call.name:
            case "openat" if "O_DIRECTORY" not in call.arguments:
                self._open(names[-1], call.arguments)
            case "pwrite64":
                data, offset = _written(call)
                self._names[names[0]].pending.append(Write(offset, data[: call.result]))
            case "ftruncate":
                size = int(call.arguments.rsplit(",", 1)[1])
                self._names[names[0]].pending.append(Truncate(size))
            case "fsync" | "fdatasync":
                self._sync(names[0])
            case "unlink" | "unlinkat":
                self._name(Unlink(names[-1]))
            case "rename" | "renameat" | "renameat2":
                self._name(Rename(*names[-2:]))
            case "openat":
                pass
            case _:
                raise AssertionError(f"no rule for {call.name}({call.arguments[:200]})")

    def image(self, directory: Path, chance: Random) -> None:
        """Writes the disk as a power cut may leave it."""
        names = dict(self._durable)
        share = chance.choice((0.0, 0.5, 1.0))
        for change in self._pending:
            if chance.random() < share:
                change.apply(names)
        for name, file in names.items():
            (directory / name).write_bytes(file.image(chance))

    def _open(self, name: str, arguments: str) -> None:
        assert not name.endswith("-shm"), "what is mapped into memory leaves no trace"
        if name and name not in self._names:
            assert "O_CREAT" in arguments
            self._name(Link(name, File()))

    def _name(self, change: Link | Unlink | Rename) -> None:
        change.apply(self._names)
        self._pending.append(change)

    def _sync(self, name: str) -> None:
        if name:
            self._names[name].sync()
            return
        for change in self._pending:
            change.apply(self._durable)
        self._pending.clear()


_LINE = re.compile(rb"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(rb"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(rb"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"|<((?:\\x[0-9a-f]{2})*)>')


def calls(trace: Path) -> Iterator[Call]:
    """The calls of a trace by `strace -f -y -xx`, in the order in which they ended."""
    begun: dict[bytes, bytes] = {}
    with trace.open("rb") as lines:
        for line in lines:
            if unfinished := _UNFINISHED.match(line.rstrip(b"\n")):
                begun[unfinished[1]] = unfinished[3]
            elif resumed := _RESUMED.match(line):
                yield Call(
                    resumed[2].decode(), (begun.pop(resumed[1]) + resumed[3]).decode(), int(resumed[4])
                )
            elif found := _LINE.match(line):
                yield Call(found[1].decode(), found[2].decode(), int(found[3]))


def said(call: Call) -> str:
    """What a call wrote to standard output; nothing for another call."""
    if call.name != "write" or not call.arguments.startswith("1<"):
        return ""
    return _strings(call.arguments)[-1].decode()


def _strings(arguments: str) -> list[bytes]:
    return [_bytes(found[1] if found[1] is not None else found[2]) for found in _TEXT.finditer(arguments)]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _paths(call: Call) -> list[str]:
    """The paths that a call names; of a write only where it goes."""
    if call.name == "pwrite64":
        return [_bytes(call.arguments[call.arguments.index("<") + 1 : call.arguments.index(">")]).decode()]
    if call.name == "write":
        return []
    return [text.decode(errors="replace") for text in _strings(call.arguments)]


def _written(call: Call) -> tuple[bytes, int]:
    data = call.arguments[call.arguments.index('"') + 1 : call.arguments.rindex('"')]
    return _bytes(data), int(call.arguments.rsplit(",", 1)[1])
