"""What is told of the passes: their verdicts with directions, their begins and ends, who is there now. Pure.

The tracker says who is who and settles verdicts. The register keeps of each pass what that leaves out: which
way the person went, whether the face has ever moved, and what was told so far. A pass whose face has not
moved is told nothing of until it does, so that a poster makes no event; see `edge.tracking.stillness`. A
person who crosses the entry line after the verdict gets a revision of it, which differs in the direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from edge.tracking.entrance import Crossing, EntryLine
from edge.tracking.stillness import FaceKind, StillFaces
from edge.tracking.tracker import Tracker
from edge.types import (
    BegunPass,
    Direction,
    EndedPass,
    FinishedPass,
    Presence,
    SeenFace,
    TrackedFace,
    Verdict,
)

KEPT_S = 10.0
"""How long a face is remembered that was seen and did not become a pass."""


@dataclass(frozen=True, slots=True)
class EntranceRules:
    """What the register is told of the entrance.

    Attributes:
        line: The entry line in shares of the picture; None where no directions are told.
        still_s: Seconds without motion after which a face is a poster; 0 for never.
    """

    line: EntryLine | None = None
    still_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """When a frame was taken, on the clock of the frames and as Unix time, and its width and height."""

    monotonic: float
    wall: float
    picture: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class PassUpdate:
    """What a frame changed, and who is there.

    Attributes:
        verdicts: Verdicts and revisions to be told, each pass in the order of its revisions.
        begun: Passes that are told to have begun.
        finished: Passes that are told to have ended.
        present: Everybody who was seen in this frame and has a verdict, posters left out.
        faces: The faces of this frame, each with its pass.
        people: Passes that are open, posters left out.
        still_faces: Posters and screens.
    """

    verdicts: tuple[Verdict, ...] = ()
    begun: tuple[BegunPass, ...] = ()
    finished: tuple[FinishedPass, ...] = ()
    present: tuple[Presence, ...] = ()
    faces: tuple[SeenFace, ...] = ()
    people: int = 0
    still_faces: int = 0


@dataclass(slots=True)
class _Record:
    """A face that is followed, from its first sight on."""

    began: float
    seen: float
    number: int = 0
    crossing: Crossing = field(default_factory=Crossing)
    untold: list[Verdict] = field(default_factory=list)
    told: Verdict | None = None
    turns: int = 0
    told_begun: bool = False
    ended: EndedPass | None = None


class PassRegister:
    """Keeps the passes of one run."""

    def __init__(self, rules: EntranceRules = EntranceRules()) -> None:
        self._rules = rules
        self._still = StillFaces(rules.still_s)
        self._records: dict[int, _Record] = {}
        self._line: EntryLine | None = None
        self._picture: tuple[int, int] | None = None

    def update(self, tracker: Tracker, verdicts: tuple[Verdict, ...], moment: Moment) -> PassUpdate:
        """Takes in what the tracker made of one frame.

        Args:
            tracker: After its `update`.
            verdicts: What that gave.
            moment: When it was.
        """
        faces = tracker.tracks()
        self._scale(moment.picture)
        self._still.update(faces, moment.monotonic)
        for face in faces:
            self._follow(face, moment.monotonic)
        self._note(verdicts, tracker.ended())
        return self._told(tracker, faces, moment)

    def close(self, tracker: Tracker, verdicts: tuple[Verdict, ...], moment: Moment) -> PassUpdate:
        """The same after the tracker's `close`: nothing stays untold but posters."""
        self._note(verdicts, tracker.ended())
        self._still.close()
        return self._told(tracker, (), moment)

    def _scale(self, picture: tuple[int, int] | None) -> None:
        """Brings the line to the size of the frames."""
        if self._rules.line is not None and picture is not None and picture != self._picture:
            self._picture = picture
            self._line = self._rules.line.scaled(*picture)

    def _follow(self, face: TrackedFace, now: float) -> None:
        record = self._records.setdefault(face.track, _Record(face.began, now))
        record.seen, record.number = now, face.number
        if self._line is not None:
            record.crossing = record.crossing.advance(self._line, face.box.centre, face.box.side)

    def _note(self, verdicts: tuple[Verdict, ...], ended: tuple[EndedPass, ...]) -> None:
        if not (verdicts or ended):
            return
        numbers = {record.number: (track, record) for track, record in self._records.items()}
        for verdict in verdicts:
            numbers[verdict.number][1].untold.append(verdict)
        for end in ended:
            track, record = numbers[end.number]
            record.ended = end
            self._still.leave(track)

    def _told(self, tracker: Tracker, faces: tuple[TrackedFace, ...], moment: Moment) -> PassUpdate:
        """What is to be told now, and who is there."""
        verdicts: list[Verdict] = []
        begun: list[BegunPass] = []
        finished: list[FinishedPass] = []
        kinds = {track: self._still.judge(track) for track in self._records}
        for track, record in self._records.items():
            if record.number and kinds[track] is FaceKind.PERSON:
                begun += self._begin(record, moment)
                verdicts += self._publish(record, moment)
                finished += _finish(record, moment)
        self._forget(kinds, moment.monotonic)
        still = {track for track, kind in kinds.items() if kind is FaceKind.STILL}
        seen = tuple(SeenFace(f, f.track in still, self._direction(self._records[f.track])) for f in faces)
        posters = {found.face.number for found in seen if found.still}
        present = tuple(person for person in tracker.present() if person.number not in posters)
        people = sum(
            bool(record.number) and record.ended is None and track not in still
            for track, record in self._records.items()
        )
        changes = tuple(verdicts), tuple(begun), tuple(finished)
        return PassUpdate(*changes, present, seen, people, self._still.count)

    def _begin(self, record: _Record, moment: Moment) -> Iterator[BegunPass]:
        if not record.told_begun:
            record.told_begun = True
            yield BegunPass(record.number, record.began, moment.wall - (moment.monotonic - record.began))

    def _publish(self, record: _Record, moment: Moment) -> Iterator[Verdict]:
        direction = self._direction(record)
        for verdict in record.untold:
            record.told = replace(verdict, revision=verdict.revision + record.turns, direction=direction)
            yield record.told
        record.untold.clear()
        # The person has crossed the line since: the latest revision is to say so.
        if record.told is not None and record.told.direction is not direction:
            record.turns += 1
            record.told = replace(
                record.told,
                revision=record.told.revision + 1,
                direction=direction,
                monotonic=moment.monotonic,
                wall=moment.wall,
            )
            yield record.told

    def _direction(self, record: _Record) -> Direction | None:
        return None if self._rules.line is None else record.crossing.direction

    def _forget(self, kinds: dict[int, FaceKind], now: float) -> None:
        """Drops what is told, what a poster left, and what was no pass."""
        self._records = {
            track: record
            for track, record in self._records.items()
            if (record.ended is None or kinds[track] is FaceKind.UNDECIDED)
            and (record.number or now - record.seen < KEPT_S)
        }


def _finish(record: _Record, moment: Moment) -> Iterator[FinishedPass]:
    if record.ended is not None and record.told is not None:
        ended = record.ended
        wall = moment.wall - (moment.monotonic - ended.ended)
        yield FinishedPass(ended.number, ended.began, ended.ended, wall, record.told)
