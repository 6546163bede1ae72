"""The entry line, and who crosses it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.geometry import Point
from edge.tracking.entrance import HYSTERESIS, Crossing, EntryLine, Side
from edge.types import Direction

LINE = EntryLine((100.0, 200.0), (500.0, 200.0), Side.BELOW)
FACE = 40.0

places = st.tuples(st.floats(0, 640), st.floats(0, 480))
ways = st.lists(places, min_size=1, max_size=30)


def _entry(start: Point, along: float, across: float, side: Side) -> EntryLine:
    dx, dy = (along, across) if side in (Side.ABOVE, Side.BELOW) else (across, along)
    return EntryLine(start, (start[0] + dx, start[1] + dy), side)


starts = st.tuples(st.floats(0, 300), st.floats(0, 300))
lines = st.builds(_entry, starts, st.floats(50, 300), st.floats(-40, 40), st.sampled_from(Side))
OPPOSITE = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN, Direction.UNKNOWN: Direction.UNKNOWN}
MIRRORED = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


def walk(line: EntryLine, way: Sequence[Point], face: float = FACE) -> Crossing:
    crossing = Crossing()
    for point in way:
        crossing = crossing.advance(line, point, face)
    return crossing


@pytest.mark.parametrize(
    ("inside", "line", "way"),
    [
        (Side.BELOW, ((0, 200), (600, 200)), ((300, 100), (300, 300))),
        (Side.ABOVE, ((0, 200), (600, 200)), ((300, 300), (300, 100))),
        (Side.LEFT, ((300, 0), (300, 400)), ((400, 200), (200, 200))),
        (Side.RIGHT, ((300, 0), (300, 400)), ((200, 200), (400, 200))),
        (Side.BELOW, ((0, 100), (600, 300)), ((300, 50), (300, 400))),
    ],
)
def test_who_ends_on_the_inner_side_went_in(
    inside: Side, line: tuple[Point, Point], way: tuple[Point, Point]
) -> None:
    """Whichever end of the line is named first; the way back is out."""
    for start, end in (line, line[::-1]):
        entry = EntryLine(start, end, inside)
        assert walk(entry, way).direction is Direction.IN
        assert walk(entry, way[::-1]).direction is Direction.OUT


def test_shares_become_pixels() -> None:
    """Of the picture's width and height."""
    line = EntryLine((0.1, 0.5), (0.9, 0.5), Side.ABOVE).scaled(640, 480)
    assert (line.start, line.end, line.inside) == ((64.0, 240.0), (576.0, 240.0), Side.ABOVE)


@given(lines, ways)
def test_mirrored_pictures_mirror_the_directions(line: EntryLine, way: list[Point]) -> None:
    """With the inside mirrored too, everybody goes the same way; with the inside kept, the other way."""
    found = walk(line, way)
    mirrored = [(640 - x, y) for x, y in way]
    ends = (640 - line.start[0], line.start[1]), (640 - line.end[0], line.end[1])
    assert walk(EntryLine(*ends, MIRRORED.get(line.inside, line.inside)), mirrored).balance == found.balance
    if line.inside in MIRRORED:
        assert walk(EntryLine(*ends, line.inside), mirrored).direction is OPPOSITE[found.direction]


@given(lines, ways)
def test_the_way_back_undoes_the_way(line: EntryLine, way: list[Point]) -> None:
    """Who goes and comes back the same way has neither come in nor gone out."""
    there_and_back = [*way, *way[::-1]]
    assert walk(line, there_and_back).direction is Direction.UNKNOWN


@given(st.lists(st.floats(-HYSTERESIS, HYSTERESIS, exclude_min=True, exclude_max=True), max_size=50))
def test_jitter_on_the_line_counts_once(shifts: list[float]) -> None:
    """Somebody stands on the line, and the box moves over it and back; then the person goes on."""
    way = [(300.0, 100.0), *((300.0, 200.0 + FACE * shift) for shift in shifts), (300.0, 300.0)]
    assert walk(LINE, way).balance == 1
    assert walk(LINE, [*way, way[0]]).balance == 0


@given(ways)
def test_the_balance_is_where_the_way_ends(way: list[Point]) -> None:
    """With a line from edge to edge, whatever happens between is no more than one in or one out."""
    line = EntryLine((-1e4, 200.0), (1e4, 200.0), Side.BELOW)
    clear = [y > 200 for _, y in way if abs(y - 200) >= HYSTERESIS * FACE]
    expected = int(clear[-1]) - int(clear[0]) if clear else 0
    assert walk(line, way).balance == expected


def test_who_passes_beside_the_line_has_not_crossed_it() -> None:
    """The line has two ends."""
    assert walk(LINE, [(50.0, 100.0), (50.0, 300.0)]).direction is Direction.UNKNOWN
    assert (
        walk(LINE, [(50.0, 100.0), (50.0, 300.0), (300.0, 300.0), (300.0, 100.0)]).direction is Direction.OUT
    )


def test_who_is_first_seen_inside_has_no_direction() -> None:
    """Nobody saw how the person came there."""
    assert walk(LINE, [(300.0, 300.0), (310.0, 400.0)]).direction is Direction.UNKNOWN
    assert Crossing().direction is Direction.UNKNOWN


@given(ways, st.floats(0.2, 5.0))
def test_the_size_of_the_picture_makes_no_difference(way: list[Point], factor: float) -> None:
    """Twice the pixels, the same directions."""
    # Away from where rounding decides between two sides.
    way = [(x, y) for x, y in way if abs(abs(y - 200) - HYSTERESIS * FACE) > 1e-3 and abs(x - 100) > 1e-3]
    larger = EntryLine((100 * factor, 200 * factor), (500 * factor, 200 * factor), Side.BELOW)
    found = walk(larger, [(x * factor, y * factor) for x, y in way], FACE * factor)
    assert found.inside == walk(LINE, way).inside
