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
    patient.write("etc/systemd/system/maskgate.service", UNIT)
    patient.write("etc/systemd/system/multi-user.target.wants/maskgate.service", UNIT)
    patient.write("opt/maskgate/bin/maskgate")
    patient.write("proc/meminfo", "MemTotal: 3884132 kB\nMemAvailable: 3012345 kB\n")
    patient.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    patient.write("sys/class/thermal/thermal_zone0/temp", "48300\n")
    patient.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
    patient.write("sys/block/mmcblk0/device/life_time", "0x01 0x02\n")
    return patient
