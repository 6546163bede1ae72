"""The straight line from frame to lamp and outbox, and the ports through which the world is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from edge.events import EventFactory
from edge.lamp import LampPolicy
from edge.track import Tracker
from edge.types import Blind, Event, Face, Frame, Lamp, Observation, Sight, State, Verdict


class FrameSource(Protocol):
    """Where frames come from.

    A live source yields at least once a second, a `Blind` where the camera gave nothing, and never
    ends; a recording yields every frame in order and ends.
    """

    def __iter__(self) -> Iterator[Frame | Blind]: ...

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


class Outbox(Protocol):
    """The spool as the vision side sees it: neither call waits for a disk or a network."""

    def append(self, event: Event) -> None:
        """Accepts an event for sending."""

    def set_state(self, state: State) -> None:
        """Replaces the state that subscribers see."""


Clock = Callable[[], float]
"""Seconds from an arbitrary zero, never going back."""


class Vision:
    """The two models in a row."""

    def __init__(self, detector: FaceDetector, classifier: MaskClassifier, clock: Clock) -> None:
        self._detector = detector
        self._classifier = classifier
        self._clock = clock

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._classifier.model_version

    def see(self, frame: Frame) -> Sight:
        """Finds and judges the faces of a frame."""
        started = self._clock()
        faces = self._detector.detect(frame)
        found = self._clock()
        observations = self._classifier.classify(frame, faces)
        return Sight(observations, found - started, self._clock() - found)


@dataclass(frozen=True, slots=True)
class Turn:
    """All that came of one turn of the loop; `sight` is None where the camera gave nothing."""

    moment: Frame | Blind
    sight: Sight | None
    verdicts: tuple[Verdict, ...]
    total_s: float


class Eyes(Protocol):
    """Sees what is in a frame: a `Vision`, or whatever takes care of one."""

    def see(self, frame: Frame) -> Sight:
        """Finds and judges the faces of a frame."""


class Line:
    """Frames in, verdicts out; one turn at a time, so that whoever drives it can stop between two."""

    def __init__(self, source: FrameSource, vision: Eyes, tracker: Tracker, clock: Clock) -> None:
        self._source = source
        self._vision = vision
        self._tracker = tracker
        self._clock = clock

    def turns(self, stopped: Callable[[], bool]) -> Iterator[Turn]:
        """Runs until the source ends or somebody stops it.

        The passes that are still open then are closed in a last turn.
        """
        moment: Frame | Blind | None = None
        for moment in self._source:
            yield self._turn(moment)
            if stopped():
                break
        if moment is not None:
            yield Turn(moment, None, self._tracker.close(moment.monotonic, moment.wall), 0.0)

    def _turn(self, moment: Frame | Blind) -> Turn:
        started = self._clock()
        sight = self._vision.see(moment) if isinstance(moment, Frame) else None
        observations = sight.observations if sight else ()
        verdicts = self._tracker.update(observations, moment.monotonic, moment.wall)
        return Turn(moment, sight, verdicts, self._clock() - started)


class Reporter:
    """Hands each turn on: events and the device's state to the outbox, the lamp to the indicator."""

    def __init__(self, events: EventFactory, outbox: Outbox, indicator: Indicator, lamp: LampPolicy) -> None:
        self._events = events
        self._outbox = outbox
        self._indicator = indicator
        self._lamp = lamp
        self._problem = ""
        self._shown: State | None = None

    def change_model(self, version: str, problem: str, passes: Mapping[int, int]) -> None:
        """Tells from now on that another bundle judges, or why it is none that was wanted.

        Args:
            version: The version of that bundle.
            problem: A sentence; empty where all is well.
            passes: For each open pass the frames that were judged so far.
        """
        self._events.change_model(version, passes)
        self._problem = problem

    def report(self, turn: Turn, tracker: Tracker) -> tuple[Event, ...]:
        """Reports a turn; events are in the outbox before the lamp changes."""
        events = tuple(self._events.make(verdict) for verdict in turn.verdicts)
        for event in events:
            self._outbox.append(event)
        self._show(turn.moment, tracker)
        return events

    def finish(self, moment: Frame | Blind) -> None:
        """Leaves the lamp dark and says so."""
        self._switch(Lamp.OFF, "", moment.wall)

    def _show(self, moment: Frame | Blind, tracker: Tracker) -> None:
        reason = moment.reason if isinstance(moment, Blind) else ""
        lamp = self._lamp.update(tracker.present(), bool(reason), moment.monotonic)
        self._switch(lamp, reason, moment.wall)

    def _switch(self, lamp: Lamp, reason: str, wall: float) -> None:
        """Shows and tells a state that differs from the one before."""
        state = State(lamp, bool(reason), reason, self._events.model_version, wall, self._problem)
        shown = self._shown
        if shown is not None and state == replace(shown, since=wall):
            return
        if shown is None or shown.lamp is not lamp:
            self._indicator.show(lamp)
        self._shown = state
        self._outbox.set_state(state)
