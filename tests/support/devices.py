"""A sound device for the doctor: a root with what its checks look at, and ways to break it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.config import Config
from edge.demo import CLIP
from edge.diagnostics.finding import Check, Device, Finding, Level

UNIT = (
    "[Service]\nExecStart=/opt/maskgate/bin/maskgate run --config /etc/maskgate/config.toml\n"
    "SupplementaryGroups=video gpio\n"
)
UNITS = "etc/systemd/system"
WANTED = f"{UNITS}/multi-user.target.wants"


@dataclass(frozen=True, slots=True)
class Patient:
    """A device and its root."""

    device: Device

    @property
    def root(self) -> Path:
        return self.device.root

    def write(self, name: str, text: str = "") -> Path:
        """A file of the root."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def install(self, name: str, text: str = UNIT, *, enabled: bool = True) -> Path:
        """A unit, which is started with the machine or not."""
        if enabled:
            self.write(f"{WANTED}/{name}", text)
        return self.write(f"{UNITS}/{name}", text)

    def drop_in(self, name: str, *lines: str, folder: str = UNITS) -> Path:
        """Lines of the section [Service] that count after those of a unit."""
        return self.write(f"{folder}/{name}.d/override.conf", "\n".join(("[Service]", *lines, "")))

    def with_systemd(self, answer: str, before: str = "") -> Patient:
        """The same where systemd runs and gives an answer, as `systemctl show` prints it.

        Args:
            answer: What it says on standard output.
            before: A line of shell that comes before it.
        """
        (self.root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        self.write("answer", answer)
        program = self.write("bin/systemctl", f"#!/bin/sh\n{before}\nexec cat {self.root / 'answer'}\n")
        program.chmod(0o755)
        return Patient(replace(self.device, environment={"PATH": str(program.parent)}))

    def lacking(self, *wrong: str) -> Patient:
        """The same with keys of its configuration that are wrong."""
        return Patient(replace(self.device, wrong=wrong))

    def configured(self, **sections: dict[str, Any]) -> Patient:
        """The same with other settings."""
        merged = {name: {**getattr(self.device.config, name).model_dump(exclude_unset=True), **section}
                  for name, section in sections.items()}  # fmt: skip
        config = Config.model_validate({**self.device.config.model_dump(exclude_unset=True), **merged})
        return Patient(replace(self.device, config=config))

    def found(self, check: Check) -> list[Finding]:
        return list(check(self.device))

    def fault(self, check: Check) -> Finding:
        """The only fault that a check finds; it says what to do."""
        (finding,) = (one for one in check(self.device) if one.level is Level.FAULT)
        assert finding.fix
        return finding


def sound(folder: Path) -> Patient:
    """A device on which nothing is wrong, as far as files say."""
    root = folder / "root"
    config = Config.model_validate(
        {
            "spool": {"path": str(folder / "state" / "spool.db")},
            "camera": {"source": str(CLIP)},
            "lamp": {"kind": "none"},
            "mqtt": {"host": "127.0.0.1"},
        }
    )
    (folder / "state").mkdir()
    patient = Patient(Device(folder / "config.toml", config, {}, root))
    patient.device.file.write_text('[device]\nsite = "plant"\n')
    patient.device.file.chmod(0o644)
    patient.write("etc/group", "root:x:0:\nvideo:x:44:\ngpio:x:997:\n")
    patient.install("maskgate.service")
    patient.write("opt/maskgate/bin/maskgate")
    patient.write("proc/meminfo", "MemTotal: 3884132 kB\nMemAvailable: 3012345 kB\n")
    patient.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    patient.write("sys/class/thermal/thermal_zone0/temp", "48300\n")
    patient.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
    patient.write("sys/block/mmcblk0/device/life_time", "0x01 0x02\n")
    return patient
