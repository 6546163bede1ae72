"""Drawing passes, verdicts and the entrance."""

from __future__ import annotations

import numpy as np

from edge.tracking.entrance import EntryLine, Side
from edge.types import (
    Box,
    Direction,
    Face,
    Frame,
    FrameAnalysis,
    Image,
    Observation,
    Outcome,
    SeenFace,
    Stage,
    TrackedFace,
)
from edge.vision.annotate_tracks import HIDDEN_S, OUTCOME_COLOURS, STILL, UNDECIDED, TrackAnnotator
from tests.support.images import noise, pixelated

BOX = Box(40, 40, 70, 80)
NOTHING = FrameAnalysis((), 0.0, 0.0)


def frame(moment: float = 0.0) -> Frame:
    return Frame(0, noise(), moment, 0.0)


def analysis(*, outside: bool = False) -> FrameAnalysis:
    face = Face(BOX, 0.9)
    if outside:
        return FrameAnalysis((), 0.0, 0.0, (face,))
    return FrameAnalysis((Observation(face, (0.9, 0.05, 0.05), 100.0, 0),), 0.0, 0.0)


def seen(outcome: Outcome | None = None, *, still: bool = False, box: Box = BOX) -> SeenFace:
    return SeenFace(TrackedFace(box, 1, 1, Stage.OPEN, outcome, 0.0, ()), still, Direction.IN)


def has(picture: Image, colour: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(colour, np.uint8)).all(axis=2).any())


def test_every_verdict_has_its_colour() -> None:
    """So have who is undecided, and posters; the frame itself stays as it was."""
    for outcome in Outcome:
        assert has(TrackAnnotator().draw(frame(), analysis(), (seen(outcome),)), OUTCOME_COLOURS[outcome])
    assert has(TrackAnnotator().draw(frame(), analysis(), (seen(),)), UNDECIDED)
    taken = frame()
    assert has(TrackAnnotator().draw(taken, analysis(), (seen(Outcome.NO_MASK, still=True),)), STILL)
    assert (taken.pixels == noise()).all()


def test_faces_that_do_not_count_are_pixelated_too() -> None:
    """Those outside the area, which have no track."""
    picture = TrackAnnotator().draw(frame(), analysis(outside=True), ())
    assert pixelated(picture, range(40, 78), slice(40, 110))


def test_a_face_whose_verdict_stands_is_pixelated() -> None:
    """It is followed without being judged in every frame."""
    standing = FrameAnalysis((), 0.0, 0.0, standing=(Face(BOX, 0.9),))
    picture = TrackAnnotator().draw(frame(), standing, (seen(Outcome.COMPLIANT),))
    assert pixelated(picture, range(46, 78), slice(46, 104))


def test_a_face_that_is_missed_stays_pixelated_for_a_while() -> None:
    """A detector misses faces now and then, and an eye in one frame is enough to know somebody."""
    annotator = TrackAnnotator()
    annotator.draw(frame(0.0), analysis(), (seen(),))
    missed = annotator.draw(frame(0.9 * HIDDEN_S), NOTHING, ())
    assert pixelated(missed, range(40, 78), slice(40, 110))
    later = annotator.draw(frame(1.1 * HIDDEN_S), NOTHING, ())
    assert (later == noise()).all()


def test_area_and_line_are_drawn_with_the_way_in() -> None:
    """The arrow lies on the inner side of the line."""
    area = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    for inside in (Side.BELOW, Side.ABOVE):
        line = EntryLine((0.2, 0.5), (0.8, 0.5), inside)
        changed = (TrackAnnotator(area, line).draw(frame(), NOTHING, ()) != noise()).any(axis=2)
        below, above = changed[84:100, 60:100].any(), changed[60:76, 60:100].any()
        assert (below, above) == (inside is Side.BELOW, inside is Side.ABOVE)
        assert changed[16, 30:130].all()
