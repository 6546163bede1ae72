"""Who is who between two frames: pairs what was seen with the people who are followed. Pure.

What is most likely over all pairs together is taken, not the best pair first: two people who cross compete
for two faces. A face that is likelier to be somebody new than anybody who is followed stays alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.tracking.assignment import best_pairs
from edge.tracking.motion import SIZE_NOISE, Motion, place_noise
from edge.tracking.visibility import has_passed
from edge.types import Box, Probabilities

FARTHEST = 60.0
"""Squared Mahalanobis distance beyond which a pair is not looked at."""

TAIL = 10.0
"""Degrees of freedom of Student's distribution of a detector's errors: turned heads move boxes by leaps."""

NEWCOMER = 5.0
"""Beyond this cost the smallest face is somebody new: -2 log of how densely newcomers lie.

A picture has room for about 1000 faces, whose sizes lie within a factor of e³: a newcomer is 1/3000 for
each face's area and unit of log size. That is 16, less 3 log 2π for the density of a pair, less 5, as most
who are missed do not come back at just this moment.
"""

RARER = 4.0
"""How much that grows with the log of the size: people come into view all over the ground that is seen.

The ground at a distance grows with its square, so twice as far away they are four times as many.
"""

SMALLEST = 16.0
"""The size of the smallest faces, in pixels: a detector finds hardly any below."""

RAREST = 6.0
"""The most that it grows: some newcomers are near, who come out from behind somebody or through a door."""

STILL_HERE = 2.0
"""What it costs to lose somebody who was seen in the frame before: -2 log of how often a face is missed."""

AWAY = 5.0
"""How sure it is that who is missed has gone: the cost is this times log(1 + missed / followed).

With nothing else known, somebody who was there for some time is still there after as much time again with a
chance of 1 : 2 (Laplace). That they are missed while somebody nearer hides them says nothing.
"""

HIDDEN = 2.0
"""It says nothing for so many times as long as they were followed before; who knows where they went then?"""

LEAST_FOLLOWED_S = 0.1
"""What a single sight counts for."""

EDGE = 6.0
"""The same where people come and go: at the left and right edge, past the camera. A likelihood of 1 : 20."""

NEWCOMERS_WITHIN, LEAVERS_WITHIN = 1.5, 0.6
"""How near to the edge that is, in face sizes: a newcomer was seen late, one who leaves is cut off there."""

LEAVING_S = 0.3
"""How long it takes until somebody who is missed near the edge is taken to have left."""

RELABELLED, ALIKE = 5.0, 1.0
"""The cost of a mask that is worn entirely otherwise, less what it is worth that it is worn alike.

Labels err in one face of eight or so, and of any two people about half wear the mask alike.
"""


class Candidate(Protocol):
    """A person who is followed, as association sees them: motion, how the mask was worn, last sight."""

    @property
    def motion(self) -> Motion:
        """Where the face is expected."""

    @property
    def box(self) -> Box:
        """Where it was found last."""

    @property
    def look(self) -> Probabilities:
        """How the mask was worn lately."""

    @property
    def seen(self) -> float:
        """Time of the last sight."""

    @property
    def hidden_s(self) -> float:
        """For how long somebody nearer has hidden the face since."""

    @property
    def began(self) -> float:
        """Time of the first sight."""


@dataclass(frozen=True, slots=True)
class FrameContext:
    """What association knows beside people and faces.

    Attributes:
        before: Time of the frame before.
        picture: Width and height of the frame in pixels; None where nobody knows.
    """

    before: float
    picture: tuple[float, float] | None

    def to_side(self, x: float) -> float:
        """Distance of a place to the left or right edge in pixels, negative outside."""
        return math.inf if self.picture is None else min(x, self.picture[0] - x)

    def newcomer(self, x: float, side: float) -> float:
        """The cost beyond which a face of a place and size is somebody new."""
        cost = NEWCOMER + min(max(RARER * math.log(side / SMALLEST), 0.0), RAREST)
        return cost - EDGE if self.to_side(x) < NEWCOMERS_WITHIN * side else cost


def associate(
    candidates: Sequence[Candidate],
    boxes: Sequence[Box],
    looks: Sequence[Probabilities] | None,
    context: FrameContext,
) -> list[tuple[int, int]]:
    """Pairs those who are followed with the faces of a frame; their motions stand at its time.

    Args:
        candidates: Everybody who is followed.
        boxes: The faces.
        looks: How each face's mask is worn; None where nobody looked.
        context: The picture, and the time of the one before.

    Returns:
        (index of candidate, index of face); each index at most once, the likeliest of all choices.
    """
    faces = [_face(box, context) for box in boxes]
    costs: dict[tuple[int, int], float] = {}
    for c, candidate in enumerate(candidates):
        base = _waiting_cost(candidate, context)
        for f, cost in _near(candidate.motion, faces):
            total = base + cost
            if looks is not None:
                total += RELABELLED * _difference(candidate.look, looks[f]) - ALIKE
            if total < 0:
                costs[c, f] = total
    return best_pairs(costs)


_Face = tuple[float, float, float, float, float]
"""x, y, log size, variance of the place, and the cost beyond which it is somebody new."""


def _face(box: Box, context: FrameContext) -> _Face:
    x, y = box.centre
    side = math.sqrt(box.w * box.h)
    return x, y, math.log(side), place_noise(side), context.newcomer(x, side)


def _near(motion: Motion, faces: Sequence[_Face]) -> Iterator[tuple[int, float]]:
    """The faces that may be of this motion, each with -2 log of its likelihood above a newcomer's."""
    x, y, size = motion.x.value, motion.y.value, motion.size.value
    x_var, y_var, size_var = motion.x.var, motion.y.var, motion.size.var + SIZE_NOISE**2
    # Densities are for a face's area as the unit, so that near and far people compare.
    unit = math.log(size_var) - 4 * math.log(motion.side)
    for f, (face_x, face_y, face_size, noise, newcomer) in enumerate(faces):
        dx, dy, ds = face_x - x, face_y - y, face_size - size
        distance = dx * dx / (x_var + noise)
        if distance > FARTHEST:
            continue
        distance += dy * dy / (y_var + noise) + ds * ds / size_var
        if distance <= FARTHEST:
            spread = math.log((x_var + noise) * (y_var + noise)) + unit
            yield f, (TAIL + 3) * math.log1p(distance / TAIL) + spread - newcomer


def _waiting_cost(candidate: Candidate, context: FrameContext) -> float:
    motion = candidate.motion
    passed = EDGE if has_passed(motion, candidate.box.side, context.picture) else 0.0
    if candidate.seen >= context.before:
        return passed - STILL_HERE
    missed_s = context.before - candidate.seen
    at_edge = context.to_side(motion.x.value) < LEAVERS_WITHIN * motion.side
    leaving = EDGE * (1 - math.exp(-missed_s / LEAVING_S)) if at_edge else 0.0
    followed_s = max(candidate.seen - candidate.began, LEAST_FOLLOWED_S)
    hidden_s = min(candidate.hidden_s, HIDDEN * followed_s)
    return AWAY * math.log1p(max(missed_s - hidden_s, 0.0) / followed_s) + max(passed, leaving)


def _difference(one: Probabilities, other: Probabilities) -> float:
    """Total variation between two looks, 0 to 1."""
    return (abs(one[0] - other[0]) + abs(one[1] - other[1]) + abs(one[2] - other[2])) / 2
