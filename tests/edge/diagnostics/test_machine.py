"""Each fault of the machine is found when it is brought about."""

from __future__ import annotations

import errno
import shutil
import sys
from pathlib import Path

import pytest

from edge.diagnostics import machine
from edge.diagnostics.finding import Level
from edge.system import clock
from tests.support.devices import Patient

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"


def test_a_sound_machine_has_no_fault(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check says how it is."""
    monkeypatch.setattr(clock, "synced", lambda: True)
    monkeypatch.setattr(machine, "_flush_times", lambda _folder: [0.004])
    for check in machine.CHECKS:
        (finding,) = patient.found(check)
        assert finding.level is Level.OK, finding


def test_32_bit(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "maxsize", (1 << 31) - 1)
    assert "64-bit" in patient.fault(machine.processor).fix


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 14, 0)])
def test_a_python_that_is_not_supported(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert "3.11 to 3.13" in patient.fault(machine.python).fix


def test_little_memory(patient: Patient) -> None:
    patient.write("proc/meminfo", "MemAvailable: 90000 kB\n")
    (finding,) = patient.found(machine.memory)
    assert (finding.level, finding.text) == (Level.WARNING, "87 MiB are available")


@pytest.mark.parametrize(("milli", "level"), [("85000", Level.FAULT), ("74000", Level.WARNING)])
def test_heat(patient: Patient, milli: str, level: Level) -> None:
    patient.write("sys/class/thermal/thermal_zone0/temp", milli)
    (finding,) = patient.found(machine.temperature)
    assert finding.level is level
    assert finding.fix


@pytest.mark.parametrize(
    ("bits", "level"), [("50005", Level.FAULT), ("50000", Level.WARNING), ("80000", Level.OK)]
)
def test_a_weak_power_supply(patient: Patient, bits: str, level: Level) -> None:
    patient.write(THROTTLED, bits)
    (finding,) = patient.found(machine.power)
    assert finding.level is level


def test_a_clock_that_is_not_set(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "synced", lambda: False)
    (finding,) = patient.found(machine.clock_set)
    assert (finding.level, finding.fix[:22]) == (Level.WARNING, "timedatectl set-ntp tr")


def test_a_full_disk(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(patient.root)._replace(free=3 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert patient.fault(machine.disk).text.startswith("3 MiB are free")


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EIO])
def test_a_disk_that_cannot_be_written(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_folder: Path) -> list[float]:
        raise OSError(number, "no")

    monkeypatch.setattr(machine, "_flush_times", refuse)
    assert "worn card" in patient.fault(machine.disk_writes).fix


@pytest.mark.parametrize(("seconds", "level"), [(1.5, Level.FAULT), (0.3, Level.WARNING)])
def test_a_slow_card(patient: Patient, monkeypatch: pytest.MonkeyPatch, seconds: float, level: Level) -> None:
    monkeypatch.setattr(machine, "_flush_times", lambda _folder: [0.0, seconds, seconds])
    (finding,) = patient.found(machine.disk_writes)
    assert finding.level is level


def test_flushes_leave_nothing_behind(patient: Patient) -> None:
    (finding,) = patient.found(machine.disk_writes)
    assert finding.text.startswith("a flush takes ")
    assert list(Path(patient.device.config.spool.path).parent.iterdir()) == []


def test_a_worn_chip(patient: Patient) -> None:
    patient.write("sys/block/mmcblk0/device/life_time", "0x01 0x0b\n")
    assert patient.fault(machine.disk_wear).text == "110 % of its life are over"


def test_what_does_not_tell_is_skipped(patient: Patient) -> None:
    """A PC has no such files."""
    shutil.rmtree(patient.root / "sys")
    shutil.rmtree(patient.root / "proc")
    for check in (machine.memory, machine.temperature, machine.power, machine.disk_wear):
        (finding,) = patient.found(check)
        assert finding.level is Level.SKIPPED
