"""Checks of the machine: processor, Python, memory, power, heat, clock and disk."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edge.diagnostics.finding import Device, Finding, fault, ok, skipped, warning
from edge.system import clock, health

PYTHONS = ((3, 11), (3, 13))
LEAST_MEMORY_MIB = 150
HOT_C, WARM_C = 80.0, 70.0
LEAST_DISK_MIB, LITTLE_DISK_MIB = 16, 200
SLOW_FLUSH_S, SLOWEST_FLUSH_S = 0.1, 1.0
FLUSHES = 5
UNDER_VOLTAGE, UNDER_VOLTAGE_SINCE_BOOT = 1 << 0, 1 << 16
"""Of the Raspberry Pi's firmware, as `vcgencmd get_throttled` shows them."""

WORN_TENTHS = 9
"""Tenths of a memory chip's life that are over, as JEDEC's eMMC 5.0 counts them."""


def processor(_device: Device) -> Iterator[Finding]:
    """Nothing that MaskGate needs is built for 32 bit."""
    bits = 64 if sys.maxsize > 1 << 32 else 32
    if bits == 32:
        yield fault("processor", "this system has 32 bit", "install the 64-bit Raspberry Pi OS")
    else:
        yield ok("processor", f"{platform.machine()}, 64 bit")


def python(_device: Device) -> Iterator[Finding]:
    """The locks are for some versions of Python."""
    version, (first, last) = sys.version_info[:2], PYTHONS
    named = ".".join(map(str, version))
    if first <= version <= last:
        yield ok("python", named)
    else:
        yield fault(
            "python",
            f"{named} is not supported",
            "make the virtual environment with Python {}.{} to {}.{}".format(*first, *last),
        )


def memory(device: Device) -> Iterator[Finding]:
    """Models and frames take some 150 MiB."""
    for line in _text(device.root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            mib = int(rest.split()[0]) >> 10
            text = f"{mib} MiB are available"
            if mib < LEAST_MEMORY_MIB:
                yield warning("memory", text, "stop other programs; MaskGate takes 150 MiB and more")
            else:
                yield ok("memory", text)
            return
    yield skipped("memory", "the kernel does not tell")


def temperature(device: Device) -> Iterator[Finding]:
    """A processor that is too hot is slowed down."""
    found = health.read(device.root / "sys").temperature_c
    if found is None:
        yield skipped("temperature", "this machine does not tell")
    elif found >= HOT_C:
        yield fault("temperature", f"{found:.0f} °C, at which it is slowed down", "add a heat sink or a fan")
    elif found >= WARM_C:
        yield warning("temperature", f"{found:.0f} °C", "give it more air before the summer")
    else:
        yield ok("temperature", f"{found:.0f} °C")


def power(device: Device) -> Iterator[Finding]:
    """A supply that is too weak leads to what looks like faults of everything else."""
    try:
        bits = int(_text(device.root / "sys" / health.THROTTLED), 16)
    except ValueError:
        yield skipped("power", "this machine does not tell")
        return
    fix = "use the official power supply, and a short cable"
    if bits & UNDER_VOLTAGE:
        yield fault("power", "the voltage is too low now", fix)
    elif bits & UNDER_VOLTAGE_SINCE_BOOT:
        yield warning("power", "the voltage was too low since the last boot", fix)
    else:
        yield ok("power", "the voltage has been high enough since the last boot")


def clock_set(_device: Device) -> Iterator[Finding]:
    """Events say when they were decided."""
    if clock.synced():
        yield ok("clock", "set from the network")
    else:
        yield warning("clock", "not set from the network", "timedatectl set-ntp true, and allow port 123/udp")


def disk(device: Device) -> Iterator[Finding]:
    """Room for the spool, and that it can be written at all."""
    folder = _existing(Path(device.config.spool.path).parent)
    mib = shutil.disk_usage(folder).free >> 20
    if mib < LEAST_DISK_MIB:
        yield fault(
            "disk", f"{mib} MiB are free in {folder}", "delete something; `journalctl --vacuum-size=50M`"
        )
    elif mib < LITTLE_DISK_MIB:
        yield warning("disk", f"{mib} MiB are free in {folder}", "delete something; the spool may take more")
    else:
        yield ok("disk", f"{mib} MiB are free in {folder}")


def disk_writes(device: Device) -> Iterator[Finding]:
    """A worn card is read-only, or takes long for each flush."""
    folder = _existing(Path(device.config.spool.path).parent)
    try:
        seconds = statistics.median(_flush_times(folder))
    except PermissionError:
        yield skipped("disk writes", f"this user may not write to {folder}; run this with sudo")
    except OSError as error:
        yield fault(
            "disk writes",
            f"{folder} cannot be written: {error.strerror}",
            "see `dmesg`; replace a worn card, mount a read-only disk read-write",
        )
    else:
        text = f"a flush takes {1000 * seconds:.0f} ms"
        if seconds > SLOWEST_FLUSH_S:
            yield fault("disk writes", text, "replace the card: an endurance card, or an SSD")
        elif seconds > SLOW_FLUSH_S:
            yield warning("disk writes", text, "use an endurance card, or an SSD")
        else:
            yield ok("disk writes", text)


def disk_wear(device: Device) -> Iterator[Finding]:
    """Only soldered and industrial memory tells."""
    tenths = [
        max(int(value, 16) for value in _text(file).split())
        for file in sorted(device.root.glob("sys/block/mmcblk*/device/life_time"))
        if _text(file)
    ]
    if not tenths:
        yield skipped("disk wear", "this disk does not tell")
    elif max(tenths) >= WORN_TENTHS:
        yield fault("disk wear", f"{10 * max(tenths)} % of its life are over", "replace it")
    else:
        yield ok("disk wear", f"at most {10 * max(tenths)} % of its life are over")


CHECKS = (processor, python, memory, temperature, power, clock_set, disk, disk_writes, disk_wear)


def _flush_times(folder: Path) -> list[float]:
    """Seconds that some flushes of a page take, in a file that is gone afterwards."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return times


def _existing(folder: Path) -> Path:
    """The folder, or the one in which it will be made."""
    while not os.path.isdir(folder):
        folder = folder.parent
    return folder


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
