"""The relay of a turnstile or a door, through the process that guards it."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
from collections.abc import Sequence

from edge.config import RelayConfig
from edge.errors import IndicatorError
from edge.system.relay_guard import BEGIN, READY, RELEASE, RENEW

START_S = 20.0
"""How long the guard may take to start: a Pi that boots has other things to do."""

END_S = 2.0
GUARD = (sys.executable, "-m", "edge.system.relay_guard")
_log = logging.getLogger(__name__)


class GuardedRelay:
    """A relay that its guard lets go when this process hangs or ends; see `edge.system.relay_guard`."""

    def __init__(self, settings: RelayConfig, command: Sequence[str] = GUARD) -> None:
        """Starts the guard and waits until it has the pin, off.

        Args:
            settings: The pin, and the longest pulse.
            command: What starts the guard.

        Raises:
            IndicatorError: The pin cannot be used.
        """
        self._held = False
        arguments = (str(settings.pin), str(int(settings.active_high)), str(settings.longest_s))
        self._guard = subprocess.Popen(  # noqa: S603 - this interpreter, with numbers of the configuration
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        if self._guard.stdin is not None:
            # A guard that hangs must not hold up the loop; it will let go before it hears anything again.
            os.set_blocking(self._guard.stdin.fileno(), False)
        said = self._first_line()
        if said != READY:
            self.close()
            raise IndicatorError(
                said or f"relay.pin: the guard of GPIO {settings.pin} did not start; try again"
            )

    @property
    def alive(self) -> bool:
        """Whether the guard runs."""
        return self._guard.poll() is None

    def begin(self) -> None:
        """Energises the relay, or prolongs its pulse."""
        self._held = True
        self._say(BEGIN)

    def renew(self) -> None:
        """Keeps a pulse going that has begun; begins none."""
        self._say(RENEW)

    def release(self) -> None:
        """Lets the relay go; the guard need not be woken to hear it twice."""
        if self._held:
            self._held = False
            self._say(RELEASE)

    def close(self) -> None:
        """Lets the relay go and ends the guard; may be called more than once."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            self._guard.wait(END_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        if self._guard.stdout is not None:
            self._guard.stdout.close()

    def _first_line(self) -> str:
        out = self._guard.stdout
        if out is None or not select.select([out], [], [], START_S)[0]:
            return ""
        return out.readline().decode(errors="replace").strip()

    def _say(self, command: bytes) -> None:
        if self._guard.stdin is None or self._guard.stdin.closed:
            return
        try:
            self._guard.stdin.write(command)
        except OSError as error:
            # The daemon ends for this reason, see `alive`; a guard that has ended has let go.
            _log.debug("the relay's guard hears nothing: %s", error)
