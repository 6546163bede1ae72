"""How much is looked at in each frame: little while nothing happens, less where a verdict stands. Pure.

While nobody is followed and nothing moves, faces are looked for once in `REST_EVERY_S`. Where somebody alone
has a verdict that stands, faces are looked for ten times a second; in company, who is who hangs on every
frame. A face whose verdict stands and that is near no other is judged once in `JUDGE_EVERY_S`. In between
people are taken to be where they were. A device that is hot or short of power looks less often, see
`edge.system.governor`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from edge.scene.change import ChangeDetector
from edge.tracking.register import PassUpdate
from edge.tracking.tracker import Tracker
from edge.types import Box, Frame

REST_EVERY_S = 1.0
"""Shorter than `verdict.gone_s`, so that a poster is no new face each time."""

AWAKE_S = 1.0
"""After the last movement, or the last person, every frame is looked at for so long."""

STANDING_EVERY_S = 0.09
JUDGE_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """What to do with a frame.

    Attributes:
        detects: Whether faces are looked for.
        standing: Where faces are expected that need not be judged.
    """

    detects: bool
    standing: tuple[Box, ...] = ()


NOTHING = Look(detects=False)
EVERYTHING = Look(detects=True)


def _no_pace(_now: float) -> float:
    return 0.0


def _nothing(_resting: bool) -> None:
    """Tells nobody."""


class Attention:
    """Decides for each frame, from what the frames before it showed."""

    def __init__(
        self,
        interval_s: Callable[[float], float] = _no_pace,
        on_rest: Callable[[bool], None] = _nothing,
    ) -> None:
        """Begins awake.

        Args:
            interval_s: The least seconds between two frames that are looked at, at a time.
            on_rest: Is told whether the entrance rests, so that the camera can give fewer pictures.
        """
        self._interval_s = interval_s
        self._on_rest = on_rest
        self._change = ChangeDetector()
        self._looked_at = self._awake_at = -math.inf

    def look(self, frame: Frame, tracker: Tracker, passes: PassUpdate) -> Look:
        """What to do with a frame.

        Args:
            frame: The frame.
            tracker: After the frame before.
            passes: What the register said after that.
        """
        now = frame.monotonic
        since = now - self._looked_at
        if since < self._interval_s(now):
            return NOTHING
        picture = frame.pixels if frame.preview is None else frame.preview
        nobody = _nobody(tracker, passes)
        if not nobody or self._change.changed(picture):
            self._awake_at = now
        resting = now - self._awake_at > AWAKE_S
        self._on_rest(resting)
        if resting and since < REST_EVERY_S:
            return NOTHING
        if not nobody and since < STANDING_EVERY_S and tracker.stands_alone:
            return NOTHING
        self._looked_at = now
        if nobody:
            self._change.remember()
        return Look(detects=True, standing=tracker.standing(now - JUDGE_EVERY_S))


def _nobody(tracker: Tracker, passes: PassUpdate) -> bool:
    """Whether nobody is followed but posters."""
    return not tracker.following or (
        passes.people == 0 and bool(passes.faces) and all(seen.still for seen in passes.faces)
    )
