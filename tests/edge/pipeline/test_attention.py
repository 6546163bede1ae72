"""How much is looked at, and that no verdict hangs on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from edge.camera import open_recording
from edge.config import CameraConfig, Config
from edge.contract import answer
from edge.daemon.factory import make_register, make_tracker, open_vision
from edge.demo import CLIP
from edge.pipeline.attention import AWAKE_S, JUDGE_EVERY_S, REST_EVERY_S, Attention
from edge.pipeline.pipeline import Cycle, Pipeline, Vision
from edge.tracking.register import EntranceRules, PassRegister
from edge.tracking.tracker import Tracker
from edge.types import Blind, Face, Frame, Image, Observation, Outcome
from tests.support.builders import BARE, MASKED, face, rules
from tests.support.paths import SHARED

STEP_S = 1 / 15
EMPTY = np.full((72, 128, 3), 90, np.uint8)


def moving(number: int) -> Image:
    """A picture that differs from the one before."""
    picture = EMPTY.copy()
    picture[20:60, (number * 9) % 90 :][:, :20] = 200
    return picture


@dataclass
class Entrance:
    """Faces by time, and the models that see them; counts what they are asked for."""

    faces: Callable[[float], tuple[Face, ...]] = lambda _now: ()
    shares: Callable[[float], tuple[float, float, float]] = lambda _now: MASKED
    picture: Callable[[int], Image] = lambda _number: EMPTY
    seconds: float = 10.0
    model_version = "1"
    busy_s, given_up = 0.0, ""
    looked: list[float] = field(default_factory=list)
    judged: list[float] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame | Blind]:
        for number in range(round(self.seconds / STEP_S)):
            now = number * STEP_S
            yield Frame(number, self.picture(number), now, now)

    def close(self) -> None: ...

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        self.looked.append(frame.monotonic)
        return self.faces(frame.monotonic)

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]:
        self.judged += [frame.monotonic] * len(faces)
        shares = self.shares(frame.monotonic)
        return tuple(Observation(found, shares, 500.0, answer(shares)) for found in faces)

    def cycles(self, attention: Attention | None = None, register: PassRegister | None = None) -> list[Cycle]:
        vision = Vision(self, self, time.perf_counter)
        tracker = Tracker(rules())
        pipeline = Pipeline(self, vision, tracker, time.perf_counter, register, attention or Attention())
        return [cycle for cycle in pipeline.cycles(lambda: False) if isinstance(cycle, Cycle)]


def rate(times: list[float], begin: float, end: float) -> float:
    return sum(begin <= at < end for at in times) / (end - begin)


def test_an_empty_entrance_is_looked_at_once_a_second() -> None:
    """Every frame is a cycle all the same, so that whoever watches the loop sees it turn."""
    entrance = Entrance(seconds=20)
    cycles = entrance.cycles()
    assert rate(entrance.looked, 5, 20) == pytest.approx(1 / REST_EVERY_S, abs=0.1)
    assert sum(cycle.carried for cycle in cycles) == len(cycles) - 1 - len(entrance.looked)


def test_the_camera_is_told_when_fewer_pictures_are_enough() -> None:
    """From a second without anybody or anything that moves on; not where somebody stands still."""
    for faces, told in ((lambda _now: (), True), (lambda _now: (face(),), False)):
        rests: list[bool] = []
        Entrance(faces=faces, seconds=5).cycles(Attention(on_rest=rests.append))
        assert rests[0] is False
        assert rests[-1] is told


def test_a_movement_wakes_it_at_once() -> None:
    """The frame that differs is looked at, and every one after it until nothing has moved for a while."""
    entrance = Entrance(seconds=12, picture=lambda number: moving(number) if 75 <= number < 90 else EMPTY)
    entrance.cycles()
    assert rate(entrance.looked, 5.0, 5.9) == pytest.approx(15, abs=1.2)
    assert 75 * STEP_S in entrance.looked
    assert rate(entrance.looked, 6.0 + AWAKE_S + 0.5, 12) < 2


def test_who_stands_there_is_judged_less_often_once_that_is_settled() -> None:
    """Every frame until the verdict; then faces are looked for ten times a second, judged five times."""
    entrance = Entrance(faces=lambda _now: (face(),), seconds=10)
    cycles = entrance.cycles()
    (settled,) = [verdict.monotonic for cycle in cycles for verdict in cycle.verdicts]
    assert rate(entrance.judged, 0, settled - STEP_S) == pytest.approx(15, abs=2)
    assert rate(entrance.judged, settled + 1, 10) <= 1 / JUDGE_EVERY_S
    assert rate(entrance.looked, settled + 1, 10) <= 10
    there = [bool(cycle.present) for cycle in cycles[:-1] if cycle.moment.monotonic > settled]
    assert all(there), "also in the frames that are not looked at"


def test_who_takes_the_mask_off_is_judged_in_every_frame_again() -> None:
    """The first look that contradicts the verdict ends the rest; the revision comes as without one."""
    found = []
    for attention in (Attention(), None):
        entrance = Entrance(
            faces=lambda _now: (face(),), shares=lambda now: BARE if now >= 5.0 else MASKED, seconds=9
        )
        vision = Vision(entrance, entrance, time.perf_counter)
        pipeline = Pipeline(entrance, vision, Tracker(rules()), time.perf_counter, None, attention)
        cycles = [cycle for cycle in pipeline.cycles(lambda: False) if isinstance(cycle, Cycle)]
        found.append([(v.outcome, v.monotonic) for cycle in cycles for v in cycle.verdicts])
        if attention:
            assert rate(entrance.judged, 5.3, 5.9) == pytest.approx(15, abs=2)
    adaptive, full = found
    assert [outcome for outcome, _ in adaptive] == [Outcome.COMPLIANT, Outcome.NO_MASK]
    assert adaptive[1][1] == pytest.approx(full[1][1], abs=JUDGE_EVERY_S + STEP_S)


def test_faces_that_are_near_each_other_are_all_judged() -> None:
    """Who is who is told by masks as well, where that is not plain."""
    entrance = Entrance(faces=lambda _now: (face(x=100), face(x=190)), seconds=6)
    entrance.cycles()
    both = [entrance.judged.count(at) for at in set(entrance.judged) if at > 3]
    assert set(both) == {2}
    assert len(both) == sum(at > 3 for at in entrance.looked)


def test_a_poster_lets_the_entrance_rest() -> None:
    """Once it is known as one, it is nobody."""
    entrance = Entrance(faces=lambda _now: (face(),), seconds=30)
    cycles = entrance.cycles(register=PassRegister(EntranceRules(still_s=5.0)))
    assert rate(entrance.looked, 10, 30) == pytest.approx(1 / REST_EVERY_S, abs=0.1)
    assert cycles[-2].passes.still_faces == 1
    assert not any(cycle.verdicts for cycle in cycles)


def test_a_device_that_is_hot_looks_less_often() -> None:
    """Also while somebody is there; the frames in between are carried."""
    entrance = Entrance(faces=lambda _now: (face(),), shares=lambda _now: (0.4, 0.3, 0.3), seconds=6)
    entrance.cycles(Attention(lambda _now: 0.3))
    assert rate(entrance.looked, 0, 6) <= 1 / 0.3


def told(recording: Path, vision: Vision, attention: Attention | None) -> list[list[tuple[str, float]]]:
    """The verdicts of each pass of a recording, and when they came."""
    settings, config = CameraConfig(source=str(recording), pace="fast"), Config()
    found: dict[int, list[tuple[str, float]]] = {}
    with closing(open_recording(settings, 0.0)) as source:
        pipeline = Pipeline(
            source,
            vision,
            make_tracker(config.verdict),
            time.perf_counter,
            make_register(config.entrance),
            attention,
        )
        for cycle in pipeline.cycles(lambda: False):
            for verdict in cycle.verdicts if isinstance(cycle, Cycle) else ():
                found.setdefault(verdict.number, []).append((verdict.outcome.value, verdict.monotonic))
    return list(found.values())


CLIPS = (
    "face-demographics-walking.gif",
    "head-pose-face-detection-male.gif",
    "HeegyuKim__pexels-joseph-a-eulo-5281082.mp4",
    "HeegyuKim__production_ID_3960177.mp4",
    "HeegyuKim__pexels-rodnae-productions-8363849.mp4",
    "intel-iot-devkit__one-by-one-person-detection.mp4",
)
"""Somebody who walks, somebody who turns, a group, a crowd, one before a moving camera, one after another."""


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param(CLIP, id="demo"),
        *(
            pytest.param(
                SHARED / "data" / "clips" / name, id=name, marks=[pytest.mark.shared, pytest.mark.slow]
            )
            for name in CLIPS
        ),
    ],
)
def test_no_verdict_of_a_clip_hangs_on_how_much_is_looked_at(recording: Path) -> None:
    """The same passes with the same verdicts and revisions, each within a quarter of a second."""
    if not recording.exists():
        pytest.skip("the development data is not beside the checkout")
    vision = open_vision(Config())
    adaptive, full = (told(recording, vision, attention) for attention in (Attention(), None))
    assert [[outcome for outcome, _ in one] for one in adaptive] == [[o for o, _ in one] for one in full]
    times = [
        (a, b)
        for one, other in zip(adaptive, full, strict=True)
        for (_, a), (_, b) in zip(one, other, strict=True)
    ]
    assert all(abs(a - b) <= 0.25 for a, b in times)
