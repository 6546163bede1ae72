"""People who are pushed and pulled by forces: to where they want to go, and away from one another.

They walk side by side or closely behind another, queue at a terminal, turn all of a sudden, and come in from
the side. The world is in metres: x to the right, z away from the camera, which stands at the origin.

Source of the forces: D. Helbing and P. Molnár, "Social force model for pedestrian dynamics", Physical Review
E 51, 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

Place = tuple[float, float]

FAR_M, NEAR_M = 8.5, 0.9
"""Where people come into view, and where they have passed the camera."""

REACTION_S = 0.4
"""How soon somebody walks as they want to."""

PUSH, PUSH_M, ROOM_M = 3.0, 0.2, 0.45
"""Acceleration away from somebody at `ROOM_M`, in m/s², and over what distance it falls by a factor e."""

UNEASE = 0.5
"""What forces that nobody knows add to a velocity: standard deviation in m/s after a second."""

TURNING_S = 0.25
"""How soon somebody faces the way they walk."""

TERMINAL = (0.0, 1.4)
QUEUE_M, BESIDE_M = 0.9, 0.35
"""Distance between two in the queue before the terminal, and how far aside every second one stands."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the people of a scene walk.

    Attributes:
        per_minute: People who arrive in a minute.
        close: Share of arrivals with somebody closely behind them.
        pairs: Share of arrivals with somebody beside them.
        sides: Share of people who come in from the side and walk up to the camera.
        across: Share of people who walk across.
        turns: Share of people who suddenly go elsewhere: back, aside, or to the other side of the way.
        terminal: Whether all stop at a terminal before the camera.
    """

    per_minute: float
    close: float = 0.1
    pairs: float = 0.1
    sides: float = 0.1
    across: float = 0.0
    turns: float = 0.05
    terminal: bool = False


@dataclass(slots=True, eq=False)
class Walker:
    """Somebody on the way."""

    number: int
    tall: float
    speed: float
    x: float
    z: float
    goals: list[Place]
    queues: bool = False
    partner: Walker | None = None
    beside_m: float = 0.0
    turns_at: float = 0.0
    vx: float = 0.0
    vz: float = 0.0
    facing: Place = (0.0, -1.0)
    phase: float = 0.0
    wait_s: float = 0.0
    gone: bool = field(default=False)

    def face(self, vx: float, vz: float, share: float) -> None:
        """Turns by a share of the way to a direction; somebody who stands faces where they faced."""
        speed = math.hypot(vx, vz)
        if speed > 0.3:
            x, z = self.facing
            x, z = x + share * (vx / speed - x), z + share * (vz / speed - z)
            long = math.hypot(x, z) or 1.0
            self.facing = x / long, z / long


class Walkers:
    """Everybody on the way; the same numbers from `random` give the same people."""

    def __init__(self, habits: Habits, view: float, seconds: float, random: np.random.Generator) -> None:
        """`view`: as in `Camera`; `seconds`: how long somebody may arrive."""
        self.all: list[Walker] = []
        self.count = 0
        self._habits, self._view, self._random, self._end = habits, view, random, seconds
        self._queue: list[Walker] = []
        self._next = 1.0

    @property
    def over(self) -> bool:
        """Whether all have come and gone."""
        return not self.all and self._next > self._end

    def arrive(self, now: float) -> None:
        """Lets those in whose time has come, some with another beside or closely behind them."""
        random, habits = self._random, self._habits
        while self._next <= min(now, self._end):
            first = self._newcomer()
            if random.random() < habits.pairs:
                self._join(first, random.choice((-1.0, 1.0)) * random.uniform(0.45, 0.7))
            if random.random() < habits.close:
                self._join(first, 0.0)
            together = 1 + habits.pairs + habits.close
            self._next += random.exponential(60 * together / habits.per_minute)

    def _newcomer(self) -> Walker:
        random = self._random
        self.count += 1
        (x, z), goals = self._way()
        walker = Walker(
            number=self.count,
            tall=float(np.clip(random.normal(1.6, 0.1), 1.3, 1.9)),
            speed=float(np.clip(random.normal(1.2, 0.22), 0.6, 1.9)),
            x=x,
            z=z,
            goals=goals,
            queues=self._habits.terminal,
            turns_at=random.uniform(1.5, 6.0) if random.random() < self._habits.turns else 0.0,
            phase=random.uniform(0, 2 * math.pi),
        )
        walker.vx, walker.vz = _towards((x, z), goals[0], walker.speed)
        walker.face(walker.vx, walker.vz, 1.0)
        self.all.append(walker)
        return walker

    def _way(self) -> tuple[Place, list[Place]]:
        """Where somebody comes from, and the places that they want to reach."""
        random, habits = self._random, self._habits
        kind, side = random.random(), random.choice((-1.0, 1.0))
        if kind < habits.across:
            z = random.uniform(2.5, 7.0)
            return (side * self._edge(z), z), [(-side * self._edge(z), z + random.normal(0, 0.8))]
        aside = random.uniform(0.8, 1.4) if habits.terminal else random.normal(0, 0.35)
        goals = [(side * aside, NEAR_M - 0.3)]
        if kind < habits.across + habits.sides:
            z = random.uniform(3.0, 6.5)
            # First into the middle, and not all along the picture's edge.
            return (side * self._edge(z), z), goals if habits.terminal else [(side * 0.4, z - 1.0), *goals]
        return (random.normal(0, 0.9), FAR_M), goals

    def _edge(self, z: float) -> float:
        """How far to the side of the middle somebody is out of sight."""
        return self._view * z + 0.3

    def _join(self, first: Walker, beside_m: float) -> None:
        """Has somebody walk beside another, or closely behind them."""
        random = self._random
        second = self._newcomer()
        second.speed = first.speed * random.uniform(0.97, 1.05)
        if beside_m:
            # The same list: they go to the same places, also when one of them turns.
            second.partner, second.beside_m, second.goals, second.turns_at = first, beside_m, first.goals, 0.0
        else:
            second.goals = list(first.goals)
        back = random.uniform(0.0, 0.2) if beside_m else random.uniform(0.6, 1.1)
        x, z = first.facing
        second.x, second.z = first.x - x * back + z * beside_m, first.z - z * back - x * beside_m
        second.vx, second.vz, second.facing = first.vx, first.vz, first.facing

    def move(self, step: float) -> None:
        """Lets some time pass, in seconds."""
        for walker in self.all:
            self._turn(walker)
            ax, az = self._pull(walker)
            for other in self.all:
                px, pz = _push(walker, other)
                ax, az = ax + px, az + pz
            unease = UNEASE * math.sqrt(step) * min(math.hypot(walker.vx, walker.vz) + 0.2, 1.0)
            walker.vx += ax * step + unease * self._random.normal()
            walker.vz += az * step + unease * self._random.normal()
        for walker in self.all:
            self._step(walker, step)
        queue = (walker for walker in self._queue if walker.queues and not walker.gone)
        # Who is nearer is next; nobody pushes past another.
        self._queue = sorted(queue, key=lambda walker: math.dist((walker.x, walker.z), TERMINAL))
        self.all = [walker for walker in self.all if not walker.gone]

    def _turn(self, walker: Walker) -> None:
        """Has somebody go elsewhere all of a sudden: back, aside, or to the other side of the way."""
        if not walker.turns_at or walker.z > walker.turns_at:
            return
        random, side = self._random, self._random.choice((-1.0, 1.0))
        walker.turns_at = 0.0
        kind = random.integers(3)
        if kind == 0:
            walker.goals[:] = [(walker.x, FAR_M + 0.5)]
        elif kind == 1:
            walker.goals[:] = [(side * self._edge(walker.z), walker.z + random.normal(0, 0.4))]
        else:
            walker.goals.insert(0, (walker.x + side * random.uniform(0.5, 1.2), max(walker.z - 0.8, 1.0)))
        walker.queues = False

    def _pull(self, walker: Walker) -> tuple[float, float]:
        """The acceleration with which somebody gets to walk as they want to."""
        wanted, partner = 0.0, walker.partner
        if walker.wait_s > 0:
            vx, vz = 0.0, 0.0
        elif partner is not None and not (partner.gone or walker.queues):
            x, z = partner.facing
            vx = partner.vx + (partner.x + z * walker.beside_m - walker.x) / 0.7
            vz = partner.vz + (partner.z - x * walker.beside_m - walker.z) / 0.7
        else:
            target = self._place(walker) if walker.queues else walker.goals[0]
            # Who comes to where they will stand slows down before it.
            left = math.dist((walker.x, walker.z), target)
            wanted = min(walker.speed, 1.5 * left) if walker.queues else walker.speed
            vx, vz = _towards((walker.x, walker.z), target, wanted)
        return (vx - walker.vx) / REACTION_S, (vz - walker.vz) / REACTION_S

    def _place(self, walker: Walker) -> Place:
        """Where somebody stands in the queue, or its end for one who has not joined it."""
        x, z = TERMINAL
        if walker not in self._queue and walker.z < z + QUEUE_M * (len(self._queue) + 1):
            self._queue.append(walker)
        place = self._queue.index(walker) if walker in self._queue else len(self._queue)
        return x + BESIDE_M * (walker.number % 2), z + QUEUE_M * place

    def _step(self, walker: Walker, step: float) -> None:
        walker.x += walker.vx * step
        walker.z += walker.vz * step
        turn = min(step / TURNING_S, 1.0)
        walker.face(walker.vx, walker.vz, turn)
        if walker.queues and math.hypot(walker.vx, walker.vz) < 0.6:
            walker.face(-walker.x, -walker.z, turn)
        walker.phase += 2 * math.pi * step * (0.25 + 0.75 * min(math.hypot(walker.vx, walker.vz), 1.5))
        if walker.queues:
            self._serve(walker, step)
        elif math.dist((walker.x, walker.z), walker.goals[0]) < 0.4 and len(walker.goals) > 1:
            walker.goals.pop(0)
        reached = not walker.queues and math.dist((walker.x, walker.z), walker.goals[-1]) < 0.3
        walker.gone = reached or walker.z < NEAR_M or walker.z > FAR_M + 1.5

    def _serve(self, walker: Walker, step: float) -> None:
        """Lets the first of the queue stand at the terminal for a while, and then go on."""
        if walker.wait_s > 0:
            walker.wait_s -= step
            walker.queues = walker.wait_s > 0
        elif self._queue[:1] == [walker] and math.dist((walker.x, walker.z), self._place(walker)) < 0.25:
            walker.wait_s = self._random.uniform(1.0, 4.0)


def _towards(start: Place, goal: Place, speed: float) -> tuple[float, float]:
    long = max(math.dist(start, goal), 1e-6)
    return (goal[0] - start[0]) * speed / long, (goal[1] - start[1]) * speed / long


def _push(walker: Walker, other: Walker) -> tuple[float, float]:
    """The acceleration away from somebody near, who is no partner; less where they are behind."""
    dx, dz = walker.x - other.x, walker.z - other.z
    away = math.hypot(dx, dz)
    if other is walker or not 0 < away < 4 * ROOM_M or walker.partner is other or other.partner is walker:
        return 0.0, 0.0
    behind = dx * walker.facing[0] + dz * walker.facing[1] > 0
    push = PUSH * math.exp((ROOM_M - away) / PUSH_M) * (0.3 if behind else 1.0)
    return push * dx / away, push * dz / away
