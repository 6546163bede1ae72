"""Stand-ins for hardware, clocks and brokers that record what is asked of them."""

from __future__ import annotations

import importlib.machinery
import itertools
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from edge.camera.live import CapturedFrame
from edge.errors import BrokerError, SpoolError
from edge.messages.payloads import Stored
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.client import Connection
from edge.mqtt.connector import Connector
from edge.mqtt.events import ConnectionEvent, Deliver, MessageReceived, PublishAcknowledged
from edge.mqtt.properties import PLAIN_JSON, MessageProperties
from edge.telemetry.records import SenderState
from edge.types import Gap, PassNotice


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

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()


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

    def skip(self) -> None:
        self.capture(None)

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
    grabbed: int = 0

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

    def grab(self) -> bool:
        self.grabbed += 1
        return self.grabbed + len(self.buffers) <= self.frames

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
        self.camera_controls = dict.fromkeys(library.controls, (0, 10, 0))
        self.told: dict[str, float] = {}
        library.opened.append(self)

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        self.calls.append("configure")
        if self.library.refuses:
            raise RuntimeError("no such mode")

    def set_controls(self, told: dict[str, float]) -> None:
        self.told |= told

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


class HalfOpenPicamera2:
    """A camera object that fails when it has the camera, and gives it back once it is collected.

    It is part of a circle, as the real one is.
    """

    def __init__(self, library: FakePicamera2Library) -> None:
        self.circle = self
        self.library = library
        library.held = True
        cause = OSError("the sensor does not answer")
        raise RuntimeError("Camera __init__ sequence did not complete.") from cause

    def __del__(self) -> None:
        self.library.held = False


class FakePicamera2Library:
    """The package `picamera2`, to be put into `sys.modules`."""

    def __init__(self, cameras: int = 1, stamp: float = 0.0, padding: int = 16) -> None:
        self.cameras = cameras
        self.stamp = stamp
        self.padding = padding
        self.refuses = False
        self.fails_half_open = False
        self.held = False
        self.controls = ("AfMode", "LensPosition", "ExposureValue", "AeMeteringMode", "AeExposureMode")
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
        if self.fails_half_open:
            HalfOpenPicamera2(self)
        return FakePicamera2(index, self)


class FakeConnection:
    """A connection that records what is asked of it; a test makes the broker's answers."""

    def __init__(self) -> None:
        self.alive = True
        self.closed = False
        self.gone = False
        self.in_flight: dict[int, tuple[str, bytes]] = {}
        self.published: list[tuple[str, bytes, bool]] = []
        self.properties: list[MessageProperties] = []
        self.subscriptions: list[tuple[str, Sequence[str]]] = []
        self.acknowledged: list[int] = []
        self._mids = itertools.count(1)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        properties: MessageProperties = PLAIN_JSON,
    ) -> int:
        if self.gone:
            raise BrokerError("the connection is gone")
        mid = next(self._mids)
        self.properties.append(properties)
        self.in_flight[mid] = (topic, payload)
        self.published.append((topic, payload, retain))
        return mid

    @property
    def unanswered(self) -> int:
        return len(self.in_flight)

    def answer(self, code: int, mid: int | None = None) -> PublishAcknowledged:
        """The broker's answer to the oldest message, or to the given one."""
        mid = min(self.in_flight) if mid is None else mid
        del self.in_flight[mid]
        return PublishAcknowledged(mid, code, "said so")

    def subscribe(self, filters: Sequence[str]) -> None:
        self.subscriptions.append(("subscribe", filters))

    def unsubscribe(self, filters: Sequence[str]) -> None:
        self.subscriptions.append(("unsubscribe", filters))

    def acknowledge(self, received: Iterable[MessageReceived]) -> None:
        self.acknowledged += (message.mid for message in received)

    def close(self, timeout: float = 0.0) -> None:
        self.closed = True


class FakeConnector(Connector):
    """Hands out connections that go nowhere."""

    def __init__(self, broker: Broker, options: ConnectOptions) -> None:
        super().__init__(broker, options)
        self.connections: list[FakeConnection] = []

    def connect(self, deliver: Deliver) -> FakeConnection:  # type: ignore[override]
        self.connections.append(FakeConnection())
        return self.connections[-1]


class BreakableConnector(Connector):
    """Makes real connections; with `break_next` the next acknowledgement ends its connection's thread."""

    def __init__(self, broker: Broker, options: ConnectOptions) -> None:
        super().__init__(broker, options)
        self.break_next = False

    def connect(self, deliver: Deliver) -> Connection:
        def deliver_or_fail(event: ConnectionEvent) -> None:
            if self.break_next and isinstance(event, PublishAcknowledged):
                self.break_next = False
                raise RuntimeError("a callback fails")
            deliver(event)

        return super().connect(deliver_or_fail)


class FakeSpoolReader:
    """A spool's unsent events and gaps in memory; records what is marked."""

    def __init__(self, count: int) -> None:
        self.events = [Stored(number, b"%d" % number) for number in range(1, count + 1)]
        self.sent: list[int] = []
        self.given_up: list[int] = []
        self.gaps: list[Gap] = []
        self.announced: list[int] = []
        self.notices: list[PassNotice] = []
        self.senders: list[SenderState] = []
        self.away: SpoolError | None = None
        self.replays = 0

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        handled = {*self.sent, *self.given_up}
        left = [e for e in self.events if e.position > after and e.position not in handled]
        return tuple(left[:limit])

    def newest(self) -> int:
        return self.events[-1].position if self.events else 0

    def mark_sent(self, positions: tuple[int, ...]) -> None:
        self.sent.extend(positions)

    def give_up(self, positions: tuple[int, ...]) -> None:
        self.given_up.extend(positions)

    def set_sender(self, sender: SenderState) -> None:
        if self.away is not None:
            raise self.away
        self.senders.append(sender)

    def next_notice(self) -> PassNotice | None:
        return self.notices.pop(0) if self.notices else None

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        return tuple([gap for gap in self.gaps if gap.position not in self.announced][:limit])

    def mark_gaps_sent(self, positions: tuple[int, ...]) -> None:
        self.announced.extend(positions)

    def replay(self, *positions: int) -> None:
        """Events are unsent again."""
        self.sent = [position for position in self.sent if position not in positions]
        self.replays += 1
