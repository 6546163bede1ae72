"""A simulated entrance: people who walk up to a camera, and what a detector and a classifier make of them.

The world is in metres: x to the right, y down, z away from the camera, whose lens is the origin. People
walk on the ground, sway, pause, turn away and hide one another. What a tracker gets are boxes, scores and
labels; who is who is told apart, for scoring only. Nothing here knows how the tracker works.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from edge.contract import answer
from edge.types import Box, Face, Observation, Probabilities
from scripts.tracking.frames import ABOVE, EYE_LEVEL, SCORE_THRESHOLD, Camera, Sight, SimulatedFrame

FACE_WIDTH_M = 0.16
FACE_HEIGHT = 1.25
"""Height of a face's box in widths."""
SHOULDERS_M = 0.46
CHIN_TO_SHOULDERS_M = 0.08
FAR_M, NEAR_M = 9.0, 1.0
"""Where people come into view, and where they have passed the camera."""
ACCELERATION = 2.0
"""How fast people start and stop, in m/s²."""
LEAST_FACE_PX = 14.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens at an entrance.

    Attributes:
        name: As the tables call it.
        per_minute: People who arrive in a minute.
        fps: Frames in a second.
        close: Share of people who walk closely behind the one before.
        crossing: Share of people who walk across instead of up to the camera.
        leaving: Share of people who turn away before they have come to the camera.
        pausing: Share of people who stop on their way.
        misses: How often in a second the detector loses a face for a while.
        longest_miss_s: How long that lasts at most.
        jitter: Noise of place and log size, in face widths.
        spread: How broad the way is; at 1 people come from 0.9 m around the middle and arrive within 0.35 m.
        camera: Where it is seen from.
    """

    name: str
    per_minute: float
    fps: float = 15.0
    close: float = 0.1
    crossing: float = 0.0
    leaving: float = 0.05
    pausing: float = 0.2
    misses: float = 0.1
    longest_miss_s: float = 0.4
    jitter: float = 0.05
    spread: float = 1.0
    camera: Camera = ABOVE

    def play(self, minutes: float, seed: int) -> Entrance:
        """The scene with people of its own for each seed."""
        return Entrance(self, minutes, seed)


SCENES = (
    Scene("calm, 6 a minute", 6),
    Scene("tailgating, 14 a minute", 14, close=0.7),
    Scene("crossing, half of them leave", 12, crossing=0.4, leaving=0.5),
    Scene("rush, 30 a minute", 30, close=0.4, crossing=0.1),
    Scene("looks missed often", 10, misses=0.6, longest_miss_s=1.0),
    Scene("slow camera, 5 frames a second", 10, fps=5.0),
    Scene("looks missed often, slow camera", 10, fps=5.0, misses=0.6, longest_miss_s=1.0),
    Scene("looks missed often, crossing", 12, crossing=0.4, leaving=0.5, misses=0.6, longest_miss_s=1.0),
    Scene("tailgating on a narrow way", 14, close=0.7, spread=0.4),
    Scene("rush, camera at the height of eyes", 30, close=0.4, crossing=0.1, camera=EYE_LEVEL),
)


@dataclass(slots=True)
class Person:
    """Somebody on the way: the truth that the tracker is to find."""

    number: int
    label: int
    tall: float
    speed: float
    way: list[tuple[float, float]]
    pauses: dict[int, float]
    turns_away: bool
    x: float = 0.0
    z: float = FAR_M
    pace: float = 0.0
    phase: float = 0.0
    stride: float = 1.9
    sway: float = 0.03
    missed_until: float = -1.0
    doubt: float = 0.0
    gone: bool = False
    wait: float = field(default=0.0)


@dataclass(frozen=True, slots=True)
class _Head:
    person: Person
    box: Box
    x: float
    y: float
    z: float


class Entrance:
    """Plays a scene frame by frame; the same seed gives the same people."""

    def __init__(self, scene: Scene, minutes: float, seed: int) -> None:
        self.scene = scene
        self.labels: dict[int, int] = {}
        self._end = minutes * 60
        self._random = np.random.default_rng(seed)
        self._people: list[Person] = []
        self._arrivals = self._arrival_times()
        self._before: Person | None = None

    def frames(self) -> Iterator[SimulatedFrame]:
        """Every frame until the last person is gone."""
        number, step = 0, 1 / self.scene.fps
        while number * step < self._end or self._people:
            now = number * step
            while self._arrivals and self._arrivals[0] <= now:
                self._arrivals.pop(0)
                self._arrive()
            for _ in range(4):
                self._walk(step / 4)
                self._people = [person for person in self._people if not person.gone]
            yield self._look(now, step)
            number += 1

    def _arrival_times(self) -> list[float]:
        times, now = [], 1.0
        mean = 60 / self.scene.per_minute
        while now < self._end:
            times.append(now)
            close = self._random.random() < self.scene.close
            now += (
                self._random.uniform(0.5, 1.2)
                if close
                else self._random.exponential(mean * (1 + self.scene.close))
            )
        return times

    def _arrive(self) -> None:
        random, scene = self._random, self.scene
        number = len(self.labels) + 1
        self.labels[number] = int(random.choice(3, p=(0.6, 0.3, 0.1)))
        crossing = random.random() < scene.crossing
        way = self._way_across() if crossing else self._way_up()
        turns_away = random.random() < scene.leaving
        if turns_away and not crossing:
            way = self._cut_short(way)
        pauses = (
            {int(random.integers(1, len(way))): random.uniform(0.5, 4.0)}
            if random.random() < scene.pausing
            else {}
        )
        person = Person(
            number,
            self.labels[number],
            tall=float(np.clip(random.normal(1.60, 0.09), 1.35, 1.85)),
            speed=float(np.clip(random.normal(1.25, 0.2), 0.7, 1.9)),
            way=way[1:],
            pauses=pauses,
            turns_away=turns_away and not crossing,
            x=way[0][0],
            z=way[0][1],
            phase=random.uniform(0, 2 * math.pi),
            stride=random.uniform(1.6, 2.1),
            sway=random.uniform(0.015, 0.045),
        )
        person.pace = person.speed
        self._people.append(person)

    def _way_up(self) -> list[tuple[float, float]]:
        random = self._random
        spread = self.scene.spread
        far, near = random.normal(0, 0.9 * spread), random.normal(0, 0.35 * spread)
        bend = random.uniform(3, 6)
        middle = near + (far - near) * (bend - NEAR_M) / (FAR_M - NEAR_M) + random.normal(0, 0.3 * spread)
        return [(far, FAR_M), (middle, bend), (near, NEAR_M)]

    def _way_across(self) -> list[tuple[float, float]]:
        random = self._random
        side = random.choice((-1.0, 1.0))
        z = random.uniform(2.5, 7.0)
        reach = self.scene.camera.view * z + 0.5
        return [
            (side * reach, z),
            (0.0, z + random.normal(0, 0.3)),
            (-side * reach, z + random.normal(0, 0.6)),
        ]

    def _cut_short(self, way: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Half of those who leave turn their back where they stand, the others walk off to a side."""
        random = self._random
        z = random.uniform(2.0, 6.0)
        x = way[0][0] + (way[-1][0] - way[0][0]) * (FAR_M - z) / (FAR_M - NEAR_M)
        ended = [way[0], (x, z)]
        if random.random() < 0.5:
            side = random.choice((-1.0, 1.0))
            ended.append((side * (self.scene.camera.view * z + 0.5), z + random.normal(0, 0.5)))
        return ended

    def _walk(self, step: float) -> None:
        for person in self._people:
            wanted = 0.0 if person.wait > 0 or self._blocked(person) else person.speed
            change = ACCELERATION * step
            person.pace += float(np.clip(wanted - person.pace, -change, change))
            person.wait = max(person.wait - step, 0.0)
            self._advance(person, person.pace * step)
            # Nobody stands entirely still.
            person.phase += (
                2 * math.pi * step * person.stride * (0.25 + 0.75 * person.pace / person.speed) / 2
            )

    def _advance(self, person: Person, way: float) -> None:
        while not person.gone:
            x, z = person.way[0]
            left = math.dist((person.x, person.z), (x, z))
            if left > way:
                person.x += (x - person.x) * way / left
                person.z += (z - person.z) * way / left
                return
            person.x, person.z, way = x, z, way - left
            person.way.pop(0)
            person.wait = person.pauses.pop(len(person.way), 0.0)
            person.gone = not person.way
            if person.wait:
                return

    def _blocked(self, person: Person) -> bool:
        """Whether somebody is right before this person."""
        x, z = person.way[0]
        long = math.dist((person.x, person.z), (x, z)) or 1.0
        ux, uz = (x - person.x) / long, (z - person.z) / long
        for other in self._people:
            dx, dz = other.x - person.x, other.z - person.z
            ahead, beside = dx * ux + dz * uz, abs(dx * uz - dz * ux)
            # Of two who block each other the one who came first goes on.
            if (
                other is not person
                and not other.gone
                and 0 < ahead < 0.6
                and beside < 0.35
                and other.number < person.number
            ):
                return True
        return False

    def _look(self, now: float, step: float) -> SimulatedFrame:
        heads = [head for person in self._people if (head := self._head(person)) is not None]
        sights: list[Sight] = []
        weak: list[Sight] = []
        for head in heads:
            person = head.person
            if now >= person.missed_until and self._random.random() < self.scene.misses * step:
                person.missed_until = now + self._random.uniform(0.1, self.scene.longest_miss_s)
            score = self._score(head, heads)
            if score < 0.3 or now < person.missed_until:
                continue
            (sights if score >= SCORE_THRESHOLD else weak).append(self._sight(head, score, step))
        if self._random.random() < 0.05 * step:
            sights.append(self._phantom())
        order = self._random.permutation(len(sights))
        return SimulatedFrame(now, tuple(sights[i] for i in order), tuple(weak))

    def _head(self, person: Person) -> _Head | None:
        camera = self.scene.camera
        x = person.x + person.sway * math.sin(person.phase)
        up = camera.above_ground - person.tall - 0.02 * math.sin(2 * person.phase)
        tilt = math.radians(camera.tilt)
        y, z = (
            up * math.cos(tilt) - person.z * math.sin(tilt),
            up * math.sin(tilt) + person.z * math.cos(tilt),
        )
        focal = camera.focal * camera.width
        side = FACE_WIDTH_M * focal / z
        cx, cy = camera.width / 2 + focal * x / z, camera.height / 2 + focal * y / z
        if not (0 <= cx < camera.width and 0 <= cy < camera.height) or side < LEAST_FACE_PX:
            return None
        return _Head(
            person, Box(cx - side / 2, cy - side * FACE_HEIGHT / 2, side, side * FACE_HEIGHT), x, y, z
        )

    def _score(self, head: _Head, heads: list[_Head]) -> float:
        hidden = max((_covered(head, other) for other in heads if other.z < head.z - 0.15), default=0.0)
        small = max(0.0, (18 - head.box.w) / 18)
        return float(np.clip(0.93 - 1.2 * hidden**1.5 - 1.0 * small + self._random.normal(0, 0.05), 0, 0.99))

    def _sight(self, head: _Head, score: float, step: float) -> Sight:
        random, box, person = self._random, head.box, head.person
        noise = self.scene.jitter
        dx, dy = random.normal(0, noise * box.w + 0.7, 2)
        wider, taller = np.exp(random.normal(0, noise, 2))
        (cx, cy), w, h = box.centre, box.w * wider, box.h * taller
        found = Box(float(cx + dx - w / 2), float(cy + dy - h / 2), float(w), float(h))
        # Doubt lasts: a turned head stays turned for some frames.
        keep = math.exp(-step / 0.3)
        person.doubt = keep * person.doubt + math.sqrt(1 - keep**2) * random.normal()
        shares = self._shares(person.label, person.doubt, box.w)
        sharpness = float(np.clip(random.lognormal(math.log(3.0 * box.w), 0.4), 5, 1500))
        return Sight(Observation(Face(found, score), shares, sharpness, answer(shares)), person.number)

    def _shares(self, label: int, doubt: float, width: float) -> Probabilities:
        sure = 4.5 - 25 / width
        logits = self._random.normal(0, 0.5, 3)
        logits[label] += sure
        logits[(label + 1) % 3] += 1.5 * doubt + 1.0
        shares = np.exp(logits) / np.exp(logits).sum()
        return float(shares[0]), float(shares[1]), float(shares[2])

    def _phantom(self) -> Sight:
        random, camera = self._random, self.scene.camera
        side = random.uniform(16, 60)
        box = Box(
            random.uniform(0, camera.width - side),
            random.uniform(0, camera.height - side),
            side,
            side * FACE_HEIGHT,
        )
        shares = self._shares(int(random.integers(3)), 0.0, side)
        return Sight(Observation(Face(box, 0.65), shares, 100.0, answer(shares)), 0)


def _covered(head: _Head, nearer: _Head) -> float:
    """Share of a face that the head and the shoulders of somebody nearer hide, 0 to 1."""
    one, other = head.box, nearer.box
    by_head = _overlap(one, other.x, other.y - 0.1 * other.h, other.w, 1.15 * other.h)
    shoulders = other.w * SHOULDERS_M / FACE_WIDTH_M
    top = other.y + other.h + other.w * CHIN_TO_SHOULDERS_M / FACE_WIDTH_M
    by_body = _overlap(one, other.x + (other.w - shoulders) / 2, top, shoulders, 1e4)
    return min(by_head + by_body, 1.0)


def _overlap(box: Box, x: float, y: float, w: float, h: float) -> float:
    wide = min(box.x + box.w, x + w) - max(box.x, x)
    high = min(box.y + box.h, y + h) - max(box.y, y)
    return max(wide, 0.0) * max(high, 0.0) / (box.w * box.h)
