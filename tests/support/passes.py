"""People before a camera, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from edge.types import Observation, Probabilities, Verdict
from tests.support.builders import observation

FPS = 10


def play(tracker: Tracker, frames: Iterable[Sequence[Observation]], start: float = 0.0) -> list[Verdict]:
    """Runs frames through a tracker at `FPS` and returns all verdicts, those of the end included."""
    verdicts: list[Verdict] = []
    now = start
    for number, frame in enumerate(frames):
        now = start + number / FPS
        verdicts += tracker.update(frame, now, 1000 + now)
    return verdicts + list(tracker.close(now, 1000 + now))


def person(probabilities: Probabilities, seconds: float, **where: float) -> list[list[Observation]]:
    return [[observation(probabilities, **where)] for _ in range(round(seconds * FPS))]


shares = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda t: tuple(value / sum(t) for value in t))


observations = st.builds(
    observation,
    probabilities=shares,
    x=st.floats(0, 640),
    y=st.floats(0, 480),
    px=st.floats(8, 300),
    sharpness=st.floats(0, 3000),
)
