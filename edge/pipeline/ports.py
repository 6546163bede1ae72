"""The ports through which the pipeline reaches the world, and the outbox for runs that send nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from edge.types import (
    Blind,
    Box,
    Event,
    Face,
    Frame,
    FrameAnalysis,
    Lamp,
    NotDue,
    Observation,
    PassNotice,
    State,
)


class FrameSource(Protocol):
    """Where frames come from.

    Every source yields at least once a second, so that its reader can stop, and can show that it lives.
    A live source yields a `Blind` where the camera gave nothing, and never ends. A recording yields
    every frame in order, a `NotDue` while the next one is far off, and ends.
    """

    def __iter__(self) -> Iterator[Frame | Blind | NotDue]: ...

    @property
    def busy_s(self) -> float:
        """Seconds for which a thread beside its reader's has been waiting for the camera; else 0."""

    @property
    def given_up(self) -> str:
        """Why only a new start of the program may bring pictures back; empty while there is hope."""

    def rest(self, resting: bool) -> None:
        """Says whether fewer pictures are enough for now; a recording gives all the same."""

    def close(self) -> None:
        """Gives the camera or file back; may be called more than once."""


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """The faces of a frame, boxes and landmarks in pixels of the camera's frame."""


class MaskClassifier(Protocol):
    """Says of each face how its mask is worn."""

    model_version: str

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]:
        """One observation for each face, in their order."""


class Indicator(Protocol):
    """Shows the lamp's state to the people in front of it."""

    def show(self, lamp: Lamp) -> None:
        """Switches to another state; called on changes only."""

    def close(self) -> None:
        """All lamps off."""


class Relay(Protocol):
    """A turnstile or a door. It lets go by itself where it hears nothing for a moment; no call waits."""

    @property
    def alive(self) -> bool:
        """Whether it can still be moved."""

    def begin(self) -> None:
        """Energises it, or prolongs its pulse."""

    def renew(self) -> None:
        """Keeps a pulse going that has begun; begins none."""

    def release(self) -> None:
        """Lets it go."""

    def close(self) -> None:
        """Lets it go for good; may be called more than once."""


class Outbox(Protocol):
    """The spool as the vision side sees it: nothing here waits for a disk or a network."""

    @property
    def failing(self) -> bool:
        """Whether no disk takes what is decided now."""

    def append(self, event: Event) -> None:
        """Accepts an event for sending."""

    def set_state(self, state: State) -> None:
        """Replaces the state that subscribers see."""


class PassOutbox(Protocol):
    """Where begins and ends of passes go; the call waits for nothing."""

    def note_pass(self, notice: PassNotice) -> None:
        """Tells that a pass has begun or ended, to those who listen now."""


class NoOutbox:
    """Drops what would be sent."""

    failing = False

    def append(self, event: Event) -> None:
        """Drops an event."""

    def set_state(self, state: State) -> None:
        """Drops a state."""

    def note_pass(self, notice: PassNotice) -> None:
        """Drops the begin or the end of a pass."""


MonotonicClock = Callable[[], float]
"""Seconds from an arbitrary zero, never going back."""


class Analyzer(Protocol):
    """Analyzes frames: a `Vision`, or a wrapper of one."""

    def analyze(self, frame: Frame, standing: tuple[Box, ...] = ()) -> FrameAnalysis:
        """Finds the faces of a frame, and judges all but those that are alone at one of the boxes."""
