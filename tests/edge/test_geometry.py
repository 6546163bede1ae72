"""Points, lines and polygons."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from edge.geometry import Point, contains, covers, crosses_itself, meet

SQUARE: list[Point] = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
HORSESHOE: list[Point] = [
    (0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.7, 1.0), (0.7, 0.3), (0.3, 0.3), (0.3, 1.0), (0.0, 1.0),
]  # fmt: skip

points = st.tuples(st.floats(0, 1), st.floats(0, 1))


@st.composite
def stars(draw: st.DrawFn) -> list[Point]:
    """A polygon around (0.5, 0.5) with corners at rising angles: whatever their distances, it is simple."""
    count = draw(st.integers(3, 8))
    turns = draw(st.lists(st.floats(0.05, 0.9), min_size=count, max_size=count))
    radii = draw(st.lists(st.floats(0.1, 0.5), min_size=count, max_size=count))
    # Shorter than half a turn from one corner to the next, so that the middle is inside.
    share = [(number + turn) / count for number, turn in enumerate(turns)]
    assume(
        all((after - before) % 1 < 0.45 for before, after in zip(share, [*share[1:], share[0]], strict=True))
    )
    return [
        (0.5 + radius * math.cos(math.tau * at), 0.5 + radius * math.sin(math.tau * at))
        for radius, at in zip(radii, share, strict=True)
    ]


@given(stars(), st.floats(0, 0.98))
def test_a_star_contains_what_lies_between_its_middle_and_its_corners(
    star: list[Point], share: float
) -> None:
    """And nothing beyond the corners, as seen from the middle."""
    for x, y in star:
        assert contains(star, (0.5 + share * (x - 0.5), 0.5 + share * (y - 0.5)))
        assert contains(star, (x, y))
        assert not contains(star, (0.5 + 1.1 * (x - 0.5), 0.5 + 1.1 * (y - 0.5)))


@given(stars(), points)
def test_a_mirrored_polygon_contains_the_mirrored_points(star: list[Point], point: Point) -> None:
    """Left and right, above and below are alike; and it is the same from whichever corner it is named."""
    x, y = point
    inside = contains(star, point)
    # On the edge, rounding decides.
    assume(all(contains(star, (x + dx, y + dy)) is inside for dx in (-1e-6, 1e-6) for dy in (-1e-6, 1e-6)))
    assert contains([(1 - a, b) for a, b in star], (1 - x, y)) is inside
    assert contains([(a, 1 - b) for a, b in star], (x, 1 - y)) is inside
    assert contains([*star[1:], star[0]], point) is inside
    assert contains(star[::-1], point) is inside


@given(stars())
def test_a_star_does_not_cross_itself(star: list[Point]) -> None:
    """But does once two of its corners that are no neighbours have changed places."""
    assert not crosses_itself(star)
    if len(star) > 3:
        assert crosses_itself([star[0], star[2], star[1], *star[3:]]) or not _convex(star)


def _convex(star: list[Point]) -> bool:
    ends = zip(star, [*star[1:], star[0]], [*star[2:], *star[:2]], strict=True)
    return all((b[0] - a[0]) * (c[1] - b[1]) > (b[1] - a[1]) * (c[0] - b[0]) for a, b, c in ends)


def test_what_touches_itself_is_no_simple_polygon() -> None:
    """A corner on another edge, a corner twice, and an edge that runs back."""
    assert not crosses_itself(SQUARE)
    assert crosses_itself([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]])
    assert crosses_itself([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.0, 1.0)])
    assert crosses_itself([*SQUARE, SQUARE[0]])
    assert crosses_itself([(0.0, 0.0), (1.0, 0.0), (0.5, 0.0)])


def test_a_line_is_covered_only_with_all_of_it() -> None:
    """Not where both ends are inside and the way between them is not."""
    assert covers(SQUARE, ((0.3, 0.5), (0.7, 0.6)))
    assert covers(SQUARE, ((0.2, 0.2), (0.8, 0.2)))
    assert not covers(SQUARE, ((0.3, 0.5), (0.9, 0.5)))
    assert covers(HORSESHOE, ((0.1, 0.1), (0.9, 0.1)))
    assert not covers(HORSESHOE, ((0.1, 0.9), (0.9, 0.9)))
    assert not covers(HORSESHOE, ((0.3, 1.0), (0.7, 1.0)))


@given(stars(), st.floats(0, 1), st.floats(0, 1))
def test_a_line_from_the_middle_is_covered(star: list[Point], along: float, outwards: float) -> None:
    """Up to the edge, wherever that is, in spite of rounding."""
    (x0, y0), (x1, y1) = star[0], star[1]
    edge = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
    end = 0.5 + (0.01 + 0.99 * outwards) * (edge[0] - 0.5), 0.5 + (0.01 + 0.99 * outwards) * (edge[1] - 0.5)
    assert covers(star, ((0.5, 0.5), end))


@given(points, points, points, points)
def test_lines_that_meet_do_so_from_either_side(a: Point, b: Point, c: Point, d: Point) -> None:
    """Whichever comes first, and in whichever order their ends are named."""
    assert meet((a, b), (c, d)) == meet((c, d), (a, b)) == meet((b, a), (c, d)) == meet((a, b), (d, c))
