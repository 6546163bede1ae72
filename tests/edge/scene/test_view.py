"""Whether the camera can see, on frames of the demo's clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle, islice

import cv2
import numpy as np
import pytest

from edge.demo import CLIP
from edge.scene.view import FIRST_LOOKS, LOOKS, ViewMonitor
from edge.types import Image, ViewProblem


@pytest.fixture(scope="module")
def frames() -> list[Image]:
    """One frame of the demo's clip for each second; in the first and the last nobody is there."""
    capture = cv2.VideoCapture(str(CLIP))
    found = []
    while (step := capture.read())[0]:
        found.append(step[1])
    capture.release()
    return found[::15]


NOISE = [np.random.default_rng(seed).normal(0, 4, (480, 640, 3)).astype(np.int16) for seed in range(12)]


def noisy(picture: Image) -> Image:
    """With the noise of a sensor, another one each time."""
    NOISE.append(NOISE.pop(0))
    return cv2.add(picture, NOISE[0], dtype=cv2.CV_8U)  # type: ignore[return-value]


class Looks:
    """A monitor and the time, a look each second."""

    def __init__(self) -> None:
        self.monitor = ViewMonitor()
        self.now = 0.0
        self.told: list[ViewProblem] = []

    def see(self, pictures: Iterable[Image]) -> ViewProblem:
        for picture in pictures:
            self.now += 1.0
            self.told.append(self.monitor.update(noisy(picture), self.now))
        return self.told[-1]


def test_people_who_pass_are_no_problem(frames: list[Image]) -> None:
    """Minutes of the clip, over and over: nothing is told, at no time."""
    looks = Looks()
    looks.see(islice(cycle(frames), 200))
    assert set(looks.told) == {ViewProblem.NONE}


def flat(level: int) -> Callable[[Image], Image]:
    return lambda picture: np.full_like(picture, level)


def darker(picture: Image) -> Image:
    return (picture * 0.13).astype(np.uint8)


def dazzled(picture: Image) -> Image:
    return np.clip(picture.astype(float) * 2 + 60, 0, 255).astype(np.uint8)


def defocused(picture: Image) -> Image:
    return cv2.GaussianBlur(picture, (0, 0), 5)


def turned(picture: Image) -> Image:
    return np.roll(picture, (40, 90), axis=(0, 1))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (flat(8), ViewProblem.COVERED),
        (flat(140), ViewProblem.COVERED),
        (darker, ViewProblem.DARK),
        (dazzled, ViewProblem.BRIGHT),
        (defocused, ViewProblem.OUT_OF_FOCUS),
        (turned, ViewProblem.MOVED),
    ],
)
def test_each_fault_is_told_in_its_time_and_ends(
    frames: list[Image], fault: Callable[[Image], Image], told: ViewProblem
) -> None:
    """After as many looks as the table says, and a few to fade; the view of before ends it within seconds."""
    looks = Looks()
    looks.see(islice(cycle(frames), FIRST_LOOKS + 10))
    assert looks.see(map(fault, islice(cycle(frames), LOOKS[told] + 12))) is told
    assert set(looks.told) == {ViewProblem.NONE, told}, "nothing else is told on the way"
    assert looks.see(islice(cycle(frames), 20)) is ViewProblem.NONE


def test_a_lens_that_is_covered_is_told_within_two_looks(frames: list[Image]) -> None:
    """And so is one that is free again."""
    looks = Looks()
    looks.see(frames[:5])
    assert looks.see([flat(8)(frames[0])]) is ViewProblem.NONE
    assert looks.see([flat(8)(frames[0])]) is ViewProblem.COVERED
    assert looks.see(frames[:2]) is ViewProblem.NONE


def test_a_hand_that_passes_is_not_told(frames: list[Image]) -> None:
    """One look is too little."""
    looks = Looks()
    assert looks.see([*frames[:3], flat(8)(frames[0]), *frames[3:6]]) is ViewProblem.NONE
    assert set(looks.told) == {ViewProblem.NONE}


def test_no_more_than_one_picture_a_second_is_looked_at(frames: list[Image]) -> None:
    """What is told stands in between."""
    monitor = ViewMonitor()
    dark = flat(8)(frames[0])
    assert [monitor.update(dark, 0.1 * tenth) for tenth in range(12)].count(ViewProblem.COVERED) == 2


def test_a_view_without_edges_is_compared_with_nothing() -> None:
    """A plain wall with a gentle shade is a view, and no fault."""
    shade = np.repeat(np.linspace(90, 160, 640).astype(np.uint8)[None, :, None], 480, axis=0).repeat(
        3, axis=2
    )
    looks = Looks()
    looks.see([shade] * 80)
    assert ViewProblem.MOVED not in looks.told
    assert ViewProblem.COVERED not in looks.told
