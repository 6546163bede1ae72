"""A second simulated entrance: what a detector and a classifier make of the people of `walkers`.

It shares neither the motion of people nor the faults of the camera with `simulation`: a face is hidden point
by point, boxes err for some frames in the same way and leap now and then, looks are missed in runs, the
camera shakes, and some frames never come. Nothing here knows how the tracker works.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract import answer
from edge.types import Box, Face, Observation, Probabilities
from scripts.tracking.frames import ABOVE, SCORE_THRESHOLD, Camera, Sight, SimulatedFrame
from scripts.tracking.walkers import Habits, Walker, Walkers

STEP_S = 1 / 60
"""At most so much time between two steps of everybody."""

FACE_M, FACE_HEIGHT = 0.15, 1.3
"""Width of a face, and height of its box in widths."""

HEAD, CROWN = (0.65, 0.95), 0.15
"""Half axes of a head, and how far its middle lies above that of the face; in face widths, as the next."""

NECK, SHOULDERS, SLOPE = 0.4, 1.5, (0.65, 1.4)
"""Half the widths of neck and shoulders, and between which depths below the face's middle they widen."""

PROFILE, BACK = 0.25, -0.2
"""Cosine of the angle to the camera below which a face loses score, and below which none is seen."""

ERROR_S = 0.2
"""For how long a detector errs in the same way, as time constant."""

LEAPS, LEAP = 0.01, 0.15
"""How often a box leaps, and how far, in face widths."""

LOST_FRAMES = 0.02
"""Share of frames that never come."""

LEAST_SCORE, LEAST_PX = 0.3, 15.0


@dataclass(frozen=True, slots=True)
class CrowdScene:
    """What happens at an entrance.

    Attributes:
        name: As the tables call it.
        habits: How its people walk.
        fps: Frames in a second.
        losing: How often in a second the detector loses a face for a run of frames.
        run_s: How long that lasts in the mean; never longer than three times as long.
        jitter: Noise of place and log size, in face widths.
        shake: How far the camera shakes, in pixels.
        camera: Where it is seen from.
    """

    name: str
    habits: Habits
    fps: float = 15.0
    losing: float = 0.15
    run_s: float = 0.15
    jitter: float = 0.05
    shake: float = 0.7
    camera: Camera = ABOVE

    @property
    def per_minute(self) -> float:
        """People who arrive in a minute."""
        return self.habits.per_minute

    def play(self, minutes: float, seed: int) -> Crowd:
        """The scene with people of its own for each seed."""
        return Crowd(self, minutes, seed)


SCENES = (
    CrowdScene("calm, 6 a minute", Habits(6)),
    CrowdScene("tailgating, 14 a minute", Habits(14, close=0.6)),
    CrowdScene("crossing, half of them turn", Habits(12, across=0.4, turns=0.5)),
    CrowdScene("rush, 30 a minute", Habits(30, close=0.3, pairs=0.3, sides=0.2)),
    CrowdScene("looks missed often", Habits(10), losing=0.7, run_s=0.35),
    CrowdScene("slow camera, 5 frames a second", Habits(10), fps=5.0),
    CrowdScene("in pairs", Habits(14, pairs=0.8)),
    CrowdScene("queue at a terminal", Habits(10, terminal=True), camera=Camera(above_ground=1.9, tilt=5.0)),
    CrowdScene("camera that shakes, 30 frames a second", Habits(14), fps=30.0, shake=3.0),
)


@dataclass(slots=True)
class _Looks:
    """How a person's face is found and taken: what lasts from frame to frame."""

    label: int
    lost_until: float = -1.0
    doubt: float = 0.0
    error: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class _Head:
    """A head as the camera sees it: its face's middle and width in pixels, distance, cosine to the camera."""

    number: int
    x: float
    y: float
    w: float
    z: float
    turned: float


class Crowd:
    """Plays a scene frame by frame; the same seed gives the same people."""

    def __init__(self, scene: CrowdScene, minutes: float, seed: int) -> None:
        self.scene = scene
        self.labels: dict[int, int] = {}
        self._random = np.random.default_rng(seed)
        self._walkers = Walkers(scene.habits, scene.camera.view, minutes * 60, self._random)
        self._looks: dict[int, _Looks] = {}
        self._shake = np.zeros(2)

    def frames(self) -> Iterator[SimulatedFrame]:
        """Every frame until the last person is gone."""
        number, step = 0, 1 / self.scene.fps
        inner = math.ceil(step / STEP_S)
        while not self._walkers.over:
            self._walkers.arrive(number * step)
            for _ in range(inner):
                self._walkers.move(step / inner)
            self._shake = self._drift(self._shake, self.scene.shake, step)
            if self._random.random() >= LOST_FRAMES:
                yield self._look(number * step, step)
            number += 1

    def _drift(self, old: NDArray[np.float64], spread: float, step: float) -> NDArray[np.float64]:
        """What errs with a standard deviation and forgets it with `ERROR_S`, a step later."""
        keep = math.exp(-step / ERROR_S)
        drifted: NDArray[np.float64] = keep * old
        drifted += math.sqrt(1 - keep**2) * self._random.normal(0, spread, len(old))
        return drifted

    def _look(self, now: float, step: float) -> SimulatedFrame:
        heads = [head for walker in self._walkers.all if (head := self._head(walker)) is not None]
        sights: list[Sight] = []
        weak: list[Sight] = []
        for head in heads:
            looks = self._looks_of(head.number)
            if now >= looks.lost_until and self._random.random() < self.scene.losing * step:
                lost_s = self._random.exponential(self.scene.run_s)
                looks.lost_until = now + min(lost_s, 3 * self.scene.run_s)
            score = self._score(head, heads)
            if score >= LEAST_SCORE and now >= looks.lost_until:
                (sights if score >= SCORE_THRESHOLD else weak).append(self._sight(head, score, step))
        if self._random.random() < 0.03 * step:
            sights.append(self._phantom())
        order = self._random.permutation(len(sights))
        return SimulatedFrame(now, tuple(sights[i] for i in order), tuple(weak))

    def _looks_of(self, number: int) -> _Looks:
        if number not in self._looks:
            self.labels[number] = int(self._random.choice(3, p=(0.6, 0.3, 0.1)))
            self._looks[number] = _Looks(self.labels[number])
        return self._looks[number]

    def _head(self, walker: Walker) -> _Head | None:
        """The head of somebody whose face is in the picture and large enough."""
        camera, tilt = self.scene.camera, math.radians(self.scene.camera.tilt)
        x = walker.x + 0.03 * math.sin(walker.phase)
        up = camera.above_ground - walker.tall - 0.02 * math.cos(2 * walker.phase)
        y = up * math.cos(tilt) - walker.z * math.sin(tilt)
        z = up * math.sin(tilt) + walker.z * math.cos(tilt)
        focal = camera.focal * camera.width
        cx = camera.width / 2 + focal * x / z + self._shake[0]
        cy = camera.height / 2 + focal * y / z + self._shake[1]
        w = FACE_M * focal / z
        turned = -(walker.facing[0] * walker.x + walker.facing[1] * walker.z) / math.hypot(walker.x, walker.z)
        if not (0 <= cx < camera.width and 0 <= cy < camera.height) or w < LEAST_PX or turned < BACK:
            return None
        return _Head(walker.number, float(cx), float(cy), w, z, turned)

    def _score(self, head: _Head, heads: Sequence[_Head]) -> float:
        hidden = _hidden(head, [other for other in heads if other.z < head.z - 0.1])
        small = max(20 - head.w, 0.0) / 20
        profile = max(PROFILE - head.turned, 0.0)
        return 0.92 - 1.1 * hidden - small - 0.7 * profile + float(self._random.normal(0, 0.04))

    def _sight(self, head: _Head, score: float, step: float) -> Sight:
        random, looks, jitter = self._random, self._looks[head.number], self.scene.jitter
        if looks.error is None:
            looks.error = random.normal(0, jitter, 4)
        looks.error = self._drift(looks.error, jitter, step)
        # Half of an error lasts, the other half is new in each frame.
        dx, dy, wider, taller = (looks.error + random.normal(0, jitter, 4)) / math.sqrt(2)
        if random.random() < LEAPS:
            dx, dy = dx + random.normal(0, LEAP), dy + random.normal(0, LEAP)
        w, h = head.w * math.exp(wider), head.w * FACE_HEIGHT * math.exp(taller)
        cx, cy = head.x + dx * head.w + random.normal(0, 0.5), head.y + dy * head.w + random.normal(0, 0.5)
        (looks.doubt,) = self._drift(np.array([looks.doubt]), 1.0, step)
        shares = self._shares(looks.label, looks.doubt, head.w)
        sharpness = float(random.lognormal(math.log(3.0 * head.w), 0.4))
        box = Box(float(cx - w / 2), float(cy - h / 2), float(w), float(h))
        return Sight(Observation(Face(box, min(score, 0.99)), shares, sharpness, answer(shares)), head.number)

    def _shares(self, label: int, doubt: float, width: float) -> Probabilities:
        logits = self._random.normal(0, 0.5, 3)
        logits[label] += 4.5 - 30 / width
        logits[(label + 2) % 3] += 1.0 + 1.5 * doubt
        shares = np.exp(logits) / np.exp(logits).sum()
        return float(shares[0]), float(shares[1]), float(shares[2])

    def _phantom(self) -> Sight:
        random, camera = self._random, self.scene.camera
        w = float(np.exp(random.uniform(math.log(16), math.log(80))))
        x, y = random.uniform(0, camera.width - w), random.uniform(0, camera.height - FACE_HEIGHT * w)
        shares = self._shares(int(random.integers(3)), 0.0, w)
        face = Face(Box(x, y, w, w * FACE_HEIGHT), 0.65)
        return Sight(Observation(face, shares, 100.0, answer(shares)), 0)


_GRID = np.stack(np.meshgrid(np.linspace(-0.4, 0.4, 5), np.linspace(-0.5, 0.5, 6)), axis=-1).reshape(-1, 2)
"""Points of a face, in its widths from the middle."""


def _hidden(head: _Head, nearer: Sequence[_Head]) -> float:
    """Share of a face that heads and shoulders of those nearer hide, 0 to 1."""
    points = np.array((head.x, head.y)) + head.w * _GRID
    covered = np.zeros(len(points), bool)
    for front in nearer:
        if abs(front.x - head.x) < (SHOULDERS + 0.5) * front.w:
            x, y = ((points - (front.x, front.y)) / front.w).T
            inside = (x / HEAD[0]) ** 2 + ((y + CROWN) / HEAD[1]) ** 2 < 1
            half = np.interp(y, SLOPE, (NECK, SHOULDERS))
            covered |= inside | ((y > SLOPE[0]) & (np.abs(x) < half))
    return float(covered.mean())
