"""A camera that is broken and mended by hand, on a clock of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from edge.camera.live import CapturedFrame
from edge.errors import SourceError
from edge.types import Image
from tests.support.virtual_clock import VirtualClock

STEP_S = 0.2
"""Between two pictures."""

READ_S = 2.0
"""A driver gives up by itself after this."""


@dataclass
class Hardware:
    """A camera that can be broken and mended from outside, whoever has opened it."""

    clock: VirtualClock
    fault: str = ""
    opened: int = 0
    skipped: int = 0
    step_s: float = STEP_S
    shown: list[Image] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def open(self) -> OpenCamera:
        self.opened += 1
        if self.fault == "end":
            raise SourceError("the camera is not there")
        return OpenCamera(self)

    def picture(self) -> Image:
        """Another noise each time."""
        self.shown.append(np.random.default_rng(len(self.shown)).integers(0, 255, (16, 16, 3), np.uint8))
        return self.shown[-1]


class OpenCamera:
    """The hardware, once it was opened."""

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        hardware, clock = self.hardware, self.hardware.clock
        clock.sleep(hardware.step_s)
        if hardware.fault == "end":
            raise SourceError("the camera is gone")
        if hardware.fault == "stall":
            clock.sleep(READ_S)
            raise TimeoutError("no picture")
        if hardware.fault == "hang":
            clock.wait(hardware.let_go, 1e9)
            raise TimeoutError("the driver was let go")
        picture = hardware.shown[-1] if hardware.fault == "freeze" else hardware.picture()
        return CapturedFrame(picture, None, clock.monotonic())

    def skip(self) -> None:
        self.hardware.skipped += 1
        self.capture(None)

    def close(self) -> None: ...
