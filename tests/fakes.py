"""Stand-ins for hardware and clocks that record what is asked of them."""

from __future__ import annotations

import importlib.machinery
import threading
from dataclasses import dataclass, field
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from edge.camera.live import CapturedFrame


class FakeClock:
    """A clock that stands still unless somebody sleeps."""

    def __init__(self, monotonic: float = 100.0, wall: float = 1_700_000_000.0) -> None:
        self.now = monotonic
        self.offset = wall - monotonic
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.offset

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class ScriptedCamera:
    """A camera that gives the frames it is handed; None makes it hang, an error makes it die."""

    def __init__(self, *script: CapturedFrame | Exception | None) -> None:
        self._script = list(script)
        self.spares: list[CapturedFrame | None] = []
        self.closed = threading.Event()
        self.hanging = threading.Event()
        self.unblock = threading.Event()

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        self.spares.append(spare)
        step = self._script.pop(0) if self._script else None
        if isinstance(step, Exception):
            raise step
        if step is None:
            self.hanging.set()
            self.unblock.wait(30)
            raise TimeoutError("the driver gave up")
        return step

    def close(self) -> None:
        self.closed.set()


@dataclass
class FakeCapture:
    """`cv2.VideoCapture` of a camera: records its settings and gives frames of one brightness each."""

    opened: bool = True
    stamp_ms: float = 0.0
    frames: int = 10
    settings: list[tuple[int, float]] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=list)
    released: bool = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, prop: int, value: float) -> bool:
        self.settings.append((prop, value))
        return False

    def get(self, prop: int) -> float:
        return self.stamp_ms

    def read(self, image: Any = None) -> tuple[bool, Any]:
        self.buffers.append(image)
        if len(self.buffers) > self.frames:
            return False, None
        out = np.empty((48, 64, 3), np.uint8) if image is None else image
        out[:] = len(self.buffers)
        return True, out

    def release(self) -> None:
        self.released = True


class FakePicamera2:
    """Picamera2's camera object: colours are told apart, lines are padded as the hardware does.

    The main stream is blue at the top and red below; the small one is white at the left and black
    at the right.
    """

    def __init__(self, index: int, library: FakePicamera2Library) -> None:
        self.index = index
        self.library = library
        self.calls: list[str] = []
        self.asked: dict[str, Any] = {}
        self.taken = 0
        self.released = 0
        library.opened.append(self)

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        self.calls.append("configure")
        if self.library.refuses:
            raise RuntimeError("no such mode")

    def camera_configuration(self) -> dict[str, Any]:
        (w, h), (lw, lh) = self.asked["main"]["size"], self.asked["lores"]["size"]
        pad = self.library.padding
        return {
            "main": {"size": (w, h), "stride": 3 * w + pad},
            "lores": {"size": (lw, lh), "stride": lw + pad},
        }

    def start(self) -> None:
        self.calls.append("start")

    def capture_request(self, wait: float) -> FakeRequest:
        if self.library.frames_left == 0:
            raise TimeoutError
        self.library.frames_left -= 1
        self.taken += 1
        return FakeRequest(self)

    def close(self) -> None:
        self.calls.append("close")


class FakeRequest:
    """A completed request, which must be given back."""

    def __init__(self, camera: FakePicamera2) -> None:
        self.camera = camera

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": round(self.camera.library.stamp * 1e9)}

    def release(self) -> None:
        self.camera.released += 1

    def memory(self, stream: str) -> Any:
        configured = self.camera.camera_configuration()[stream]
        (w, h), stride = configured["size"], configured["stride"]
        if stream == "main":
            lines = np.zeros((h, stride), np.uint8)
            lines[: h // 2, 0 : 3 * w : 3] = 255
            lines[h // 2 :, 2 : 3 * w : 3] = 255
        else:
            lines = np.full((h * 3 // 2, stride), 128, np.uint8)
            lines[:h] = 16
            lines[:h, : w // 2] = 235
        # The memory of a buffer is a whole number of pages, so more than the picture.
        return np.concatenate([lines.reshape(-1), np.zeros(64, np.uint8)])


class FakeMappedArray:
    """Picamera2's `MappedArray` with `reshape=False`: the memory of one stream, while it is held."""

    def __init__(self, request: FakeRequest, stream: str, reshape: bool = True) -> None:
        if reshape:
            raise AssertionError("older Picamera2 cannot reshape padded streams")
        self.array = request.memory(stream)

    def __enter__(self) -> FakeMappedArray:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.array[:] = 0


class FakePicamera2Library:
    """The package `picamera2`, to be put into `sys.modules`."""

    def __init__(self, cameras: int = 1, stamp: float = 0.0, padding: int = 16) -> None:
        self.cameras = cameras
        self.stamp = stamp
        self.padding = padding
        self.refuses = False
        self.frames_left = 1000
        self.opened: list[FakePicamera2] = []

    def module(self) -> ModuleType:
        module = ModuleType("picamera2")
        module.__spec__ = importlib.machinery.ModuleSpec("picamera2", None)
        module.Picamera2 = self._open  # type: ignore[attr-defined]
        module.MappedArray = FakeMappedArray  # type: ignore[attr-defined]
        return module

    def _open(self, index: int) -> FakePicamera2:
        if index >= self.cameras:
            raise IndexError("list index out of range")
        return FakePicamera2(index, self)
