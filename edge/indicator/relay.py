"""The relay of a turnstile or a door, through the process that guards it."""

from __future__ import annotations

import logging

from edge.config import RelayConfig
from edge.errors import IndicatorError, MissingExtraError
from edge.system.pins import rest
from edge.system.relay_guard import BEGIN, READY, RELEASE, RENEW, first_line
from edge.system.relay_link import GuardLink

START_S = 20.0
"""How long the guard may take to start: a Pi that boots has other things to do."""

_log = logging.getLogger(__name__)


class GuardedRelay:
    """A relay that its guard lets go when this process hangs or ends; see `edge.system.relay_guard`."""

    def __init__(self, pin: int, settings: RelayConfig, guard: GuardLink) -> None:
        """Waits until the guard has the pin, off.

        Args:
            pin: That of the settings (BCM).
            settings: Which level energises, and the longest pulse.
            guard: Leads to a guard that has been told nothing yet.

        Raises:
            IndicatorError: The pin cannot be used.
        """
        self._held = self._closed = False
        self._pin = pin
        self._active_high = settings.active_high
        self._guard = guard
        guard.say(first_line(pin, settings.active_high, settings.longest_s))
        said = guard.first_line(START_S)
        if said != READY:
            guard.close()
            raise IndicatorError(said or f"relay.pin: the guard of GPIO {pin} did not start; try again")

    @property
    def alive(self) -> bool:
        """Whether the guard runs."""
        return not self._closed and self._guard.alive

    def begin(self) -> None:
        """Energises the relay, or prolongs its pulse."""
        self._held = True
        self._guard.say(BEGIN)

    def renew(self) -> None:
        """Keeps a pulse going that has begun; begins none."""
        self._guard.say(RENEW)

    def release(self) -> None:
        """Lets the relay go; the guard need not be woken to hear it twice."""
        if self._held:
            self._held = False
            self._guard.say(RELEASE)

    def close(self) -> None:
        """Lets the relay go and leaves the guard; may be called more than once."""
        if self._closed:
            return
        was_killed = not self._guard.alive
        self._closed = True
        self._guard.close()
        if was_killed:
            self._rest()

    def _rest(self) -> None:
        """Switches off what a guard that was killed may have left on."""
        try:
            rest([("relay.pin", self._pin, self._active_high)])
        except (IndicatorError, MissingExtraError) as error:
            _log.error("the relay may be energised still, its guard has ended: %s", error)
