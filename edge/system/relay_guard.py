"""Holds the relay, in a process of its own, and lets go of it when it hears nothing.

The daemon may crash, hang or be killed while the relay is energised. So the pin is held by a small process
that is told over a pipe, a byte a time, and switches the relay off once nothing has come for `LEASE_S`, or
the pipe has ended. It imports next to nothing, so that it starts fast and has little that could fail.

    python -m edge.system.relay_guard 24 1 10.0    # pin (BCM), 1 where a high pin energises it, longest_s
"""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Protocol

from edge.errors import MaskGateError
from edge.system.pins import import_gpiozero, take

BEGIN, RENEW, RELEASE = b"+", b"=", b"-"
"""Begins or prolongs a pulse; keeps one going, and begins none; ends it."""

LEASE_S = 0.6
"""How long the relay stays energised without a word."""

READY = "ready"
"""The first line, once the pin is taken; any other is why it cannot be."""


class Switch(Protocol):
    """What is switched: gpiozero's `OutputDevice`."""

    def on(self) -> None:
        """Energises the relay."""

    def off(self) -> None:
        """Lets it go."""


class Lease:
    """Whether the relay may be energised: while it is renewed, and for `longest_s` at a stretch. Pure."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._ends = self._lapses = -math.inf

    def take(self, command: bytes, now: float) -> None:
        """Takes one command in, at a monotonic time in seconds."""
        held = self.left(now) > 0
        if command == RELEASE:
            self._lapses = -math.inf
        elif held or command == BEGIN:
            self._lapses = now + LEASE_S
            if not held:
                self._ends = now + self._longest_s

    def left(self, now: float) -> float:
        """Seconds for which it may stay energised without another command; 0 where it may not."""
        return max(min(self._lapses, self._ends) - now, 0.0)


def guard(
    commands: int, relay: Switch, longest_s: float, clock: Callable[[], float] = time.monotonic
) -> None:
    """Switches a relay until the pipe ends, and then off.

    Args:
        commands: File descriptor that the commands come from.
        relay: The relay, off.
        longest_s: Seconds for which it may be energised at a stretch.
        clock: Gives monotonic seconds.
    """
    lease, energised = Lease(longest_s), False
    while True:
        left = lease.left(clock())
        if energised != (left > 0):
            energised = not energised
            (relay.on if energised else relay.off)()
        # While nothing is energised there is nothing to let go of.
        readable, _, _ = select.select([commands], [], [], left if energised else None)
        if not readable:
            continue
        received = os.read(commands, 256)
        if not received:
            relay.off()
            return
        for byte in received:
            lease.take(bytes([byte]), clock())


def main(pin: str, active_high: str, longest_s: str) -> None:
    """Takes the pin, says so or why not, and guards it."""
    # The service manager tells all processes of a service to end; the pipe says when it is time.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        led, _ = import_gpiozero()
        relay = take(led, "relay.pin", int(pin), active_high == "1")
    except MaskGateError as error:
        print(error, flush=True)  # noqa: T201 - the daemon reads it
        return
    print(READY, flush=True)  # noqa: T201 - the daemon reads it
    guard(sys.stdin.fileno(), relay, float(longest_s))
    relay.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
