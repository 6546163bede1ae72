"""When a picture was taken, from the stamps of drivers and streams."""

from __future__ import annotations

import math

from edge.system.clock import Clock

WINDOW_S = 5.0
"""A stream's pictures are compared with those of at least this long before."""


class DriverStamps:
    """Takes a driver's stamps for capture times once they prove to be of our clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened = clock.monotonic()
        self._trusted: bool | None = None

    def taken(self, stamp: float) -> float:
        """When a picture that has just arrived was taken; now, where the stamps are of another clock.

        Args:
            stamp: What the driver says, in seconds. The first of a camera that was just opened must
                lie between its opening and now.
        """
        now = self._clock.monotonic()
        if self._trusted is None:
            self._trusted = self._opened <= stamp <= now
        return min(stamp, now) if self._trusted else now


class StreamStamps:
    """Estimates capture times from the times of a stream, whose zero is anywhere.

    The picture that came through fastest in the last 5 to 10 s counts as fresh; another is older by
    as much as it took longer. What a network held back is thus known to be old. A stream that was
    paused is believed again when its window has passed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = -math.inf
        self._began = clock.monotonic()
        self._least = self._before = math.inf

    def taken(self, stamp: float) -> float:
        """When a picture that has just arrived was taken; now, where the stream's time stands still.

        Args:
            stamp: The picture's time in the stream, in seconds.
        """
        now = self._clock.monotonic()
        delay = now - stamp
        if not (math.isfinite(stamp) and stamp > self._last):
            self._last = stamp if math.isfinite(stamp) else -math.inf
            # The stream has begun anew: what was measured belongs to another zero.
            self._least = self._before = math.inf
            return now
        self._last = stamp
        if now - self._began >= WINDOW_S:
            self._began, self._before, self._least = now, self._least, math.inf
        self._least = min(self._least, delay)
        return now - (delay - min(self._least, self._before))
