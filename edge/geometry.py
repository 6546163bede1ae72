"""Points, lines and polygons in a plane. Pure.

Points are (x, y), x to the right and y downwards as in a picture, in whatever unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Line = tuple[Point, Point]
"""A straight line from one point to another."""

Polygon = Sequence[Point]
"""The corners in their order, at least three; the last one is joined to the first."""

ROUNDING = 1e-9
"""What lies nearer is the same: the sum of two shares is seldom exact."""


def edges(polygon: Polygon) -> Iterator[Line]:
    """The edges of a polygon, the one from the last corner to the first included."""
    yield from pairwise((*polygon, polygon[0]))


def contains(polygon: Polygon, point: Point) -> bool:
    """Whether a point lies in a simple polygon or on its edge."""
    inside = False
    for first, last in edges(polygon):
        if _on(first, last, point):
            return True
        (x0, y0), (x1, y1) = first, last
        # Even and odd: how many edges a ray to the right crosses. Half open, so that a corner counts once.
        if (y0 > point[1]) != (y1 > point[1]) and point[0] < x0 + (point[1] - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


def crosses_itself(polygon: Polygon) -> bool:
    """Whether edges of a polygon have more in common than the corners between neighbours."""
    sides = list(edges(polygon))
    for number, (first, last) in enumerate(sides):
        # A neighbour that turns right back runs along this edge.
        _, beyond = sides[(number + 1) % len(sides)]
        if first == last or _on(first, last, beyond) or _on(last, beyond, first):
            return True
        others = (
            sides[other] for other in range(number + 2, len(sides)) if (other + 1) % len(sides) != number
        )
        if any(meet((first, last), other) for other in others):
            return True
    return False


def covers(polygon: Polygon, line: Line) -> bool:
    """Whether all of a line lies in a simple polygon."""
    # Cut where it may pass from the inside to the outside; between two cuts the middle speaks for all.
    shares = sorted({0.0, 1.0, *(share for edge in edges(polygon) for share in _cuts(line, edge))})
    middles = ((a + b) / 2 for a, b in pairwise(shares))
    return all(contains(polygon, end) for end in line) and all(
        contains(polygon, _along(line, share)) for share in middles
    )


def meet(one: Line, other: Line) -> bool:
    """Whether two lines from point to point have a point in common."""
    (a, b), (c, d) = one, other
    turns = turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    return _on(a, b, c) or _on(a, b, d) or _on(c, d, a) or _on(c, d, b)


def turn(a: Point, b: Point, c: Point) -> float:
    """Twice the area of a triangle; its sign says on which side of a-b the point c lies."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _on(a: Point, b: Point, point: Point) -> bool:
    """Whether a point lies on a line, but for what a float cannot say."""
    within = (
        min(one, other) - ROUNDING <= at <= max(one, other) + ROUNDING
        for one, other, at in zip(a, b, point, strict=True)
    )
    return all(within) and abs(turn(a, b, point)) <= ROUNDING


def _cuts(line: Line, edge: Line) -> Iterator[float]:
    """Where an edge cuts a line or touches it with an end, as shares of the line."""
    (a, b), (c, d) = line, edge
    before, after = turn(c, d, a), turn(c, d, b)
    if before != after and 0 <= (share := before / (before - after)) <= 1:
        yield share
    length = math.dist(a, b)
    yield from (math.dist(a, end) / length for end in edge if _on(a, b, end))


def _along(line: Line, share: float) -> Point:
    (x0, y0), (x1, y1) = line
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)
