"""The entry line, and who crosses it. Pure.

The line is given in shares of the picture's width and height, and held against faces in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from edge.geometry import Point, meet, turn
from edge.types import Direction

HYSTERESIS = 0.25
"""How far beyond the line the middle of a face must be to be across, in face sizes; boxes jitter less."""


class Side(StrEnum):
    """A side of a line, as somebody sees it who looks at the picture."""

    ABOVE = "above"
    BELOW = "below"
    LEFT = "left"
    RIGHT = "right"


_TOWARDS: dict[Side, Point] = {
    Side.ABOVE: (0.0, -1.0),
    Side.BELOW: (0.0, 1.0),
    Side.LEFT: (-1.0, 0.0),
    Side.RIGHT: (1.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """The line that people cross on their way in.

    Attributes:
        start: One end.
        end: The other end; which is which makes no difference.
        inside: The side of the line on which those are who have come in.
    """

    start: Point
    end: Point
    inside: Side

    def scaled(self, width: float, height: float) -> EntryLine:
        """The same line in pixels of a picture, out of shares."""
        (x0, y0), (x1, y1) = self.start, self.end
        return EntryLine((x0 * width, y0 * height), (x1 * width, y1 * height), self.inside)

    def depth(self, point: Point) -> float:
        """How far inside a point lies, in the unit of the ends; negative outside."""
        (x0, y0), (x1, y1) = self.start, self.end
        towards = _TOWARDS[self.inside]
        # Of the two directions across the line, the one that leads to the inside.
        sign = math.copysign(1.0, (x1 - x0) * towards[1] - (y1 - y0) * towards[0])
        return sign * turn(self.start, self.end, point) / math.dist(self.start, self.end)

    def crossed(self, before: Point, after: Point) -> bool:
        """Whether the straight way between two points leads through the line and not past its ends."""
        return meet((self.start, self.end), (before, after))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a face was last clearly on one side of the line, and the crossings so far.

    Attributes:
        place: That place; None before the first.
        inside: Whether that was inside.
        balance: Crossings inwards less those outwards.
    """

    place: Point | None = None
    inside: bool = False
    balance: int = 0

    def advance(self, line: EntryLine, point: Point, side: float) -> Crossing:
        """The crossings after a face was seen again.

        Args:
            line: The line, in pixels.
            point: The middle of the face.
            side: The face's size in pixels.
        """
        depth = line.depth(point)
        # Neither side: who stands on the line has not crossed it, however often the box jitters over it.
        if abs(depth) < HYSTERESIS * side:
            return self
        inside, balance = depth > 0, self.balance
        if self.place is not None and inside is not self.inside and line.crossed(self.place, point):
            balance += 1 if inside else -1
        return Crossing(point, inside, balance)

    @property
    def direction(self) -> Direction:
        """Which way the person went by now; unknown for one who has not crossed, or has come back."""
        if self.balance == 0:
            return Direction.UNKNOWN
        return Direction.IN if self.balance > 0 else Direction.OUT
