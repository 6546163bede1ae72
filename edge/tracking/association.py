"""Who is who between two frames: pairs what was seen with the people who are followed. Pure.

What is most likely over all pairs together is taken, not the best pair first: two people who cross compete
for two faces. A face that is likelier to be somebody new than anybody who is followed stays alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.tracking.assignment import Costs, best_pairs
from edge.tracking.motion import SIZE_NOISE, Motion, place_noise
from edge.tracking.visibility import LEAVING_S, has_passed
from edge.types import Box, Probabilities

FARTHEST = 60.0
"""Squared Mahalanobis distance beyond which a pair is not looked at."""

TAIL = 14.0
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
"""What a single sight counts for; never less than the frame that it stands for."""

PRESENT_S = 1.0
"""By so much longer is everybody taken to have been there who has a pass and whom nobody hides.

People do not vanish from the middle of a picture; what was seen for a moment may be no person, and who went
behind somebody else may have gone anywhere.
"""

EDGE = 6.0
"""The same where people come and go: at the left and right edge, past the camera. A likelihood of 1 : 20."""

NEWCOMERS_WITHIN, LEAVERS_WITHIN = 1.5, 0.6
"""How near to the edge that is, in face sizes: a newcomer was seen late, one who leaves is cut off there."""

COVERED = 3.0
"""What it costs that a face is not that of the one in front whose it may be, but of the one behind."""

UNJUDGED = 7.0
"""What it costs that a face was not judged: thirty times as many of them are nobody's (2 log 30)."""

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
    def seen_side(self) -> float:
        """Its size when it was last seen: the square root of its area in pixels."""

    @property
    def number(self) -> int:
        """Of the pass; 0 until there is one."""

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
    def front(self) -> Motion | None:
        """Where somebody is who should hide the face in this frame."""

    @property
    def began(self) -> float:
        """Time of the first sight."""


@dataclass(frozen=True, slots=True)
class FrameFaces:
    """The faces of a frame, and what association knows beside them.

    Attributes:
        boxes: The faces.
        looks: How each face's mask is worn; None for a face that was not judged.
        now: Time of the frame.
        before: Time of the frame before.
        picture: Width and height of the frame in pixels; None where nobody knows.
    """

    boxes: Sequence[Box]
    looks: Sequence[Probabilities | None]
    now: float
    before: float
    picture: tuple[float, float] | None

    def to_side(self, x: float) -> float:
        """Distance of a place to the left or right edge in pixels, negative outside."""
        return math.inf if self.picture is None else min(x, self.picture[0] - x)

    def newcomer(self, x: float, side: float) -> float:
        """The cost beyond which a face of a place and size is somebody new."""
        cost = NEWCOMER + min(max(RARER * math.log(side / SMALLEST), 0.0), RAREST)
        return cost - EDGE if self.to_side(x) < NEWCOMERS_WITHIN * side else cost


def associate(candidates: Sequence[Candidate], faces: FrameFaces) -> list[tuple[int, int]]:
    """Pairs those who are followed with the faces of a frame; their motions stand at its time.

    Returns:
        (index of candidate, index of face); each index at most once, the likeliest of all choices.
    """
    return best_pairs(_in_front_first(candidates, pair_costs(candidates, faces)))


def pair_costs(candidates: Sequence[Candidate], faces: FrameFaces) -> dict[tuple[int, int], float]:
    """The cost of each pair (index of candidate, index of face) that is likelier than a newcomer, below 0."""
    seen = [_face(box, faces) for box in faces.boxes]
    costs: dict[tuple[int, int], float] = {}
    for c, candidate in enumerate(candidates):
        base = _waiting_cost(candidate, faces)
        for f, cost in _near(candidate.motion, seen):
            total = base + cost + _relabelling(candidate.look, faces.looks[f])
            if total < 0:
                costs[c, f] = total
    return costs


def _in_front_first(candidates: Sequence[Candidate], costs: Costs) -> Costs:
    """The same costs, less good for a face behind the one in front that may be the same."""
    index = {id(candidate.motion): c for c, candidate in enumerate(candidates)}
    fronts = [None if candidate.front is None else index[id(candidate.front)] for candidate in candidates]
    return {(c, f): cost + COVERED if (fronts[c], f) in costs else cost for (c, f), cost in costs.items()}


_Face = tuple[float, float, float, float, float]
"""x, y, log size, variance of the place, and the cost beyond which it is somebody new."""


def _face(box: Box, frame: FrameFaces) -> _Face:
    x, y = box.centre
    side = math.sqrt(box.w * box.h)
    return x, y, math.log(side), place_noise(side), frame.newcomer(x, side)


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


def _waiting_cost(candidate: Candidate, frame: FrameFaces) -> float:
    motion = candidate.motion
    passed = EDGE if has_passed(motion, candidate.seen_side, frame.picture) else 0.0
    if candidate.seen >= frame.before:
        return passed - STILL_HERE
    missed_s = frame.before - candidate.seen
    away = _away(candidate, missed_s, frame.now - frame.before)
    return away + max(passed, _leaving(candidate, missed_s, frame))


def _leaving(candidate: Candidate, missed_s: float, frame: FrameFaces) -> float:
    """What it costs that somebody may be out at the left or right edge."""
    motion = candidate.motion
    # Who was seen once, and there, has only just come in.
    came_in = candidate.seen == candidate.began
    if came_in or frame.to_side(motion.x.value) >= LEAVERS_WITHIN * motion.side:
        return 0.0
    return EDGE * (1 - math.exp(-missed_s / LEAVING_S))


def _away(candidate: Candidate, missed_s: float, frame_s: float) -> float:
    followed_s = max(candidate.seen - candidate.began, LEAST_FOLLOWED_S, frame_s)
    if candidate.number and not candidate.hidden_s:
        return AWAY * math.log1p(missed_s / (followed_s + PRESENT_S))
    unexplained_s = missed_s - min(candidate.hidden_s, HIDDEN * followed_s)
    return AWAY * math.log1p(max(unexplained_s, 0.0) / followed_s)


def _relabelling(before: Probabilities, now: Probabilities | None) -> float:
    """What it costs that a mask is worn otherwise than before, by the total variation of the two looks."""
    if now is None:
        return UNJUDGED
    variation = (abs(before[0] - now[0]) + abs(before[1] - now[1]) + abs(before[2] - now[2])) / 2
    return RELABELLED * variation - ALIKE
