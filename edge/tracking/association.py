"""Who is who between two frames: pairs what was seen with the people who are followed. Pure.

A person may be missed for some frames, and two people may cross; so each is expected where the last
movement would have taken them, and a person who was missed may have come further.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edge.types import Box, Observation, Probabilities

REACH = 1.0
"""How far from the expected place a face may appear, in face sizes, the moment after it was seen."""

REACH_PER_SECOND = 4.0
"""How fast that grows: people who walk across the picture cover some face sizes a second."""

MOST_REACH = 2.5
"""Where growing ends, so that a person who left is not mistaken for one who comes."""

MOST_GROWTH = 1.6
"""How much larger or smaller a face may be than when it was last seen a moment ago."""

LONGEST_STRIDE_S = 0.5
"""For how long a movement is carried on; nobody walks straight for ever."""

SMOOTHING_S = 0.2
"""Time constant of the speed; detectors place boxes with some jitter."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a person was last seen, how fast they moved (pixels a second), and how they looked."""

    box: Box
    seen: float
    probabilities: Probabilities
    vx: float = 0.0
    vy: float = 0.0

    def advance(self, observation: Observation, now: float) -> Motion:
        """The motion after another observation."""
        elapsed = now - self.seen
        box, probabilities = observation.face.box, observation.probabilities
        # Two frames may carry the same time after blindness: a speed would be infinite.
        if elapsed <= 0:
            return Motion(box, now, probabilities, self.vx, self.vy)
        (x0, y0), (x1, y1) = self.box.centre, box.centre
        # The share of the newest speed grows with the time since the last one, so that smoothing is the
        # same at every frame rate.
        share = 1 - math.exp(-elapsed / SMOOTHING_S)
        vx = self.vx + share * ((x1 - x0) / elapsed - self.vx)
        vy = self.vy + share * ((y1 - y0) / elapsed - self.vy)
        return Motion(box, now, probabilities, vx, vy)

    def expected(self, now: float) -> Box:
        """The box where the person should be by now."""
        stride = min(now - self.seen, LONGEST_STRIDE_S)
        return Box(self.box.x + self.vx * stride, self.box.y + self.vy * stride, self.box.w, self.box.h)


def association_cost(motion: Motion, observation: Observation, now: float) -> float:
    """How unlikely it is that this is that person: about 0 for the same, infinite for impossible.

    Distance in face sizes, missing overlap, change of size and of label, and time unseen add up:
    the first two decide; the others break ties where two people cross.
    """
    expected, box = motion.expected(now), observation.face.box
    unseen = now - motion.seen
    size, other = math.sqrt(expected.w * expected.h), math.sqrt(box.w * box.h)
    growth = max(size, other) / min(size, other)
    distance = math.dist(expected.centre, box.centre) / ((size + other) / 2)
    if distance > min(REACH + REACH_PER_SECOND * unseen, MOST_REACH) or growth > MOST_GROWTH + unseen:
        return math.inf
    pairs = zip(motion.probabilities, observation.probabilities, strict=True)
    relabelled = sum(abs(before - after) for before, after in pairs) / 2
    return distance + (1 - expected.iou(box)) + 0.5 * math.log(growth) + 0.3 * relabelled + unseen


def associate(
    motions: Sequence[Motion], observations: Sequence[Observation], now: float
) -> list[tuple[int, int]]:
    """Pairs motions with observations, the most certain pair first.

    Returns:
        (index of motion, index of observation); each index at most once.
    """
    # Greedy rather than the best sum over all pairs: at a door there are few faces, and a certain pair
    # must not be given up for the sake of an uncertain one. Indices break ties, so that replays agree.
    costs = sorted(
        (association_cost(motion, observation, now), m, o)
        for m, motion in enumerate(motions)
        for o, observation in enumerate(observations)
    )
    pairs: list[tuple[int, int]] = []
    taken_motions: set[int] = set()
    taken_observations: set[int] = set()
    for cost, m, o in costs:
        if cost < math.inf and m not in taken_motions and o not in taken_observations:
            pairs.append((m, o))
            taken_motions.add(m)
            taken_observations.add(o)
    return pairs
