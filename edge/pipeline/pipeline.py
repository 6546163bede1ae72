"""Frames in, verdicts out: one cycle of the pipeline, and where its results go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from edge.pipeline.events import EventFactory
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.ports import (
    Analyzer,
    FaceDetector,
    FrameSource,
    Indicator,
    MaskClassifier,
    MonotonicClock,
    Outbox,
)
from edge.tracking.tracker import Tracker
from edge.types import Blind, Event, Frame, FrameAnalysis, Lamp, NotDue, Presence, State, Verdict


class Vision:
    """The two models in a row: faces, then their labels."""

    def __init__(self, detector: FaceDetector, classifier: MaskClassifier, clock: MonotonicClock) -> None:
        self._detector = detector
        self._classifier = classifier
        self._clock = clock

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._classifier.model_version

    def analyze(self, frame: Frame) -> FrameAnalysis:
        """Finds and judges the faces of a frame."""
        started = self._clock()
        faces = self._detector.detect(frame)
        found = self._clock()
        observations = self._classifier.classify(frame, faces)
        return FrameAnalysis(observations, found - started, self._clock() - found)


@dataclass(frozen=True, slots=True)
class Cycle:
    """All that came of one frame, or of a time without one.

    Attributes:
        moment: The frame, or why the camera gave none.
        analysis: What the models found; None where there was no frame, and in the last cycle.
        verdicts: What was decided or revised.
        present: Everybody who is seen now and has a verdict.
        total_s: Seconds that it took.
    """

    moment: Frame | Blind
    analysis: FrameAnalysis | None
    verdicts: tuple[Verdict, ...]
    present: tuple[Presence, ...]
    total_s: float


class Pipeline:
    """Frames in, verdicts out; one cycle at a time, so that its driver can act between two."""

    def __init__(
        self, source: FrameSource, vision: Analyzer, tracker: Tracker, clock: MonotonicClock
    ) -> None:
        self._source = source
        self._vision = vision
        self._tracker = tracker
        self._clock = clock

    def cycles(self, stopped: Callable[[], bool]) -> Iterator[Cycle | NotDue]:
        """Runs until the source ends or somebody stops it; yields at least once a second.

        The passes that are still open then are closed in a last cycle.
        """
        last: Frame | Blind | None = None
        for moment in self._source:
            if isinstance(moment, NotDue):
                yield moment
            else:
                last = moment
                yield self._cycle(moment)
            if stopped():
                break
        # A source that ended at once has no time at which passes could be closed.
        if last is not None:
            verdicts = self._tracker.close(last.monotonic, last.wall)
            yield Cycle(last, None, verdicts, (), 0.0)

    def _cycle(self, moment: Frame | Blind) -> Cycle:
        started = self._clock()
        analysis = self._vision.analyze(moment) if isinstance(moment, Frame) else None
        observations = analysis.observations if analysis else ()
        # While blind as well: a pass is closed by time alone.
        picture = moment.size if isinstance(moment, Frame) else None
        verdicts = self._tracker.update(observations, moment.monotonic, moment.wall, (), picture)
        present = self._tracker.present()
        return Cycle(moment, analysis, verdicts, present, self._clock() - started)


class Reporter:
    """Hands each cycle on: events and the device's state to the outbox, the lamp to the indicator."""

    def __init__(self, events: EventFactory, outbox: Outbox, indicator: Indicator, lamp: LampPolicy) -> None:
        self._events = events
        self._outbox = outbox
        self._indicator = indicator
        self._lamp = lamp
        self._problem = ""
        self._shown: State | None = None

    def change_model(self, version: str, problem: str, passes: Mapping[int, int]) -> None:
        """Publishes from now on that another bundle judges, or why it is not the one that was wanted.

        Args:
            version: The version of that bundle.
            problem: A sentence; empty where all is well.
            passes: For each open pass the frames that were judged so far.
        """
        self._events.change_model(version, passes)
        self._problem = problem

    def report(self, cycle: Cycle) -> tuple[Event, ...]:
        """Reports a cycle; its events are in the outbox before the lamp changes."""
        events = tuple(self._events.make(verdict) for verdict in cycle.verdicts)
        for event in events:
            self._outbox.append(event)
        # What the lamp shows has been accepted for sending, even if the program dies at this point.
        self._show(cycle)
        return events

    def finish(self, moment: Frame | Blind) -> None:
        """Leaves the lamp dark and says so."""
        self._switch(Lamp.OFF, "", moment.wall)

    def _show(self, cycle: Cycle) -> None:
        moment = cycle.moment
        reason = moment.reason if isinstance(moment, Blind) else ""
        lamp = self._lamp.update(cycle.present, bool(reason), moment.monotonic)
        self._switch(lamp, reason, moment.wall)

    def _switch(self, lamp: Lamp, reason: str, wall: float) -> None:
        """Shows and publishes a state that differs from the one before."""
        state = State(lamp, bool(reason), reason, self._events.model_version, wall, self._problem)
        shown = self._shown
        # The time alone is no change.
        if shown is not None and state == replace(shown, since=wall):
            return
        # Only for another lamp: one that blinks would begin anew.
        if shown is None or shown.lamp is not lamp:
            self._indicator.show(lamp)
        self._shown = state
        self._outbox.set_state(state)


class CycleObserver(Protocol):
    """Looks at the cycles of a pipeline: the log, statistics, what a command prints."""

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Takes note of a cycle and of the events that came of it; waits for nothing."""


def reported(
    cycles: Iterable[Cycle | NotDue], reporter: Reporter, observers: Iterable[CycleObserver]
) -> Iterator[Cycle | NotDue]:
    """Reports each cycle, then shows it to the observers in their order, then yields it.

    A `NotDue` is only passed on. When the cycles have ended, the lamp is left dark.
    """
    last = None
    for cycle in cycles:
        if isinstance(cycle, Cycle):
            last = cycle
            events = reporter.report(cycle)
            for observer in observers:
                observer.observe(cycle, events)
        yield cycle
    if last is not None:
        reporter.finish(last.moment)
