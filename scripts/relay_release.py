"""How soon the relay is let go when the program that holds it is killed or stopped.

    python scripts/relay_release.py

It runs the real guard process with gpiozero's mock pin, which notes the time of each change.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 20
PIN = 24

GUARD = """
import sys, time
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

changes = open(sys.argv.pop(1), "a", buffering=1)

class Watched(MockPin):
    def _change_state(self, value):
        if super()._change_state(value):
            print(int(value), time.monotonic(), file=changes)

Device.pin_factory = MockFactory(pin_class=Watched)
from edge.system import relay_guard
relay_guard.main()
"""

DRIVER = f"""
import sys, time
from edge.config import RelayConfig
from edge.indicator.relay import GuardedRelay
from edge.system.relay_link import start_guard

relay = GuardedRelay({PIN}, RelayConfig(pin={PIN}, longest_s=600), start_guard(sys.argv[1:]))
relay.begin()
while True:
    time.sleep(1 / 15)
    relay.renew()
"""


def released_after(number: signal.Signals, folder: Path) -> float:
    """Seconds from a signal to the program until the pin is off."""
    script, changes = folder / "guard.py", folder / f"{time.monotonic()}"
    script.write_text(GUARD)
    driver = subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", DRIVER, sys.executable, str(script), str(changes)]
    )
    try:
        while not changes.exists() or not changes.read_text():
            time.sleep(0.01)
        time.sleep(0.5)
        sent = time.monotonic()
        driver.send_signal(number)
        while len(lines := changes.read_text().splitlines()) < 2:
            time.sleep(0.01)
    finally:
        driver.kill()
        driver.wait()
    return float(lines[1].split()[1]) - sent


def main() -> None:
    """Prints the longest of some rounds for each signal."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    with tempfile.TemporaryDirectory() as folder:
        for number, what in ((signal.SIGKILL, "killed"), (signal.SIGSTOP, "stopped")):
            found = sorted(released_after(number, Path(folder)) for _ in range(ROUNDS))
            print(f"{what}: at most {found[-1]:.3f} s, median {found[ROUNDS // 2]:.3f} s, {ROUNDS} rounds")


if __name__ == "__main__":
    main()
