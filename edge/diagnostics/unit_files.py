"""What systemd would read of a unit: its file, and the drop-ins beside it; see systemd.unit(5).

What is read here is what is on disk, which a running service has not taken up before a daemon-reload.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.diagnostics.finding import Device

UNIT_FOLDERS = (
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
)
"""Where units and their drop-ins are; systemd takes the first of those with one name."""
WANTED = "etc/systemd/system/multi-user.target.wants"

VISION, UPLINK = HALVES = ("maskgate-vision.service", "maskgate-uplink.service")
ALL_IN_ONE = "maskgate.service"
GUARD_CALL = "maskgate-relay.socket"
DAEMONS = (ALL_IN_ONE, *HALVES)
SERVICES = (*DAEMONS, "maskgate-web.service", "maskgate-collector.service")

YES = frozenset({"1", "yes", "y", "true", "t", "on"})


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line of a unit: section, key and value, and the file in which it stands."""

    section: str
    key: str
    value: str
    file: Path


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A unit that is installed.

    Attributes:
        name: As systemctl names it.
        file: Its own file.
        lines: Those of its file, then those of its drop-ins in the order in which they count.
    """

    name: str
    file: Path
    lines: tuple[UnitLine, ...]

    def last(self, key: str, section: str = "Service") -> UnitLine | None:
        """The line that counts of a key of one value; None where there is none."""
        found = (line for line in reversed(self.lines) if (line.section, line.key) == (section, key))
        return next(found, None)

    def assigned(self, key: str, section: str = "Service") -> list[UnitLine]:
        """The lines that count of a key that is a list: an empty value takes back all before it."""
        found: list[UnitLine] = []
        for line in self.lines:
            if (line.section, line.key) == (section, key):
                found = [*found, line] if line.value else []
        return found

    def words(self, key: str, section: str = "Service") -> list[str]:
        """The members of a list."""
        return [word for line in self.assigned(key, section) for word in line.value.split()]

    def without_drop_ins(self) -> UnitFile:
        """As it was installed."""
        return UnitFile(self.name, self.file, tuple(line for line in self.lines if line.file == self.file))


def installed(device: Device) -> dict[str, UnitFile]:
    """The daemon's units that are there and can be started, by name."""
    return {
        name: unit for name in DAEMONS if (unit := find_unit(device, name)) and not is_masked(device, name)
    }


def find_unit(device: Device, name: str) -> UnitFile | None:
    """A unit as systemd would read it; None where it is not installed."""
    file = _file(device, name)
    if file is None:
        return None
    lines = [line for part in (file, *_drop_ins(device.root, name)) for line in _lines(part)]
    return UnitFile(name, file, tuple(lines))


def is_masked(device: Device, name: str) -> bool:
    """Whether a unit is empty or leads to /dev/null, so that it cannot be started."""
    file = _file(device, name)
    return file is not None and file.stat().st_size == 0


def is_enabled(device: Device, name: str) -> bool:
    """Whether a unit is started when the machine is."""
    return os.path.lexists(device.root / WANTED / name)


def _file(device: Device, name: str) -> Path | None:
    files = (device.root / folder / name for folder in UNIT_FOLDERS)
    return next((file for file in files if file.exists()), None)


def _drop_ins(root: Path, name: str) -> list[Path]:
    """By their names, whichever folder they are in; of several with one name the closest counts."""
    found: dict[str, Path] = {}
    for folder in _drop_in_folders(name):
        for place in UNIT_FOLDERS:
            for file in sorted((root / place / folder).glob("*.conf")):
                found.setdefault(file.name, file)
    return [found[key] for key in sorted(found)]


def _drop_in_folders(name: str) -> Iterator[str]:
    """Of the unit, of all whose names begin as its own up to a dash, and of all of its kind."""
    yield f"{name}.d"
    stem, _, kind = name.rpartition(".")
    while "-" in stem:
        stem = stem.rpartition("-")[0]
        yield f"{stem}-.{kind}.d"
    yield f"{kind}.d"


def _lines(file: Path) -> Iterator[UnitLine]:
    section = ""
    text = file.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section and "=" in line and line[0] not in "#;":
            key, _, value = line.partition("=")
            yield UnitLine(section, key.strip(), value.strip(), file)
