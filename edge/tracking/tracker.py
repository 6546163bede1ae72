"""One verdict per person and pass. A pure state machine: observations and times in, verdicts out.

What belongs here: who is followed, from frame to frame. Who is who between two of them is in
`edge.tracking.association`, what a pass is and when its verdict is settled in `edge.tracking.passes`, how
evidence adds up in `edge.tracking.evidence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edge.tracking.association import FrameFaces, associate
from edge.tracking.beginnings import reconsidered
from edge.tracking.passes import Pass, PassEvent, TrackerRules
from edge.tracking.visibility import LEAVING_S, has_left, hides
from edge.types import Box, EndedPass, Face, Observation, Presence, Stage, TrackedFace, Verdict

LONGEST_HIDDEN_S = 4.0
"""For how long somebody who is hidden is waited for, beside `gone_s`."""

SOME_FACES = 6
"""Faces from which the size of a picture can be guessed that nobody knows."""

TWICE = 0.6
"""A box of which so much lies within another is of the same face; one behind it would be hidden."""


class Tracker:
    """Follows people through the frames and settles one verdict for each pass."""

    def __init__(self, rules: TrackerRules) -> None:
        self._rules = rules
        self._passes: list[Pass] = []
        self._sighted = 0
        self._numbered = 0
        self._now = self._before = -math.inf
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
        earlier, before = self._before, self._now
        self._start(max(now, before))
        extent = picture or self._guess_extent(observations)
        for person in self._passes:
            person.motion.advance(self._now)
        verdicts = self._close(self._expired, wall)
        seen = sorted(observations, key=_order)
        faces = self._faces(seen, glimpses, extent)
        self._take(reconsidered(self._passes, earlier, faces, self._rules))
        self._note_covered(before)
        self._assign(seen, faces)
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
        self._before, self._now = self._now, now
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

    def _faces(
        self, seen: Sequence[Observation], glimpses: Sequence[Face], picture: tuple[float, float] | None
    ) -> FrameFaces:
        """The faces that were judged, and then those glimpses that show no face once more."""
        boxes = [each.face.box for each in seen]
        boxes += [face.box for face in glimpses if not _is_among(face.box, boxes)]
        looks = [*(each.probabilities for each in seen), *(None for _ in boxes[len(seen) :])]
        return FrameFaces(boxes, looks, self._now, self._before, picture)

    def _assign(self, seen: Sequence[Observation], faces: FrameFaces) -> None:
        """Gives each face to the person it shows; an observation that fits nobody begins a pass."""
        known = set[int]()
        # All at once: had the sure faces the first choice, one that comes out from behind somebody would
        # take the pass of the one in front, whose own face is there and only not judged.
        for p, f in associate(self._passes, faces):
            if f < len(seen):
                self._passes[p].observe(seen[f], self._now, self._rules)
                known.add(f)
            else:
                self._passes[p].glimpse(faces.boxes[f], self._now)
        self._take(
            [*self._passes, *(Pass(0, each, self._now) for f, each in enumerate(seen) if f not in known)]
        )

    def _take(self, passes: Sequence[Pass]) -> None:
        """Follows these from now on, in the order of their tracks; who has none gets the next one."""
        for person in passes:
            if not person.track:
                self._sighted += 1
                person.track = self._sighted
        self._passes = sorted(passes, key=lambda person: person.track)

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
        return tuple(person.tracked for person in self._passes if person.seen == self._now)

    @property
    def following(self) -> bool:
        """Whether anybody is followed."""
        return bool(self._passes)

    @property
    def stands_alone(self) -> bool:
        """Whether one person is followed, was seen in the last frame, and has a verdict that stands."""
        return len(self._passes) == 1 and self._passes[0].stands and self._passes[0].seen == self._now

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
        """Moves a pass on, and notes where it begins and ends."""
        outcome = person.move(signal)
        # Not at the first sight, so that faces seen for a moment leave no gaps in the numbers.
        if person.stage is Stage.OPEN and not person.number:
            self._numbered += 1
            person.number = self._numbered
            self._begun.append(person.number)
        verdicts = () if outcome is None else (person.verdict(outcome, self._now, wall),)
        if person.stage is Stage.CLOSED and person.outcome is not None:
            self._ended.append(
                EndedPass(person.number, person.outcome, person.began, person.seen, person.path)
            )
        return verdicts


def _order(observation: Observation) -> tuple[float, ...]:
    box = observation.face.box
    return -box.side, box.y, box.x, box.w, box.h, observation.sharpness, *observation.probabilities


def _is_among(box: Box, faces: Sequence[Box]) -> bool:
    """Whether a box is one of the faces once more, as a detector finds it now and then."""
    return any(box.share_within(face) > TWICE for face in faces)
