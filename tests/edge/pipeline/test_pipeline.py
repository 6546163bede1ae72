"""The pipeline: from frames to lamp and outbox, with fakes at the ports only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from edge.contract import answer
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, FaceRules, Pipeline, Reporter, Vision
from edge.pipeline.ports import PassOutbox
from edge.tracking.register import PassUpdate
from edge.tracking.tracker import Tracker
from edge.types import (
    Blind,
    Event,
    Face,
    Frame,
    Lamp,
    Observation,
    Outcome,
    PassNotice,
    Recovery,
    State,
    ViewProblem,
)
from tests.support.builders import BARE, MASKED, face, rules

PIXELS = np.zeros((48, 64, 3), np.uint8)


@dataclass
class Recorder:
    """Outbox and indicator that keep what they are given, in one list, in order."""

    calls: list[Event | State | Lamp] = field(default_factory=list)
    failing: bool = False

    def append(self, event: Event) -> None:
        self.calls.append(event)

    def set_state(self, state: State) -> None:
        self.calls.append(state)

    def show(self, lamp: Lamp) -> None:
        self.calls.append(lamp)

    def close(self) -> None:
        self.calls.append(Lamp.OFF)

    def of(self, kind: type) -> list[Event | State | Lamp]:
        return [item for item in self.calls if type(item) is kind]


class OneFace:
    """Detector and classifier that see one bare face, masked from frame `masked_from` on."""

    model_version = "7"

    def __init__(self, masked_from: int = 10**6) -> None:
        self._masked_from = masked_from

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return (face(),)

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]:
        shares = MASKED if frame.index >= self._masked_from else BARE
        return tuple(Observation(found, shares, 500.0, answer(shares)) for found in faces)


class Script:
    """A source that plays a list; "x" is a cycle in which the camera gave nothing."""

    def __init__(self, moments: str) -> None:
        self._moments = moments

    def __iter__(self) -> Iterator[Frame | Blind]:
        for index, moment in enumerate(self._moments):
            now = index / 10
            yield Blind("no camera", now, now) if moment == "x" else Frame(index, PIXELS, now, now)

    def close(self) -> None: ...


def run(
    moments: str,
    models: OneFace | None = None,
    stop_after: int = 10**6,
    recorder: Recorder | None = None,
    pass_outbox: PassOutbox | None = None,
) -> tuple[Recorder, Sequence[Cycle]]:
    models = models or OneFace()
    ticks = count()
    tracker, recorder = Tracker(rules()), recorder or Recorder()
    pipeline = Pipeline(
        Script(moments), Vision(models, models, lambda: next(ticks)), tracker, lambda: next(ticks)
    )
    events = EventFactory(EventSource("door", "e1", "4", "7"), 41, lambda: True)
    reporter = Reporter(events, recorder, recorder, LampPolicy(3.0), pass_outbox)
    cycles: list[Cycle] = []
    for cycle in pipeline.cycles(lambda: len(cycles) >= stop_after):
        cycles.append(cycle)
        reporter.report(cycle)
    if cycles:
        reporter.finish(cycles[-1].moment)
    return recorder, cycles


def test_a_face_becomes_an_event_and_a_red_lamp() -> None:
    """With the next number of the device and the number of the run in its pass."""
    recorder, _ = run("." * 20)
    (event,) = recorder.of(Event)
    assert isinstance(event, Event)
    assert (str(event.id), event.pass_id, event.model_version) == ("door/e1/42", "e1-4-1", "7")
    assert event.verdict.outcome is Outcome.NO_MASK
    assert recorder.of(Lamp) == [Lamp.OFF, Lamp.RED, Lamp.OFF]


def test_an_event_is_in_the_outbox_before_the_lamp_shows_it() -> None:
    """What was shown has been accepted."""
    recorder, _ = run("." * 20)
    kinds = [type(item) for item in recorder.calls if not isinstance(item, State)]
    assert kinds[:3] == [Lamp, Event, Lamp]


def test_the_end_leaves_a_dark_lamp_and_says_so() -> None:
    """A retained state must not show red for the whole night."""
    recorder, _ = run("." * 20)
    last = recorder.calls[-1]
    assert isinstance(last, State)
    assert (last.lamp, last.blind) == (Lamp.OFF, False)


def test_a_revision_is_another_event_of_the_same_pass() -> None:
    """Numbers go on, the pass stays."""
    recorder, _ = run("." * 60, OneFace(masked_from=25))
    first, second = (item for item in recorder.of(Event) if isinstance(item, Event))
    assert (first.pass_id, second.pass_id) == ("e1-4-1", "e1-4-1")
    assert (first.id.sequence, second.id.sequence) == (42, 43)
    assert (first.verdict.revision, second.verdict.revision) == (0, 1)


def test_blind_cycles_reach_lamp_and_state_once() -> None:
    """And seeing again ends it."""
    recorder, _ = run("xxx...")
    states = [item for item in recorder.of(State) if isinstance(item, State)]
    assert [(s.lamp, s.blind, s.reason) for s in states] == [
        (Lamp.BLIND, True, "no camera"),
        (Lamp.OFF, False, ""),
    ]


def test_a_failing_outbox_is_shown_while_nobody_has_a_verdict() -> None:
    """Whoever comes by sees the verdict; before and after it the lamp says that nothing is stored."""
    recorder, _ = run("." * 20, recorder=Recorder(failing=True))
    assert recorder.of(Lamp) == [Lamp.FAULT, Lamp.RED, Lamp.OFF]


def test_the_end_of_a_recording_closes_its_passes() -> None:
    """Somebody who had no verdict yet gets one in a last cycle."""
    recorder, cycles = run("....")
    assert [v.outcome for v in cycles[-1].verdicts] == [Outcome.UNSURE]
    assert len(recorder.of(Event)) == 1


def test_a_stop_ends_the_pipeline_after_its_cycle_and_closes_its_passes() -> None:
    """Nobody who was there is forgotten when the service stops."""
    _, cycles = run("." * 50, stop_after=4)
    assert len(cycles) == 5
    assert [v.outcome for v in cycles[-1].verdicts] == [Outcome.UNSURE]


def test_an_empty_source_says_nothing() -> None:
    """No cycle, no event, no lamp."""
    recorder, cycles = run("")
    assert recorder.calls == []
    assert cycles == []


def test_a_change_of_models_keeps_open_passes() -> None:
    """An event names the bundle that judged the last frame of its pass, state the one that judges."""
    ticks = count()
    tracker, recorder = Tracker(rules(undecided_s=60.0)), Recorder()
    models = OneFace()
    source = Script("." * 4 + "x" * 30 + "." * 20)
    pipeline = Pipeline(source, Vision(models, models, lambda: next(ticks)), tracker, lambda: next(ticks))
    events = EventFactory(EventSource("door", "e1", "4", "7"), 0, lambda: True)
    reporter = Reporter(events, recorder, recorder, LampPolicy(3.0))
    for number, cycle in enumerate(pipeline.cycles(lambda: False)):
        reporter.report(cycle)
        if number == 5:
            reporter.change_model("8", "", tracker.open_passes())
        if number == 7:
            reporter.change_model("9", "the model 10 is damaged", tracker.open_passes())
    made = [event for event in recorder.of(Event) if isinstance(event, Event)]
    assert [(e.pass_id, e.id.sequence, e.model_version) for e in made] == [
        ("e1-4-1", 1, "7"),
        ("e1-4-2", 2, "9"),
    ]
    states = [state for state in recorder.of(State) if isinstance(state, State)]
    # The state also tells when the person is gone.
    assert list(dict.fromkeys(s.model_version for s in states if s.lamp is Lamp.BLIND)) == ["7", "8", "9"]
    assert {s.model_problem for s in states if s.model_version == "9"} == {"the model 10 is damaged"}
    assert [lamp for lamp in recorder.of(Lamp) if lamp is Lamp.BLIND] == [Lamp.BLIND]


class TwoFaces(OneFace):
    """A face on the left, and one on the right; keeps what is to be judged."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: list[float] = []

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return face(x=10, px=8), face(x=50, px=8)

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]:
        self.judged += [found.box.centre[0] for found in faces]
        return super().classify(frame, faces)


def test_only_faces_in_the_area_are_judged() -> None:
    """The others are known, so that they are pixelated where a picture is kept."""
    models = TwoFaces()
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    high = np.zeros((200, 64, 3), np.uint8)
    rules = FaceRules(area=left)
    analysis = Vision(models, models, lambda: 0.0, rules).analyze(Frame(0, high, 0.0, 0.0))
    assert [seen.face.box.centre[0] for seen in analysis.observations] == [10]
    assert models.judged == [10]
    assert [found.box.centre[0] for found in analysis.uncounted] == [50]


class FallingScore(OneFace):
    """A face whose score falls after a second, and another whose score is low from the first frame on."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return face(x=20, px=8, score=0.9 if frame.monotonic < 1 else 0.4), face(x=50, px=8, score=0.4)


def test_a_low_score_continues_a_pass_and_begins_none() -> None:
    """Such faces are not judged: the first person's pass goes on, the other never has one."""
    models = FallingScore()
    frames = [Frame(n, PIXELS, n / 10, 0.0) for n in range(40)]
    vision = Vision(models, models, lambda: 0.0, FaceRules(score=0.6))
    pipeline = Pipeline(Script(frames), vision, Tracker(rules()), lambda: 0.0)
    cycles = [cycle for cycle in pipeline.cycles(lambda: False) if isinstance(cycle, Cycle)]
    judged = [len(cycle.analysis.observations) for cycle in cycles if cycle.analysis]
    assert judged == [1] * 10 + [0] * 30
    assert [seen.face.box.centre[0] for seen in cycles[-2].passes.faces] == [20]
    assert [finished.number for cycle in cycles for finished in cycle.passes.finished] == [1]


def test_passes_are_noted_where_that_is_asked_for() -> None:
    """The begin before the first event, the end after the last; and the state says how many are there."""
    notices: list[PassNotice] = []

    class Notes:
        def note_pass(self, notice: PassNotice) -> None:
            notices.append(notice)

    recorder, _ = run("." * 20 + "x" * 20, pass_outbox=Notes())
    begun, ended = notices
    assert (begun.pass_id, begun.finished, begun.monotonic) == ("e1-4-1", None, 0.0)
    assert ended.pass_id == "e1-4-1"
    assert ended.finished is not None
    assert (ended.finished.verdict.outcome, ended.monotonic) == (Outcome.NO_MASK, 1.9)
    states = [item for item in recorder.of(State) if isinstance(item, State)]
    assert list(dict.fromkeys(state.people for state in states)) == [0, 1]
    assert states[-1].people == 0


def test_who_comes_and_goes_is_no_change_of_the_time_since_when_the_lamp_is_lit() -> None:
    """A person is counted before there is a verdict, while the lamp is as it was."""
    recorder, _ = run("." * 6)
    states = [item for item in recorder.of(State) if isinstance(item, State)]
    assert [(s.lamp, s.people, s.since) for s in states[:2]] == [(Lamp.OFF, 0, 0.0), (Lamp.OFF, 1, 0.0)]


def reporter_of(recorder: Recorder) -> Reporter:
    events = EventFactory(EventSource("door", "e", "1", "7"), 0, lambda: True)
    return Reporter(events, recorder, recorder, LampPolicy(3.0))


def test_a_camera_that_cannot_see_is_told_apart_from_an_empty_entrance() -> None:
    """It is not blind; the state says what it is, and amber flashes while nobody has a verdict."""
    recorder = Recorder()
    reporter = reporter_of(recorder)
    frame = Frame(0, PIXELS, 1.0, 1.0)
    for view in (ViewProblem.NONE, ViewProblem.COVERED, ViewProblem.COVERED, ViewProblem.NONE):
        reporter.report(Cycle(replace(frame, view=view), None, PassUpdate(), 0.0))
    assert [(item.lamp, item.blind, item.view) for item in recorder.of(State)] == [
        (Lamp.OFF, False, ViewProblem.NONE),
        (Lamp.FAULT, False, ViewProblem.COVERED),
        (Lamp.OFF, False, ViewProblem.NONE),
    ]


def test_the_live_view_is_told() -> None:
    """With the next state, as long as it is on, and no longer than the program runs."""
    recorder = Recorder()
    reporter, frame = reporter_of(recorder), Frame(0, PIXELS, 1.0, 1.0)
    for until in (None, 601.0, 601.0):
        reporter.live_view_until = until
        reporter.report(Cycle(frame, None, PassUpdate(), 0.0))
    reporter.finish(frame)
    assert [item.live_view_until for item in recorder.of(State)] == [None, 601.0, None]


def test_each_step_of_a_recovery_is_told() -> None:
    """Under the same time of beginning: the device has been blind since then."""
    recorder = Recorder()
    reporter = reporter_of(recorder)
    for at, step in ((1.0, Recovery.NONE), (2.0, Recovery.REOPEN), (3.0, Recovery.RESTART)):
        reporter.report(Cycle(Blind("gone", at, at, step), None, PassUpdate(), 0.0))
    assert [(item.recovery, item.since) for item in recorder.of(State)] == [
        (Recovery.NONE, 1.0),
        (Recovery.REOPEN, 1.0),
        (Recovery.RESTART, 1.0),
    ]
