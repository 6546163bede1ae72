"""Frames in, verdicts out: one cycle of the pipeline, and where its results go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from edge.geometry import Polygon, contains
from edge.pipeline.attention import EVERYTHING, Attention, Look
from edge.pipeline.events import EventFactory
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.ports import (
    Analyzer,
    FaceDetector,
    FrameSource,
    Indicator,
    MaskClassifier,
    MonotonicClock,
    NoOutbox,
    Outbox,
    PassOutbox,
)
from edge.tracking.register import Moment, PassRegister, PassUpdate
from edge.tracking.tracker import Tracker
from edge.types import (
    Blind,
    Box,
    Event,
    Face,
    Frame,
    FrameAnalysis,
    Lamp,
    NotDue,
    Presence,
    Recovery,
    State,
    Verdict,
    ViewProblem,
)


@dataclass(frozen=True, slots=True)
class FaceRules:
    """Which of the faces that a detector finds count.

    Attributes:
        score: The least score of a detector, 0 to 1.
        area: Where the middle of a face must be, in shares of the picture; empty: anywhere.
    """

    score: float = 0.0
    area: Polygon = ()

    def count(self, face: Face, width: int, height: int) -> bool:
        """Whether a face counts, in a picture of a width and height."""
        x, y = face.box.centre
        return face.score >= self.score and (not self.area or contains(self.area, (x / width, y / height)))


class Vision:
    """The two models in a row: faces, then the labels of those that count."""

    def __init__(
        self,
        detector: FaceDetector,
        classifier: MaskClassifier,
        clock: MonotonicClock,
        rules: FaceRules = FaceRules(),
    ) -> None:
        self._rules = rules
        self._detector = detector
        self._classifier = classifier
        self._clock = clock

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._classifier.model_version

    def analyze(self, frame: Frame, standing: tuple[Box, ...] = ()) -> FrameAnalysis:
        """Finds the faces of a frame, and judges those that count.

        Args:
            frame: The frame.
            standing: Where faces are expected that need not be judged; one that is alone there is not.
        """
        started = self._clock()
        faces = self._detector.detect(frame)
        found = self._clock()
        inside, uncounted = list[Face](), list[Face]()
        for face in faces:
            (inside if self._rules.count(face, *frame.size) else uncounted).append(face)
        known = tuple(face for face in inside if _is_alone_at(face, inside, standing)) if standing else ()
        judged = tuple(face for face in inside if face not in known)
        observations = self._classifier.classify(frame, judged)
        return FrameAnalysis(observations, found - started, self._clock() - found, tuple(uncounted), known)


MATCH, APART = 0.4, 2.5
"""Intersection over union of a face with where it is expected; how far from it others are, in face sizes."""


def _is_alone_at(face: Face, faces: Iterable[Face], standing: Iterable[Box]) -> bool:
    """Whether a face is where one is expected, and no other face is near that could be meant."""
    if sum(face.box.iou(box) > MATCH for box in standing) != 1:
        return False
    x, y = face.box.centre
    return not any(
        math.dist((x, y), other.box.centre) < APART * max(face.box.side, other.box.side)
        for other in faces
        if other is not face
    )


@dataclass(frozen=True, slots=True)
class Cycle:
    """All that came of one frame, or of a time without one.

    Attributes:
        moment: The frame, or why the camera gave none.
        analysis: What the models found; None where there was no frame, where the frame was not looked at,
            and in the last cycle.
        passes: What that changed, and who is there.
        total_s: Seconds that it took.
        carried: Whether the frame was not looked at: who was there is taken to be there still.
    """

    moment: Frame | Blind
    analysis: FrameAnalysis | None
    passes: PassUpdate
    total_s: float
    carried: bool = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What was decided or revised."""
        return self.passes.verdicts

    @property
    def present(self) -> tuple[Presence, ...]:
        """Everybody who is seen now and has a verdict."""
        return self.passes.present


class Pipeline:
    """Frames in, verdicts out; one cycle at a time, so that its driver can act between two."""

    def __init__(
        self,
        source: FrameSource,
        vision: Analyzer,
        tracker: Tracker,
        clock: MonotonicClock,
        register: PassRegister | None = None,
        attention: Attention | None = None,
    ) -> None:
        """Without `attention` every frame is looked at, and every face judged."""
        self._attention = attention
        self._passes = PassUpdate()
        self._source = source
        self._vision = vision
        self._tracker = tracker
        self._clock = clock
        self._register = register or PassRegister()

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
            passes = self._register.close(self._tracker, verdicts, Moment(last.monotonic, last.wall))
            yield Cycle(last, None, passes, 0.0)

    def _cycle(self, moment: Frame | Blind) -> Cycle:
        started = self._clock()
        if not isinstance(moment, Frame):
            # A pass is closed by time alone.
            return self._track(moment, None, started)
        look = self._look(moment)
        if not look.detects:
            # Nothing new is told of those who were there.
            self._passes = replace(self._passes, verdicts=(), begun=(), finished=())
            return Cycle(moment, None, self._passes, self._clock() - started, carried=True)
        return self._track(moment, self._vision.analyze(moment, look.standing), started)

    def _look(self, frame: Frame) -> Look:
        return (
            EVERYTHING
            if self._attention is None
            else self._attention.look(frame, self._tracker, self._passes)
        )

    def _track(self, moment: Frame | Blind, analysis: FrameAnalysis | None, started: float) -> Cycle:
        observations = analysis.observations if analysis else ()
        glimpses = (*analysis.standing, *analysis.uncounted) if analysis else ()
        picture = moment.size if isinstance(moment, Frame) else None
        verdicts = self._tracker.update(observations, moment.monotonic, moment.wall, glimpses, picture)
        at = Moment(moment.monotonic, moment.wall, picture)
        self._passes = self._register.update(self._tracker, verdicts, at)
        return Cycle(moment, analysis, self._passes, self._clock() - started)


class Reporter:
    """Hands each cycle on: events and the device's state to the outbox, the lamp to the indicator.

    Attributes:
        live_view_until: Unix time until which pictures are shown to those who aim the camera; None where they
            are not. The next state tells it.
    """

    def __init__(
        self,
        events: EventFactory,
        outbox: Outbox,
        indicator: Indicator,
        lamp: LampPolicy,
        pass_outbox: PassOutbox | None = None,
    ) -> None:
        self._events = events
        self._pass_outbox = pass_outbox or NoOutbox()
        self._outbox = outbox
        self._indicator = indicator
        self._lamp = lamp
        self._problem = ""
        self._shown: State | None = None
        self.live_view_until: float | None = None

    @property
    def lamp(self) -> Lamp:
        """What the lamp shows."""
        return Lamp.OFF if self._shown is None else self._shown.lamp

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
        for begun in cycle.passes.begun:
            self._pass_outbox.note_pass(self._events.begun(begun))
        for event in events:
            self._outbox.append(event)
        for finished in cycle.passes.finished:
            self._pass_outbox.note_pass(self._events.finished(finished))
        # What the lamp shows has been accepted for sending, even if the program dies at this point.
        self._show(cycle)
        return events

    def finish(self, moment: Frame | Blind) -> None:
        """Leaves the lamp dark and says so."""
        self.live_view_until = None
        self._switch(Lamp.OFF, Cycle(moment, None, PassUpdate(), 0.0))

    def _show(self, cycle: Cycle) -> None:
        failing = self._outbox.failing or bool(_view(cycle.moment))
        self._switch(self._lamp.after(cycle.passes, cycle.moment, failing=failing), cycle)

    def _switch(self, lamp: Lamp, cycle: Cycle) -> None:
        """Shows and publishes a state that differs from the one before."""
        moment, passes, shown = cycle.moment, cycle.passes, self._shown
        state = State(
            lamp=lamp,
            blind=bool(_reason(moment)),
            reason=_reason(moment),
            model_version=self._events.model_version,
            since=moment.wall,
            model_problem=self._problem,
            people=passes.people,
            still_faces=passes.still_faces,
            view=_view(moment),
            quiet=self._lamp.rests(moment.wall),
            recovery=moment.recovery if isinstance(moment, Blind) else Recovery.NONE,
            live_view_until=self.live_view_until,
        )
        # Neither the time nor who comes and goes is a change of what is so since then.
        if shown is not None and _lasting(state) == _lasting(shown):
            state = replace(state, since=shown.since)
        if state == shown:
            return
        # Only for another lamp: one that blinks would begin anew.
        if shown is None or shown.lamp is not lamp:
            self._indicator.show(lamp)
        self._shown = state
        self._outbox.set_state(state)


def _reason(moment: Frame | Blind) -> str:
    """Why the camera gave nothing; empty where it did."""
    return moment.reason if isinstance(moment, Blind) else ""


def _view(moment: Frame | Blind) -> ViewProblem:
    """What keeps a camera that gives pictures from seeing."""
    return moment.view if isinstance(moment, Frame) else ViewProblem.NONE


def _lasting(state: State) -> tuple[object, ...]:
    """What is so since `State.since`."""
    return state.lamp, state.reason, state.model_version, state.model_problem, state.view, state.quiet


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
