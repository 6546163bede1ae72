"""The values of statistics: passes by verdict, minutes, and how full the spool is."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.types import Direction, Outcome

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """Passes by verdict."""

    compliant: int = 0
    no_mask: int = 0
    mask_incorrect: int = 0
    unsure: int = 0

    @classmethod
    def single(cls, outcome: Outcome, number: int = 1) -> VerdictCounts:
        """So many of one verdict."""
        return cls(**{outcome.value: number})

    @property
    def passes(self) -> int:
        """All of them."""
        return self.compliant + self.no_mask + self.mask_incorrect + self.unsure

    @property
    def compliance(self) -> float | None:
        """Share of compliant passes among those that are not unsure; None where there are none."""
        judged = self.compliant + self.no_mask + self.mask_incorrect
        return self.compliant / judged if judged else None

    def __add__(self, other: VerdictCounts) -> VerdictCounts:
        return VerdictCounts(
            self.compliant + other.compliant,
            self.no_mask + other.no_mask,
            self.mask_incorrect + other.mask_incorrect,
            self.unsure + other.unsure,
        )

    def beyond(self, other: VerdictCounts) -> VerdictCounts:
        """By how much these are more, verdict by verdict; 0 where they are less."""
        return VerdictCounts(
            max(self.compliant - other.compliant, 0),
            max(self.no_mask - other.no_mask, 0),
            max(self.mask_incorrect - other.mask_incorrect, 0),
            max(self.unsure - other.unsure, 0),
        )


@dataclass(frozen=True, slots=True)
class DirectionCounts:
    """Passes by direction; those without an entry line are in none of the numbers."""

    came_in: int = 0
    went_out: int = 0
    unknown: int = 0

    @classmethod
    def single(cls, direction: Direction | None, number: int = 1) -> DirectionCounts:
        """So many of one direction."""
        return cls(*(number * (one is direction) for one in Direction))

    @property
    def members(self) -> dict[str, int]:
        """The numbers under the names of the directions."""
        numbers = (self.came_in, self.went_out, self.unknown)
        return {one.value: number for one, number in zip(Direction, numbers, strict=True)}

    def __add__(self, other: DirectionCounts) -> DirectionCounts:
        return DirectionCounts(
            self.came_in + other.came_in, self.went_out + other.went_out, self.unknown + other.unknown
        )

    def beyond(self, other: DirectionCounts) -> DirectionCounts:
        """By how much these are more, direction by direction; 0 where they are less."""
        return DirectionCounts(
            max(self.came_in - other.came_in, 0),
            max(self.went_out - other.went_out, 0),
            max(self.unknown - other.unknown, 0),
        )


@dataclass(frozen=True, slots=True)
class Minute:
    """What is to be added to one minute, and what it sums up to.

    Attributes:
        start: Unix time of its beginning, a multiple of 60.
        verdicts: Passes that began in it, by their latest verdict. The spool counts these itself.
        frames: Frames that were looked at.
        watched_s: Seconds in which the camera gave frames.
        blind_s: Seconds in which it did not.
        directions: The same passes, by their latest direction.
    """

    start: int
    verdicts: VerdictCounts = field(default_factory=VerdictCounts)
    frames: int = 0
    watched_s: float = 0.0
    blind_s: float = 0.0
    directions: DirectionCounts = field(default_factory=DirectionCounts)

    def __post_init__(self) -> None:
        if self.start % MINUTE_S:
            raise ValueError(f"a minute begins at a multiple of 60 s, not at {self.start}")

    def __add__(self, other: Minute) -> Minute:
        return Minute(
            self.start,
            self.verdicts + other.verdicts,
            self.frames + other.frames,
            self.watched_s + other.watched_s,
            self.blind_s + other.blind_s,
            self.directions + other.directions,
        )

    def beyond(self, other: Minute) -> Minute:
        """By how much this is more; 0 where it is less."""
        return Minute(
            self.start,
            self.verdicts.beyond(other.verdicts),
            max(self.frames - other.frames, 0),
            max(self.watched_s - other.watched_s, 0.0),
            max(self.blind_s - other.blind_s, 0.0),
            self.directions.beyond(other.directions),
        )


def minute_of(wall: float) -> int:
    """The beginning of the minute in which a Unix time lies."""
    return int(wall // MINUTE_S) * MINUTE_S


@dataclass(frozen=True, slots=True)
class SenderState:
    """How the sending goes.

    Attributes:
        connected: Whether a broker has accepted the present connection.
        problem: Why events are not sent, as one sentence; empty while all is well.
        no_subscribers: Messages that a broker took while nobody was subscribed, since the program began.
        muted: Whether a command keeps the buzzer silent.
    """

    connected: bool
    problem: str
    no_subscribers: int
    muted: bool


@dataclass(frozen=True, slots=True)
class SpoolUsage:
    """How full the spool is.

    Attributes:
        unsent: Events without acknowledgement, those that wait for the disk included.
        stored: Events in the file.
        bytes: Of the database, free pages left out.
        dropped: Events that were ever dropped, for whatever reason.
    """

    unsent: int
    stored: int
    bytes: int
    dropped: int
