"""Holds the relay, in a process of its own, and lets go of it when it hears nothing.

The daemon may crash, hang or be killed while the relay is energised. So the pin is held by a small process
that is told over a local socket, a byte a time, and switches the relay off once nothing has come for
`LEASE_S`, or the other end is gone. It imports next to nothing, so that it starts fast and has little that
could fail.

Should the guard itself stand still, the service manager kills it: it watches while the relay is energised
(`WATCHDOG_S`). The daemon sees the end of its guard, and switches the pin off.

    maskgate lamp guard    # its standard input and output are the socket

The daemon's first word is a line with `first_line`. It waits for `READY` before it says more.
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
from edge.system.systemd import notify

BEGIN, RENEW, RELEASE = b"+", b"=", b"-"
"""Begins or prolongs a pulse; keeps one going, and begins none; ends it."""

LEASE_S = 0.6
"""How long the relay stays energised without a word."""

WATCHDOG_S, BEAT_S = 0.5, 0.1
"""While the relay is energised: the longest that the guard may stand still, and how often it gives a sign."""

READY = "ready"
"""The first line, once the pin is taken; any other is why it cannot be."""


_MOST = 256


def first_line(pin: int, active_high: bool, longest_s: float) -> bytes:
    """What a guard is told first.

    Args:
        pin: The relay's pin (BCM).
        active_high: Whether a high pin energises it.
        longest_s: Seconds for which it may be energised at a stretch.
    """
    return f"{pin} {int(active_high)} {longest_s}\n".encode()


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
    """Switches a relay until the other end is gone, and then off.

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
            (_energise if energised else _let_go)(relay)
        elif energised:
            notify("WATCHDOG=1")
        # While nothing is energised there is nothing to let go of.
        readable, _, _ = select.select([commands], [], [], min(left, BEAT_S) if energised else None)
        if not readable:
            continue
        received = _read(commands)
        if not received:
            _let_go(relay)
            return
        for byte in received:
            lease.take(bytes([byte]), clock())


def _energise(relay: Switch) -> None:
    # Watched first: the driver may hang in this very call, or the process be stopped behind it.
    notify(f"WATCHDOG_USEC={WATCHDOG_S * 1e6:.0f}")
    relay.on()


def _let_go(relay: Switch) -> None:
    relay.off()
    # A guard that waits does nothing that could be told from one that is stopped, and harms nobody.
    notify("WATCHDOG_USEC=0")


def _read(commands: int) -> bytes:
    """What has come; nothing at the end, which for a socket may be a reset."""
    try:
        return os.read(commands, _MOST)
    except ConnectionError:
        return b""


def main() -> None:
    """Takes the pin that it is told, says so or why not, and guards it."""
    # The service manager tells all processes of a service to end; the socket says when it is time.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    commands = sys.stdin.fileno()
    told = _read(commands).split()
    if not told:
        return
    pin, active_high, longest_s = told
    try:
        led, _ = import_gpiozero()
        relay = take(led, "relay.pin", int(pin), active_high == b"1")
    except MaskGateError as error:
        print(error, flush=True)  # noqa: T201 - the daemon reads it
        return
    print(READY, flush=True)  # noqa: T201 - the daemon reads it
    guard(commands, relay, float(longest_s))
    relay.close()


if __name__ == "__main__":
    main()
