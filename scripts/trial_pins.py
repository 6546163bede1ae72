"""The pins of a machine that has none, for `packaging/trial.sh`.

As the module `lgpio` it makes the chip a file at the chip's place: a byte for each pin, which keeps its
level when a program dies, as the hardware does. As a program it sends a signal to the main process of a
unit, to all of its processes or to the relay's guard while the relay is energised, and measures how long
relay and lamps take to be off. `OOM` is no signal: the kernel is to kill the process, for want of memory.

    python3 trial_pins.py maskgate-vision main KILL
    python3 trial_pins.py maskgate-vision main OOM
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time
from pathlib import Path

CHIP = "/dev/gpiochip0"
PINS = 64
LOW, HIGH, INPUT = b"0", b"1", b"-"
RELAY, LAMPS = 24, (17, 27, 22)
ENERGISED_S, RELAY_S, OFF_S = 240.0, 1.0, 60.0
"""How long it may take until somebody in the clip is let through, the relay is off, and all is off."""

GUARD = "maskgate-relay@*.service"
MEMORY = Path("/memory")
"""Where `packaging/trial.sh` puts a control group of the machine outside."""

IS_OUT = 1 << 1
SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3


class error(Exception):  # noqa: N801, N818 - the name that lgpio gives it
    """What lgpio raises."""


def gpiochip_open(_chip: int) -> mmap.mmap:
    """Opens the chip, if this process may."""
    handle = os.open(CHIP, os.O_RDWR)
    try:
        return mmap.mmap(handle, PINS)
    finally:
        os.close(handle)


def gpiochip_close(levels: mmap.mmap) -> None:
    """Closes it; pins stay as they are."""
    levels.close()


def gpio_claim_input(levels: mmap.mmap, pin: int, _flags: int = 0) -> None:
    """Lets a pin float, as far as its pull lets it."""
    levels[pin : pin + 1] = INPUT


def gpio_claim_output(levels: mmap.mmap, pin: int, level: int = 0, _flags: int = 0) -> None:
    """Drives a pin."""
    gpio_write(levels, pin, level)


def gpio_free(levels: mmap.mmap, pin: int) -> None:
    """Gives a pin back."""
    gpio_claim_input(levels, pin)


def gpio_get_mode(levels: mmap.mmap, pin: int) -> int:
    """Whether a pin is driven."""
    return 0 if levels[pin : pin + 1] == INPUT else IS_OUT


def gpio_read(levels: mmap.mmap, pin: int) -> int:
    """The level of a pin; all that float are pulled down."""
    return int(levels[pin : pin + 1] == HIGH)


def gpio_write(levels: mmap.mmap, pin: int, level: int) -> None:
    """Switches a pin."""
    levels[pin : pin + 1] = HIGH if level else LOW


def _be_a_pi() -> None:
    """Answers gpiozero, which asks which Raspberry Pi this is."""
    from gpiozero.pins import local  # noqa: PLC0415 - the program needs none

    local.get_pi_revision = lambda: 0xC03114


def _wait(levels: mmap.mmap, pins: tuple[int, ...], on: bool, seconds: float) -> float:
    """Seconds until one of the pins is on, or none is."""
    began = time.monotonic()
    while any(gpio_read(levels, pin) for pin in pins) is not on:
        if time.monotonic() - began > seconds:
            sys.exit(f"GPIO {pins} did not go {'on' if on else 'off'} within {seconds:g} s")
        time.sleep(0.002)
    return time.monotonic() - began


def _systemctl(*words: str) -> str:
    """What systemctl says."""
    done = subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout.strip()


def _take_memory(unit: str) -> None:
    """Leaves a unit's main process next to no memory, and waits until the kernel kills it."""
    group = Path(f"/sys/fs/cgroup/system.slice/{unit}.service")
    limit, events = group / "memory.max", group / "memory.events"
    if not limit.exists():
        # Control groups of version 1: one of the machine outside, which the process moves into.
        group, limit, events = MEMORY, MEMORY / "memory.limit_in_bytes", MEMORY / "memory.oom_control"
    limit.write_text("1M")
    if group == MEMORY:
        (group / "cgroup.procs").write_text(_systemctl("show", "--value", "--property=MainPID", unit))
    while "oom_kill 0" in events.read_text().splitlines():
        time.sleep(0.002)


def main(unit: str, who: str, signal: str) -> None:
    """Sends a signal and prints what became of the pins."""
    target = ("all", GUARD) if who == "guard" else (who, unit)
    levels = gpiochip_open(0)
    _wait(levels, (RELAY,), True, ENERGISED_S)
    began = time.monotonic()
    if signal == "OOM":
        _take_memory(unit)
        began = time.monotonic()
    else:
        _systemctl("kill", f"--kill-who={target[0]}", f"--signal={signal}", target[1])
    relay_s = time.monotonic() - began + _wait(levels, (RELAY,), False, OFF_S)
    lamps_s = relay_s + _wait(levels, LAMPS, False, OFF_S)
    print(f"{signal} to {who}: relay off after {relay_s:.2f} s, lamps after {lamps_s:.2f} s")
    if relay_s > RELAY_S:
        sys.exit("the relay was on for too long")


if __name__ == "__main__":
    main(*sys.argv[1:])
elif __name__ == "lgpio":
    _be_a_pi()
