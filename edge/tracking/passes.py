"""One person from the first sight to the last: what was seen of them, and what follows from it. Pure.

A pass begins when a face has been followed for `presence_s`; a face that is gone earlier counts for
nothing. It is settled when enough usable evidence points one way, revised when enough points another way, and
closed when the person has been gone for `gone_s`. What is too small, too blurred or too undecided
ends as `unsure`, never as a guess.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from edge.contract import LABELS, Label
from edge.tracking.evidence import Evidence, FaceQuality
from edge.tracking.motion import Motion
from edge.types import (
    Box,
    Observation,
    Outcome,
    PathPoint,
    Stage,
    TrackedFace,
    Verdict,
)


class PassEvent(Enum):
    """What moves a pass on."""

    CONFIRMED = auto()  # followed for long enough to be a person
    DECIDED = auto()  # the evidence points one way, and not to the verdict there is
    OVERDUE = auto()  # here for long, and still undecided
    GONE = auto()  # not seen for a while, or the recording ended


class Emits(Enum):
    """What a transition publishes."""

    NOTHING = auto()
    DECISION = auto()
    UNSURE = auto()


TRANSITIONS: dict[Stage, dict[PassEvent, tuple[Stage, Emits]]] = {
    Stage.SIGHTED: {
        PassEvent.CONFIRMED: (Stage.OPEN, Emits.NOTHING),
        PassEvent.GONE: (Stage.CLOSED, Emits.NOTHING),
    },
    Stage.OPEN: {
        PassEvent.DECIDED: (Stage.SETTLED, Emits.DECISION),
        PassEvent.OVERDUE: (Stage.SETTLED, Emits.UNSURE),
        PassEvent.GONE: (Stage.CLOSED, Emits.UNSURE),
    },
    Stage.SETTLED: {
        PassEvent.DECIDED: (Stage.SETTLED, Emits.DECISION),
        PassEvent.GONE: (Stage.CLOSED, Emits.NOTHING),
    },
    Stage.CLOSED: {},
}

OUTCOMES = {
    Label.WITH_MASK: Outcome.COMPLIANT,
    Label.WITHOUT_MASK: Outcome.NO_MASK,
    Label.MASK_WORN_INCORRECTLY: Outcome.MASK_INCORRECT,
}

PATH_STEP_S = 0.2
"""Time between two points of a path."""

LONGEST_PATH = 256
"""Points of a path that are kept beside the first one."""

LOOK_S = 0.5
"""Time constant of how a mask seems to be worn, for telling people apart."""


@dataclass(frozen=True, slots=True)
class TrackerRules:
    """When something is enough. Times are seconds, sizes pixels of the camera's frame.

    Attributes:
        quality: Which faces are good enough to be judged.
        presence_s: How long a face is followed before it counts as a person.
        dwell_s: Usable evidence in favour of one label that settles a verdict.
        revise_s: Usable evidence in favour of another label that revises it.
        margin: By how much of the usable seconds that label must be ahead, 0 to 1.
        undecided_s: After what time a person without a verdict is called unsure.
        memory_s: Half-life of a vote.
        gone_s: How long a person may be unseen before the pass is closed.
    """

    quality: FaceQuality
    presence_s: float
    dwell_s: float
    revise_s: float
    margin: float
    undecided_s: float
    memory_s: float
    gone_s: float


class Sighting(NamedTuple):
    """An observation of somebody, and its time."""

    observation: Observation
    now: float


class Pass:
    """One person from the first sight to the last."""

    def __init__(self, track: int, observation: Observation, now: float) -> None:
        self.track = track
        self.motion = Motion(observation.face.box, now)
        self.look = observation.probabilities
        self.box = observation.face.box
        self.seen = self.judged = now
        self.hidden_s = 0.0
        self.front: Motion | None = None
        self.stage = Stage.SIGHTED
        self.number = 0
        self.revision = -1
        self.outcome: Outcome | None = None
        self.answer = observation.answer
        self.evidence = Evidence()
        self.frames = 1
        self.face_px = observation.face.box.side
        self.began = now
        self._beginning: tuple[Sighting, ...] = (Sighting(observation, now),)
        self._first = _path_point(observation.face.box, now)
        self._path_end = now
        self._way = deque[PathPoint](maxlen=LONGEST_PATH)

    def observe(self, observation: Observation, now: float, rules: TrackerRules) -> None:
        """Takes another observation of this person in."""
        elapsed = max(now - self.judged, 0.0)
        quality = rules.quality.of(observation)
        self.evidence = self.evidence.add(observation, quality, elapsed, rules.memory_s)
        self.judged, self.answer = now, observation.answer
        self.frames += 1
        self.face_px = max(self.face_px, observation.face.box.side)
        share = 1 - math.exp(-elapsed / LOOK_S)
        old, new = self.look, observation.probabilities
        self.look = (
            old[0] + share * (new[0] - old[0]),
            old[1] + share * (new[1] - old[1]),
            old[2] + share * (new[2] - old[2]),
        )
        self._beginning = (*self._beginning, Sighting(observation, now)) if len(self._beginning) == 1 else ()
        self._find(observation.face.box, now)

    def glimpse(self, box: Box, now: float) -> None:
        """Takes in where this person's face was found; its mask was not judged."""
        self._beginning = ()
        self._find(box, now)

    def _find(self, box: Box, now: float) -> None:
        if self.seen - self._path_end >= PATH_STEP_S:
            self._way.append(_path_point(self.box, self.seen))
            self._path_end = self.seen
        self.motion.correct(box)
        self.box, self.seen, self.hidden_s = box, now, 0.0

    @property
    def beginning(self) -> tuple[Sighting, ...]:
        """The first sight, or the first two; none once there were more, or the pass has a number."""
        return () if self.number else self._beginning

    @property
    def seen_side(self) -> float:
        """The size of the face when it was last seen: the square root of its area in pixels."""
        return math.sqrt(self.box.w * self.box.h)

    @property
    def path(self) -> tuple[PathPoint, ...]:
        """The way of the face, oldest point first."""
        points = (self._first, *self._way)
        return points if self.seen == self.began else (*points, _path_point(self.box, self.seen))

    def signals(self, now: float, rules: TrackerRules) -> Iterator[PassEvent]:
        """What is true of a person who is not gone, in the order in which it counts.

        Whoever iterates moves the pass in between: a person may be confirmed and decided in one frame.
        """
        # Up to the last observation and not up to now: a face that was seen once and missed is no person.
        if self.judged - self.began >= rules.presence_s:
            yield PassEvent.CONFIRMED
        if self._decides(rules):
            yield PassEvent.DECIDED
        if now - self.began >= rules.undecided_s:
            yield PassEvent.OVERDUE

    def _decides(self, rules: TrackerRules) -> bool:
        # Unsure is no decision that another one would have to outweigh.
        undecided = self.outcome in (None, Outcome.UNSURE)
        needed = rules.dwell_s if undecided else rules.revise_s
        evidence = self.evidence
        return (
            evidence.lead_s >= needed and self.leading is not self.outcome and evidence.margin >= rules.margin
        )

    def move(self, signal: PassEvent) -> Outcome | None:
        """Moves on to the next stage, where the table knows the signal.

        Returns:
            The verdict that this settles, revises or ends the pass with; None where there is none to tell.
        """
        self.stage, emits = TRANSITIONS[self.stage].get(signal, (self.stage, Emits.NOTHING))
        if emits is Emits.NOTHING:
            return None
        self.outcome = self.leading if emits is Emits.DECISION else Outcome.UNSURE
        self.revision += 1
        return self.outcome

    def verdict(self, outcome: Outcome, now: float, wall: float) -> Verdict:
        """What is told of this person at a time, on the clock of the frames and as Unix time."""
        return Verdict(
            number=self.number,
            revision=self.revision,
            outcome=outcome,
            probabilities=self.evidence.probabilities,
            votes=self.evidence.votes,
            frames=self.frames,
            face_px=round(self.face_px),
            monotonic=now,
            wall=wall,
        )

    @property
    def stands(self) -> bool:
        """Whether the verdict is what the latest look and all of the evidence say."""
        return self.answer is not None and OUTCOMES[LABELS[self.answer]] is self.outcome is self.leading

    @property
    def leading(self) -> Outcome:
        """The outcome that the evidence points to."""
        return OUTCOMES[LABELS[self.evidence.leader]]

    @property
    def tracked(self) -> TrackedFace:
        """Where the face was found last, and how far the pass has come."""
        return TrackedFace(
            box=self.box,
            track=self.track,
            number=self.number,
            stage=self.stage,
            outcome=self.outcome,
            began=self.began,
            path=self.path,
        )


def _path_point(box: Box, now: float) -> PathPoint:
    return PathPoint(*box.centre, box.side, now)
