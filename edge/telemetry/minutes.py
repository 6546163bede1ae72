"""What the line did, minute by minute: frames, times, seconds watched and seconds blind. Pure.

Minutes are those of the wall clock; lengths are measured on the monotonic one, so that a clock that
jumps moves what it counts to another minute and makes no time out of nothing.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.telemetry.records import MINUTE_S, minute_of

LONGEST_CYCLE_S = 2.0
"""A live camera gives a cycle at least once a second; what is longer was no watching."""

MOST_TIMES = 10_000
"""Times that are remembered of one minute."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One cycle of the pipeline.

    Attributes:
        monotonic: When it was, on a clock that never jumps.
        wall: The same as Unix time.
        blind: Whether the camera gave nothing.
        times: Seconds for detection, classification, and from capture to lamp; None without a frame.
        obscured: Whether the camera gave a picture and could not see.
        attempts: How many steps there have been to bring pictures back, since the last one.
        carried: Whether there was a frame that was not looked at.
        slowed: By how many steps the device is slowed down.
    """

    monotonic: float
    wall: float
    blind: bool
    times: tuple[float, float, float] | None
    obscured: bool = False
    attempts: int = 0
    carried: bool = False
    slowed: int = 0


@dataclass(frozen=True, slots=True)
class MinuteShare:
    """What a cycle adds to a minute; see `MinuteStats`."""

    start: int
    frames: int
    watched_s: float
    blind_s: float
    obscured_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 95th percentile in milliseconds; None where nothing was measured."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class MinuteStats:
    """How one minute went, once it is over.

    Attributes:
        start: Unix time of its beginning, a multiple of 60.
        frames: Frames that were taken.
        watched_s: Seconds in which the camera gave frames.
        blind_s: Seconds in which it did not.
        detect_ms: Times for detection.
        classify_ms: Times for classification.
        latency_ms: Times from capture to lamp.
        obscured_s: Seconds, of those watched, in which the camera could not see.
        recoveries: Steps that were taken to bring pictures back.
        looked_at: Frames in which faces were looked for.
        slowed: By how many steps the device was slowed down at most.
    """

    start: int
    frames: int
    watched_s: float
    blind_s: float
    detect_ms: Quantiles
    classify_ms: Quantiles
    latency_ms: Quantiles
    obscured_s: float = 0.0
    recoveries: int = 0
    looked_at: int = 0
    slowed: int = 0

    @property
    def fps(self) -> float:
        """Frames a second while it watched."""
        return self.frames / self.watched_s if self.watched_s > 0 else 0.0


@dataclass(slots=True)
class _Sum:
    start: int
    frames: int = 0
    watched_s: float = 0.0
    blind_s: float = 0.0
    obscured_s: float = 0.0
    recoveries: int = 0
    looked_at: int = 0
    slowed: int = 0
    # Four bytes for each time: those of a whole minute are kept until it is over.
    times: tuple[array[float], ...] = field(default_factory=lambda: (array("f"), array("f"), array("f")))

    def add(self, share: MinuteShare) -> None:
        self.frames += share.frames
        self.watched_s += share.watched_s
        self.blind_s += share.blind_s
        self.obscured_s += share.obscured_s

    def minute_stats(self) -> MinuteStats:
        detect, classify, latency = (_quantiles(values) for values in self.times)
        return MinuteStats(
            self.start,
            self.frames,
            self.watched_s,
            self.blind_s,
            detect,
            classify,
            latency,
            self.obscured_s,
            self.recoveries,
            self.looked_at,
            self.slowed,
        )


class MinuteAggregator:
    """Adds cycles up; a minute is over when a cycle falls into another one."""

    def __init__(self) -> None:
        self._sum: _Sum | None = None
        self._before: float | None = None
        self._attempts = 0

    def add(self, look: Sample) -> tuple[MinuteStats, ...]:
        """Counts a cycle: the time since the cycle before is watched or blind, as this one is.

        Returns:
            The minutes that are over by now.
        """
        passed = 0.0 if self._before is None else look.monotonic - self._before
        self._before = look.monotonic
        over: list[MinuteStats] = []
        for share in shares(look, passed if 0.0 <= passed <= LONGEST_CYCLE_S else 0.0):
            # Not only a later one: a clock that is set back opens an earlier minute again, see `summarise`.
            if self._sum is None or self._sum.start != share.start:
                over += self.finish()
                self._sum = _Sum(share.start)
            self._sum.add(share)
        if self._sum is not None:
            self._sum.recoveries += max(look.attempts - self._attempts, 0)
            self._sum.looked_at += look.times is not None
            self._sum.slowed = max(self._sum.slowed, look.slowed)
        self._attempts = look.attempts
        if look.times is not None and self._sum is not None and len(self._sum.times[0]) < MOST_TIMES:
            for values, seconds in zip(self._sum.times, look.times, strict=True):
                values.append(seconds)
        return tuple(over)

    def finish(self) -> tuple[MinuteStats, ...]:
        """The minute that has begun, as it is now; the next cycle begins another."""
        present = self.present()
        self._sum = None
        return () if present is None else (present,)

    def present(self) -> MinuteStats | None:
        """The minute that has begun, as it is now; None where there is none."""
        return None if self._sum is None else self._sum.minute_stats()


def shares(look: Sample, passed: float) -> Iterator[MinuteShare]:
    """Splits the time that has passed before a cycle between the minutes in which it lies."""
    start = minute_of(look.wall)
    # At most two minutes are touched, since `passed` is at most `LONGEST_CYCLE_S`.
    late = min(look.wall - start, passed)
    if early := passed - late:
        yield _share(start - MINUTE_S, 0, early, look)
    yield _share(start, int(look.carried or look.times is not None), late, look)


def _share(start: int, frames: int, seconds: float, look: Sample) -> MinuteShare:
    watched, blind = (0.0, seconds) if look.blind else (seconds, 0.0)
    return MinuteShare(start, frames, watched, blind, seconds if look.obscured else 0.0)


def _quantiles(values: array[float]) -> Quantiles:
    """Quantiles by the nearest rank."""
    if not values:
        return Quantiles(None, None)
    ranked = sorted(values)
    # Rounded up in whole numbers: 0.95 times a number may lie just above the whole it should be.
    at = (ranked[(len(ranked) - 1) // 2], ranked[max(-(-len(ranked) * 95 // 100) - 1, 0)])
    return Quantiles(round(at[0] * 1000, 2), round(at[1] * 1000, 2))


class MinuteQueue:
    """Hands the statistics of minutes from the side that sees to the sender; neither waits for the other."""

    def __init__(self) -> None:
        # Two threads and no lock: `append` and `popleft` of a deque are atomic.
        self._minutes: deque[MinuteStats] = deque(maxlen=5)

    def put(self, minute_stats: MinuteStats) -> None:
        """Adds a minute; the oldest is forgotten when nobody takes them."""
        self._minutes.append(minute_stats)

    def pop(self) -> MinuteStats | None:
        """The oldest minute; None where there is none."""
        try:
            return self._minutes.popleft()
        except IndexError:
            return None
