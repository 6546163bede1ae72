"""One verdict per person and pass. A pure state machine: observations and times in, verdicts out.

A pass begins when a face has been followed for `presence_s`; a face that is gone earlier counts for
nothing. It is settled when enough usable evidence points one way, revised when enough points another way, and
closed when the person has been gone for `gone_s`. What is too small, too blurred or too undecided
ends as `unsure`, never as a guess.

What belongs here: the stages of a pass and what leads from one to the next. Who is who between
frames is in `edge.tracking.association`, how evidence adds up in `edge.tracking.evidence`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from edge.contract import LABELS, Label
from edge.tracking.association import FrameContext, associate
from edge.tracking.evidence import Evidence, FaceQuality
from edge.tracking.motion import Motion
from edge.tracking.visibility import LEAVING_S, has_left, hides
from edge.types import (
    Box,
    EndedPass,
    Face,
    Observation,
    Outcome,
    PathPoint,
    Presence,
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

PATH_STEP_S = 0.2
"""Time between two points of a path."""

LONGEST_PATH = 256
"""Points of a path that are kept beside the first one."""

OUTCOMES = {
    Label.WITH_MASK: Outcome.COMPLIANT,
    Label.WITHOUT_MASK: Outcome.NO_MASK,
    Label.MASK_WORN_INCORRECTLY: Outcome.MASK_INCORRECT,
}


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


LONGEST_HIDDEN_S = 4.0
"""For how long somebody who is hidden is waited for, beside `gone_s`."""

SOME_FACES = 6
"""Faces from which the size of a picture can be guessed that nobody knows."""

TWICE = 0.6
"""A box of which so much lies within another is of the same face; one behind it would be hidden."""

LOOK_S = 0.5
"""Time constant of how a mask seems to be worn, for telling people apart."""


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
        self.glimpse(observation.face.box, now)

    def glimpse(self, box: Box, now: float) -> None:
        """Takes in where this person's face was found; its mask was not judged."""
        if self.seen - self._path_end >= PATH_STEP_S:
            self._way.append(_path_point(self.box, self.seen))
            self._path_end = self.seen
        self.motion.correct(box)
        self.box, self.seen, self.hidden_s = box, now, 0.0

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

    @property
    def stands(self) -> bool:
        """Whether the verdict is what the latest look and all of the evidence say."""
        return self.answer is not None and OUTCOMES[LABELS[self.answer]] is self.outcome is self.leading

    @property
    def leading(self) -> Outcome:
        """The outcome that the evidence points to."""
        return OUTCOMES[LABELS[self.evidence.leader]]


class Tracker:
    """Follows people through the frames and settles one verdict for each pass."""

    def __init__(self, rules: TrackerRules) -> None:
        self._rules = rules
        self._passes: list[Pass] = []
        self._sighted = 0
        self._numbered = 0
        self._now = -math.inf
        self._reach = 1.0, 1.0
        self._begun: list[int] = []
        self._ended: list[EndedPass] = []

    def update(
        self,
        observations: Sequence[Observation],
        now: float,
        wall: float,
        glimpses: Sequence[Face] = (),
        picture: tuple[int, int] | None = None,
    ) -> tuple[Verdict, ...]:
        """Takes one frame's observations in; none where nobody or nothing was seen.

        Args:
            observations: What the frame showed.
            now: Time of the frame in seconds, never going back.
            wall: The same as Unix time, for the verdicts.
            glimpses: Faces that were not judged; they may continue a pass and begin none.
            picture: Width and height of the frame in pixels; None where nobody knows, and it is guessed.

        Returns:
            The verdicts that this frame settled or revised, in the order of their passes.
        """
        before = self._now
        self._start(max(now, before))
        extent = picture or self._guess_extent(observations)
        for person in self._passes:
            person.motion.advance(self._now)
        verdicts = self._close(self._expired, wall)
        self._note_covered(before)
        self._assign(observations, glimpses, FrameContext(before, extent))
        self._note_hidden(self._now - before)
        verdicts += self._close(lambda person: self._lost(person, extent), wall)
        for person in self._passes:
            for signal in person.signals(now, self._rules):
                verdicts += self._move(person, signal, wall)
        return tuple(verdicts)

    def _guess_extent(self, observations: Sequence[Observation]) -> tuple[float, float] | None:
        """How far faces have reached so far, once they are some: the picture is hardly larger."""
        width, height = self._reach
        for box in (seen.face.box for seen in observations):
            width, height = max(width, box.x + box.w), max(height, box.y + box.h)
        self._reach = width, height
        return self._reach if self._sighted >= SOME_FACES else None

    def _start(self, now: float) -> None:
        self._now = now
        self._begun.clear()
        self._ended.clear()

    def _expired(self, person: Pass) -> bool:
        """Whether somebody has not been seen for so long that the next face is not theirs."""
        return self._now - person.seen - person.hidden_s >= self._rules.gone_s

    def _lost(self, person: Pass, picture: tuple[float, float] | None) -> bool:
        """Whether somebody who is not in this frame need not be waited for."""
        if person.seen == self._now:
            return False
        missed_s = self._now - person.seen
        # What was seen for a moment only is no person to wait for, or will be seen again for longer.
        brief = not person.number and missed_s >= 2 * self._rules.presence_s
        return brief or (missed_s >= LEAVING_S and has_left(person.motion, person.seen_side, picture))

    def _close(self, over: Callable[[Pass], bool], wall: float) -> list[Verdict]:
        """Closes the passes that are over."""
        verdicts: list[Verdict] = []
        closed = [person for person in self._passes if over(person)]
        for person in closed:
            verdicts += self._move(person, PassEvent.GONE, wall)
        if closed:
            self._passes = [person for person in self._passes if person.stage is not Stage.CLOSED]
        return verdicts

    def _assign(
        self, observations: Sequence[Observation], glimpses: Sequence[Face], context: FrameContext
    ) -> None:
        """Gives each face to the person it shows; an observation that fits nobody begins a pass."""
        now, passes = self._now, self._passes
        # The largest first: the order in which a detector tells its faces must not number the passes.
        observations = sorted(observations, key=_order)
        boxes = [seen.face.box for seen in observations]
        boxes += [face.box for face in glimpses if not _is_among(face.box, boxes)]
        looks = [*(seen.probabilities for seen in observations), *(None for _ in boxes[len(observations) :])]
        known = set[int]()
        # All at once: had the sure faces the first choice, one that comes out from behind somebody would
        # take the pass of the one in front, whose own face is there and only not judged.
        for p, f in associate(passes, boxes, looks, context):
            if f < len(observations):
                passes[p].observe(observations[f], now, self._rules)
                known.add(f)
            else:
                passes[p].glimpse(boxes[f], now)
        for o, seen in enumerate(observations):
            if o not in known:
                self._sighted += 1
                passes.append(Pass(self._sighted, seen, now))

    def _note_covered(self, before: float) -> None:
        """Notes who stands behind somebody who was seen in the frame before."""
        fronts = [person.motion for person in self._passes if person.seen == before]
        for person in self._passes:
            motion, seen_side = person.motion, person.seen_side
            hiding = (front for front in fronts if front is not motion and hides(front, motion, seen_side))
            person.front = next(hiding, None)

    def _note_hidden(self, elapsed: float) -> None:
        """Waits for those who are hidden by somebody in this frame, for they may come back beside them."""
        missing = [person for person in self._passes if person.seen != self._now]
        if not missing or elapsed <= 0:
            return
        seen = [person.motion for person in self._passes if person.seen == self._now]
        for person in missing:
            front = min(
                (front for front in seen if hides(front, person.motion, person.seen_side)),
                key=lambda front: abs(front.x.value - person.motion.x.value),
                default=None,
            )
            if front is not None:
                person.hidden_s = min(person.hidden_s + elapsed, LONGEST_HIDDEN_S)
                person.motion.stay_behind(front, elapsed)

    def close(self, now: float, wall: float) -> tuple[Verdict, ...]:
        """Closes every pass that is still open, at the end of a recording or of the program."""
        self._start(max(now, self._now))
        verdicts = [
            verdict for person in self._passes for verdict in self._move(person, PassEvent.GONE, wall)
        ]
        self._passes.clear()
        return tuple(verdicts)

    def tracks(self) -> tuple[TrackedFace, ...]:
        """The faces of the last frame, each with its pass, in the order in which they were first seen."""
        return tuple(
            TrackedFace(
                box=person.box,
                track=person.track,
                number=person.number,
                stage=person.stage,
                outcome=person.outcome,
                began=person.began,
                path=person.path,
            )
            for person in self._passes
            if person.seen == self._now
        )

    @property
    def following(self) -> bool:
        """Whether anybody is followed."""
        return bool(self._passes)

    @property
    def all_stand(self) -> bool:
        """Whether everybody who is followed was seen in the last frame and has a verdict that stands."""
        return all(person.stands and person.seen == self._now for person in self._passes)

    def standing(self, judged_since: float) -> tuple[Box, ...]:
        """Where the faces of the last frame were whose verdict stands, and who were judged since a time."""
        return tuple(
            person.box
            for person in self._passes
            if person.stands and person.judged >= judged_since and person.seen == self._now
        )

    def begun(self) -> tuple[int, ...]:
        """The numbers of the passes that began with the last frame."""
        return tuple(self._begun)

    def ended(self) -> tuple[EndedPass, ...]:
        """The passes that ended with the last frame, or with `close`."""
        return tuple(self._ended)

    def present(self) -> tuple[Presence, ...]:
        """Everybody who was seen in the last frame and has a verdict."""
        # Equal to the bit: both are the time of the same frame.
        return tuple(
            Presence(person.number, person.outcome)
            for person in self._passes
            if person.outcome is not None and person.seen == self._now
        )

    def open_passes(self) -> dict[int, int]:
        """The number of each pass that is still open, and the frames in which the person was seen so far."""
        return {person.number: person.frames for person in self._passes if person.number}

    def _move(self, person: Pass, signal: PassEvent, wall: float) -> tuple[Verdict, ...]:
        """Moves a pass on where the table knows the signal."""
        transition = TRANSITIONS[person.stage].get(signal)
        if transition is None:
            return ()
        person.stage, emits = transition
        # Not at the first sight, so that faces seen for a moment leave no gaps in the numbers.
        if person.stage is Stage.OPEN:
            self._numbered += 1
            person.number = self._numbered
            self._begun.append(person.number)
        verdicts = self._judge(person, emits, wall)
        if person.stage is Stage.CLOSED and person.outcome is not None:
            self._ended.append(
                EndedPass(person.number, person.outcome, person.began, person.seen, person.path)
            )
        return verdicts

    def _judge(self, person: Pass, emits: Emits, wall: float) -> tuple[Verdict, ...]:
        if emits is Emits.NOTHING:
            return ()
        person.outcome = person.leading if emits is Emits.DECISION else Outcome.UNSURE
        person.revision += 1
        return (self._verdict(person, person.outcome, wall),)

    def _verdict(self, person: Pass, outcome: Outcome, wall: float) -> Verdict:
        return Verdict(
            number=person.number,
            revision=person.revision,
            outcome=outcome,
            probabilities=person.evidence.probabilities,
            votes=person.evidence.votes,
            frames=person.frames,
            face_px=round(person.face_px),
            monotonic=self._now,
            wall=wall,
        )


def _order(observation: Observation) -> tuple[float, ...]:
    box = observation.face.box
    return -box.side, box.y, box.x, box.w, box.h, observation.sharpness, *observation.probabilities


def _is_among(box: Box, faces: Sequence[Box]) -> bool:
    """Whether a box is one of the faces once more, as a detector finds it now and then."""
    return any(box.share_within(face) > TWICE for face in faces)


def _path_point(box: Box, now: float) -> PathPoint:
    return PathPoint(*box.centre, box.side, now)
