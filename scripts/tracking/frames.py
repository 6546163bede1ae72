"""What a simulation gives to a tracker, and to those who score it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.types import Observation

SCORE_THRESHOLD = 0.6
"""The least score of a face that counts."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera: picture in pixels, focal length in picture widths, height in metres, tilt in degrees."""

    width: int = 1280
    height: int = 720
    focal: float = 0.8
    above_ground: float = 2.2
    tilt: float = 8.0

    @property
    def view(self) -> float:
        """Half the width of what it sees, in distances from it."""
        return 0.5 / self.focal


ABOVE = Camera()
"""Above a door, and tilted down."""

EYE_LEVEL = Camera(focal=1.0, above_ground=1.6, tilt=0.0)


@dataclass(frozen=True, slots=True)
class Sight:
    """A face in a frame and whose it is; 0 for what is no person."""

    observation: Observation
    person: int


@dataclass(frozen=True, slots=True)
class SimulatedFrame:
    """What a frame shows: the faces that count, and those of a low score."""

    now: float
    sights: tuple[Sight, ...]
    weak: tuple[Sight, ...]


class Simulation(Protocol):
    """A scene that is played.

    Attributes:
        labels: The label of each person who has come so far, by their number.
    """

    labels: dict[int, int]

    def frames(self) -> Iterator[SimulatedFrame]:
        """Every frame until the last person is gone."""


class PlayedScene(Protocol):
    """What happens at an entrance, in numbers."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    @property
    def per_minute(self) -> float:
        """People who arrive in a minute."""

    @property
    def fps(self) -> float:
        """Frames in a second."""

    @property
    def camera(self) -> Camera:
        """Where it is seen from."""

    def play(self, minutes: float, seed: int) -> Simulation:
        """The scene with people of its own for each seed."""
