"""The straight line from frame to verdict, and the ports through which the world is reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.types import Blind, Event, Face, Frame, Lamp, Observation, State, Verdict


class FrameSource(Protocol):
    """Where frames come from.

    A live source yields at least once a second, a `Blind` where the camera gave nothing, and never
    ends; a recording yields every frame in order and ends.
    """

    def __iter__(self) -> Iterator[Frame | Blind]: ...

    def close(self) -> None: ...


class FaceDetector(Protocol):
    """Finds faces; boxes and landmarks are in pixels of the camera's frame."""

    def detect(self, frame: Frame) -> tuple[Face, ...]: ...


class MaskClassifier(Protocol):
    """Says of each face how its mask is worn."""

    model_version: str

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]: ...


class Indicator(Protocol):
    """Shows the lamp's state to the people in front of it. `show` is called on changes only."""

    def show(self, lamp: Lamp) -> None: ...

    def close(self) -> None: ...


class Outbox(Protocol):
    """The spool as the vision side sees it: neither call waits for a disk or a network."""

    def append(self, event: Event) -> None: ...

    def set_state(self, state: State) -> None: ...
