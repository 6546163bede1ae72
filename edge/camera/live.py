"""Live cameras: a thread keeps only the newest picture, and brings a lost camera back."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.errors import SourceError
from edge.system.clock import Clock
from edge.system.pulse import Pulse
from edge.types import Blind, Frame, Image

log = logging.getLogger(__name__)

BLIND_EVERY_S = 1.0
"""A source without pictures says so this often."""

THREAD = "capture"

JOIN_S = 0.5
"""How long closing waits for a camera that may be stuck in its driver."""


@dataclass(frozen=True, slots=True, eq=False)
class CapturedFrame:
    """A picture, its smaller rendering, and the monotonic time at which it was taken."""

    pixels: Image
    preview: Image | None
    taken: float


class Camera(Protocol):
    """An open camera, used by the capture thread alone."""

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        """Waits for the next picture and puts it into the memory of `spare` where that fits.

        Any error means that the camera is lost.
        """

    def close(self) -> None:
        """Gives the device back."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: the oldest picture worth acting upon, and between two tries to open a camera."""

    max_age_s: float
    retry_s: float
    blind_every_s: float = BLIND_EVERY_S


class LatestFrame:
    """Room for one picture; a newer one pushes it out, and its memory is used again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._captured: CapturedFrame | None = None
        self._spares: list[CapturedFrame] = []

    def put(self, captured: CapturedFrame) -> None:
        """Leaves a picture for the reader."""
        with self._changed:
            # Three frames circulate: with the reader, waiting here, and being written by the camera.
            if self._captured is not None:
                self._spares.append(self._captured)
            self._captured = captured
            self._changed.notify()

    def take(self, timeout: float) -> CapturedFrame | None:
        """The newest picture, waiting for one at most `timeout` seconds."""
        with self._changed:
            if self._captured is None:
                self._changed.wait(timeout)
            captured, self._captured = self._captured, None
            return captured

    def give_back(self, captured: CapturedFrame) -> None:
        """Lets the memory of a picture be written again."""
        with self._changed:
            self._spares.append(captured)

    def spare(self) -> CapturedFrame | None:
        """Memory that nobody reads."""
        with self._changed:
            return self._spares.pop() if self._spares else None

    def wake(self) -> None:
        """Ends a wait."""
        with self._changed:
            self._changed.notify()


class LiveSource:
    """A frame source over a camera that may be missing, die or hang, and come back.

    Neither the reader nor `close` ever waits for the camera. A frame's pixels hold until the next
    item is asked for. `name` is the camera's for people, without secrets.
    """

    def __init__(self, name: str, opener: Callable[[], Camera], timeouts: Timeouts, clock: Clock) -> None:
        self.name = name
        self._opener = opener
        self._timeouts = timeouts
        self._clock = clock
        self._latest = LatestFrame()
        self._closed = threading.Event()
        self._reason = f"{name} has given no picture yet"
        self._pulse = Pulse(clock.monotonic)
        self._thread = threading.Thread(target=self._capture, name=THREAD, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Frame | Blind]:
        index, last = 0, self._clock.monotonic()
        while not self._closed.is_set():
            captured = self._newest()
            if self._closed.is_set():
                return
            now = self._clock.monotonic()
            if captured is None:
                last = now
                yield Blind(self._reason, now, self._clock.wall())
                continue
            age = max(0.0, now - captured.taken)
            # A picture may be older than the blindness that was just reported; time never goes back.
            last = max(last, captured.taken)
            yield Frame(index, captured.pixels, last, self._clock.wall() - age, captured.preview, age)
            # The reader has asked for the next item, so it has done with these pixels.
            self._latest.give_back(captured)
            index += 1

    @property
    def busy_s(self) -> float:
        """Seconds for which the driver has been opening the camera, or giving a picture."""
        return self._pulse.busy_s

    def close(self) -> None:
        """Ends the iteration; a camera that hangs is left to its thread."""
        self._closed.set()
        self._latest.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _newest(self) -> CapturedFrame | None:
        """The newest picture that is young enough, None where there is none for a while."""
        deadline = self._clock.monotonic() + self._timeouts.blind_every_s
        while not self._closed.is_set():
            captured = self._latest.take(max(0.0, deadline - self._clock.monotonic()))
            now = self._clock.monotonic()
            if captured is not None and now - captured.taken <= self._timeouts.max_age_s:
                return captured
            # The deadline stands: a camera that gives old frames only is reported as blind all the same.
            if captured is not None:
                self._reason = f"{self.name} gives pictures older than {self._timeouts.max_age_s:g} s"
                self._latest.give_back(captured)
            if now >= deadline:
                break
        return None

    def _capture(self) -> None:
        while not self._closed.is_set():
            try:
                self._capture_until_lost()
            except Exception as error:  # drivers raise whatever they like
                self._lost(error)
            self._pulse.rest()
            self._closed.wait(self._timeouts.retry_s)

    def _capture_until_lost(self) -> None:
        """Keeps the newest frame until the camera is lost or the source closed."""
        self._pulse.beat()
        camera = self._opener()
        try:
            while not self._closed.is_set():
                self._pulse.beat()
                self._latest.put(camera.capture(self._latest.spare()))
                self._reason = f"{self.name} gives no pictures"
        finally:
            # On this thread, which alone may touch the camera.
            camera.close()

    def _lost(self, error: Exception) -> None:
        if isinstance(error, SourceError):
            self._reason = str(error)
        else:
            self._reason = f"{self.name} failed: {str(error) or type(error).__name__}"
        log.debug("%s; trying again in %g s", self._reason, self._timeouts.retry_s)


def leave() -> None:
    """Ends the process at once where a camera is stuck; else does nothing."""
    if stuck():
        # `os._exit` flushes nothing; why it is needed stands at `stuck`.
        logging.shutdown()
        os._exit(0)


def stuck() -> bool:
    """Whether a closed source has left a camera behind that hangs in its driver.

    A process that ends in the ordinary way would be aborted if the driver lets go meanwhile: Python
    ends such a thread by unwinding it, which C++ code does not survive. It has to leave by `os._exit`.
    """
    return any(thread.name == THREAD for thread in threading.enumerate())
