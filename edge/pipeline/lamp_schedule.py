"""When the lamp rests, and who lights it: quiet hours and an exempt area. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.geometry import Polygon, contains
from edge.system.local_time import MACHINE, LocalTime, WeeklyTime
from edge.tracking.register import PassUpdate
from edge.types import Frame, Presence, SeenFace


@dataclass(frozen=True, slots=True)
class LampSchedule:
    """Decides by the wall clock; what is counted and published does not depend on it.

    Attributes:
        local: Where the device is.
        quiet: When nothing is lit.
        exempt: When the exempt area counts; always where this is empty.
        exempt_area: Corners in shares of the picture; whose face is inside lights nothing.
    """

    local: LocalTime
    quiet: tuple[WeeklyTime, ...] = ()
    exempt: tuple[WeeklyTime, ...] = ()
    exempt_area: Polygon = ()

    def rests(self, wall: float) -> bool:
        """Whether lamp, buzzer and relay rest at a Unix time."""
        return self._covered(self.quiet, wall)

    def lighting(self, passes: PassUpdate, frame: Frame) -> tuple[Presence, ...]:
        """Those of the people in a frame who light the lamp."""
        if not self.exempt_area or (self.exempt and not self._covered(self.exempt, frame.wall)):
            return passes.present
        inside = {seen.face.number for seen in passes.faces if self._is_inside(seen, frame.size)}
        return tuple(person for person in passes.present if person.number not in inside)

    def _is_inside(self, seen: SeenFace, size: tuple[int, int]) -> bool:
        x, y = seen.face.box.centre
        return contains(self.exempt_area, (x / size[0], y / size[1]))

    def _covered(self, times: Iterable[WeeklyTime], wall: float) -> bool:
        if not times:
            return False
        day, minute = self.local.week_minute(wall)
        return any(time.covers(day, minute) for time in times)


ALWAYS = LampSchedule(MACHINE)
"""The lamp never rests, and everybody lights it."""
