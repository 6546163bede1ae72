"""The values that travel down the pipeline.

Only immutable values stand here: nothing is filled in later, nothing knows a device, a file or a
network. Coordinates and sizes are pixels of the camera's frame; times are seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Pixels of shape (height, width, 3), BGR as OpenCV gives them, unless a docstring says RGB."""

NAME = r"[A-Za-z0-9_.-]+"
"""Regular expression of the names of sites, devices and consumers: they are levels of topics."""

SHORT_NAME = r"[A-Za-z0-9_.-]{1,64}"
"""The same for names that are chosen here; of other devices a collector takes longer ones."""

TOPIC_PREFIX = f"{SHORT_NAME}(/{SHORT_NAME})*"
"""Regular expression of what topics begin with: one level or several."""

SEQUENCE_BITS = 40
"""No sequence of an event takes more."""


class Label(StrEnum):
    """What a classifier says of one face, in the order of its outputs."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    MASK_WORN_INCORRECTLY = "mask_worn_incorrectly"


LABELS: tuple[Label, ...] = tuple(Label)

Probabilities = tuple[float, float, float]
"""One share for each of `LABELS`, in that order; a two-class model gives 0.0 for the third."""


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle: its top left corner and its size."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y) and self.w > 0 and self.h > 0):
            raise ValueError(f"a box needs a finite place and a positive size, not {self}")

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box as (x, y)."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def side(self) -> float:
        """The smaller side, which decides how much of a face can be seen."""
        return min(self.w, self.h)

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1."""
        shared = self._shared(other)
        return shared / (self.w * self.h + other.w * other.h - shared)

    def share_within(self, other: Box) -> float:
        """How much of this box lies within another, 0 to 1."""
        return self._shared(other) / (self.w * self.h)

    def _shared(self, other: Box) -> float:
        w = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        h = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return max(w, 0.0) * max(h, 0.0)


class ViewProblem(StrEnum):
    """What keeps a camera that gives pictures from seeing."""

    NONE = ""
    COVERED = "covered"
    """Nothing is in the picture: the lens is covered, or there is no light at all."""
    DARK = "dark"
    BRIGHT = "bright"
    OUT_OF_FOCUS = "out_of_focus"
    MOVED = "moved"
    """The view is another one than before."""


class Recovery(StrEnum):
    """What is being done to bring pictures back, in the order in which it is tried."""

    NONE = ""
    REOPEN = "reopen"
    """The camera is closed and opened again."""
    RECREATE = "recreate"
    """The driver hangs: it is left behind, and the camera is opened beside it."""
    RESTART = "restart"
    """The program ends, so that the service manager starts it again."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and the moment it shows.

    Attributes:
        index: Running number within its source, from 0.
        pixels: The full picture, from which faces are cropped.
        preview: A smaller rendering of the same scene made by the camera itself, for detection.
        monotonic: The time base of every decision; for a recording this is media time.
        wall: Unix time.
        age: Time between capture and hand-over; 0 for recordings.
        view: What keeps the camera from seeing; recordings are not looked at.
    """

    index: int
    pixels: Image
    monotonic: float
    wall: float
    preview: Image | None = None
    age: float = 0.0
    view: ViewProblem = ViewProblem.NONE

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the camera's frame."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, slots=True)
class Blind:
    """A cycle in which the camera gave nothing, why, and what is done about it.

    Attributes:
        reason: Why, as one sentence.
        monotonic: When it was.
        wall: The same as Unix time.
        recovery: The latest step to bring pictures back.
        attempts: How many steps there have been since the last picture.
    """

    reason: str
    monotonic: float
    wall: float
    recovery: Recovery = Recovery.NONE
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class NotDue:
    """The next frame of a recording is not due yet: nothing is decided, and its reader may look around."""


@dataclass(frozen=True, slots=True)
class Face:
    """A found face: its box, the detector's score (0 to 1) and five landmarks.

    Landmarks are right eye, left eye, nose tip, right and left corner of the mouth, as seen by the
    person, each (x, y); empty where the box did not come from a detector.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame says of one face.

    Attributes:
        face: Where it is.
        probabilities: One for each label.
        sharpness: Variance of the Laplacian of the face crop, see `edge.contract.SharpnessMeter`.
        answer: Index of the label it is called, None where there is no answer; see `edge.contract.answer`.
        trusted_px: Smaller side of a face from which such answers can be trusted, by whoever gave it.
    """

    face: Face
    probabilities: Probabilities
    sharpness: float
    answer: int | None
    trusted_px: float = 0.0

    @property
    def share(self) -> float:
        """The probability of the answer; of the likeliest label where there is none."""
        return max(self.probabilities) if self.answer is None else self.probabilities[self.answer]


@dataclass(frozen=True, slots=True)
class FaceSight:
    """The largest face of one frame, as an installer has to know it.

    Attributes:
        px: Its smaller side in pixels.
        middle: How far down its middle is, in pixels.
        light: Its mean grey level, 0 to 255.
        around: That of the rest of the picture.
        sharpness: See `edge.contract.SharpnessMeter`.
    """

    px: float
    middle: float
    light: float
    around: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What a camera has seen for a while.

    Attributes:
        size: Width and height of a frame.
        frames: How many there were.
        looked_at: In how many of them faces were looked for.
        seconds: For how long.
        view: What keeps the camera from seeing.
        faces: Of each frame with a face the largest.
    """

    size: tuple[int, int]
    frames: int
    looked_at: int
    seconds: float
    view: ViewProblem
    faces: tuple[FaceSight, ...]


class Outcome(StrEnum):
    """What MaskGate says of one person."""

    COMPLIANT = "compliant"
    NO_MASK = "no_mask"
    MASK_INCORRECT = "mask_incorrect"
    UNSURE = "unsure"


class Direction(StrEnum):
    """Which way a person crossed the entry line."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one person's pass, or a revision of it.

    Attributes:
        number: The pass, counted from 1 within one run.
        revision: 0 for the first verdict of the pass, then counting up.
        outcome: What was decided.
        probabilities: Mean probabilities over the evidence that decided.
        votes: Weighted seconds of evidence per label.
        frames: Frames in which the person was observed so far.
        face_px: Smaller side of the largest face box seen so far, rounded to whole pixels.
        monotonic: When it was decided, on the clock of the frames.
        wall: The same as Unix time.
        direction: Which way the person went by then; None where no entry line is given.
    """

    number: int
    revision: int
    outcome: Outcome
    probabilities: Probabilities
    votes: Probabilities
    frames: int
    face_px: int
    monotonic: float
    wall: float
    direction: Direction | None = None


@dataclass(frozen=True, slots=True, order=True)
class DeviceKey:
    """One device at one site."""

    site: str
    device: str

    def __str__(self) -> str:
        return f"{self.site}/{self.device}"


@dataclass(frozen=True, slots=True)
class EventId:
    """What makes an event unique for ever: device, life of the device's counter, number in it, and the site.

    Its text is the `id` of a message, whose topic has the site.
    """

    device: str
    epoch: str
    sequence: int
    site: str = ""

    def __str__(self) -> str:
        return f"{self.device}/{self.epoch}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class Event:
    """A verdict with all that a subscriber needs to count it."""

    id: EventId
    pass_id: str
    verdict: Verdict
    model_version: str
    clock_synced: bool


class Lamp(StrEnum):
    """What the lamp shows."""

    OFF = "off"
    GREEN = "green"
    AMBER = "amber"
    RED_AMBER = "red_amber"
    RED = "red"
    BLIND = "blind"
    FAULT = "fault"
    """Nobody with a verdict is there, and no disk takes what is decided, or the camera cannot see."""


@dataclass(frozen=True, slots=True)
class State:
    """What the device shows right now.

    Attributes:
        lamp: What the lamp shows.
        blind: Whether the camera gives nothing.
        reason: Why it is blind; empty otherwise.
        model_version: Version of the bundle that judges.
        since: Unix time since which lamp, blindness and model are so.
        model_problem: Why that is not the bundle that was installed; empty where it is.
        people: How many are followed now.
        still_faces: How many faces have not moved for so long that they are posters or screens.
        view: What keeps a camera that gives pictures from seeing.
        recovery: What is being done about a camera that gives none.
        quiet: Whether lamp, buzzer and relay rest.
        live_view_until: Unix time until which pictures are shown to those who aim the camera; None where
            they are not.
    """

    lamp: Lamp
    blind: bool
    reason: str
    model_version: str
    since: float
    model_problem: str = ""
    people: int = 0
    still_faces: int = 0
    view: ViewProblem = ViewProblem.NONE
    recovery: Recovery = Recovery.NONE
    quiet: bool = False
    live_view_until: float | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """A person whose verdict is settled and who was seen in the last cycle."""

    number: int
    outcome: Outcome


class Stage(Enum):
    """How far a pass has come."""

    SIGHTED = auto()
    OPEN = auto()
    SETTLED = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class PathPoint:
    """Where the middle of a face was at a moment, and the side of the face, in pixels and seconds."""

    x: float
    y: float
    side: float
    monotonic: float


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face in the present frame, and the pass that it belongs to.

    Attributes:
        box: Where the face was found in this frame.
        track: Counted from 1 within one run, from the first sight on. While a pass has no number, its second
            sight may turn out to be another's.
        number: The number of the pass; 0 until the face has been followed for `presence_s`.
        stage: How far the pass has come.
        outcome: The verdict so far; None where there is none.
        began: When the face was first seen, on the clock of the frames.
        path: The way of the face so far, oldest point first; the last one is of this frame.
    """

    box: Box
    track: int
    number: int
    stage: Stage
    outcome: Outcome | None
    began: float
    path: tuple[PathPoint, ...]


@dataclass(frozen=True, slots=True)
class EndedPass:
    """A pass that is over.

    Attributes:
        number: The number of the pass.
        outcome: The last verdict.
        began: When the person was first seen, on the clock of the frames.
        ended: When the person was last seen.
        path: The way of the face, oldest point first.
    """

    number: int
    outcome: Outcome
    began: float
    ended: float
    path: tuple[PathPoint, ...]


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in the present frame, and what is known of the person.

    Attributes:
        face: The face and its pass.
        still: Whether it has not moved for so long that it is a poster or a screen.
        direction: Which way the person went by now; None where no entry line is given.
    """

    face: TrackedFace
    still: bool
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class BegunPass:
    """A pass that is a person's: its number, and when it began, by the clock of the frames and the wall's."""

    number: int
    monotonic: float
    wall: float


@dataclass(frozen=True, slots=True)
class FinishedPass:
    """A pass that is over, and all that came of it.

    Attributes:
        number: The number of the pass.
        began: When the person was first seen, on the clock of the frames.
        monotonic: When the person was last seen.
        wall: The same as Unix time.
        verdict: The last verdict.
    """

    number: int
    began: float
    monotonic: float
    wall: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PassNotice:
    """That a pass has begun or ended, for those who act on it now; unlike an event it is not kept.

    Attributes:
        origin: Where it was.
        epoch: The epoch of the events.
        pass_id: The pass, as in its events.
        monotonic: When it began or ended, on the clock of the frames.
        wall: The same as Unix time.
        clock_synced: Whether the clock of `wall` was set from the network.
        finished: What came of it; None where it begins.
    """

    origin: DeviceKey
    epoch: str
    pass_id: str
    monotonic: float
    wall: float
    clock_synced: bool
    finished: FinishedPass | None = None


@dataclass(frozen=True, slots=True)
class FrameAnalysis:
    """What the models saw in one frame, and the seconds each of them took.

    Attributes:
        observations: The faces that count.
        detect_s: For finding faces.
        classify_s: For judging them.
        uncounted: Faces of a low score, or outside the area of the entrance; they are not judged.
        standing: Faces that were not judged because their verdict stands.
    """

    observations: tuple[Observation, ...]
    detect_s: float
    classify_s: float
    uncounted: tuple[Face, ...] = ()
    standing: tuple[Face, ...] = ()

    @property
    def counted(self) -> tuple[Face, ...]:
        """The faces that count, judged or not."""
        return *(one.face for one in self.observations), *self.standing

    @property
    def faces(self) -> tuple[Face, ...]:
        """All that were found: whoever shows the frame pixelates every one of them."""
        return *self.counted, *self.uncounted


class Reason(StrEnum):
    """Why numbers will never come."""

    SPOOL_FULL = "spool_full"
    DISK = "disk"
    REFUSED = "refused"
    DAMAGED = "damaged"
    ENCODING = "encoding"
    RESTART = "restart"
    """Kept in reserve when the program ended without notice: few of them, or none, were events."""
    EXPIRED = "expired"
    """Asked for when they were no longer kept, or purged by hand before they were sent."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that will never come.

    Attributes:
        position: Key for `mark_gaps_sent`.
        epoch: The epoch of the numbers, which may be an earlier one.
        number: Counts within the epoch, with jumps; together with the epoch it is unique for ever.
        first: The first of the numbers.
        last: The last of them; None where nobody knows.
        reason: Why.
        wall: Unix time at which it was found.
        origin: Under which name the numbers were given; None where nobody wrote it down.
    """

    position: int
    epoch: str
    number: int
    first: int
    last: int | None
    reason: Reason
    wall: float
    origin: DeviceKey | None = None
