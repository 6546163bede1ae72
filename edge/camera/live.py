"""Live cameras: a thread keeps only the newest picture, and brings a lost camera back.

It is brought back in steps. A camera that fails is closed and opened again (`Recovery.REOPEN`), soon at
first and at last every `retry_s`. A driver that hangs is left behind with its thread, and another thread
opens the camera anew (`RECREATE`). Where neither helps, the program has to be started again (`RESTART`):
`given_up` says so, and a driver that hangs on starves the watchdog by `busy_s`.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.camera.frozen import Repeats
from edge.errors import SourceError
from edge.scene.view import ViewMonitor
from edge.system.clock import Clock
from edge.system.pulse import Pulse
from edge.types import Blind, Frame, Image, Recovery

log = logging.getLogger(__name__)

BLIND_EVERY_S = 1.0
"""A source without pictures says so this often."""

THREAD = "capture"

JOIN_S = 0.5
"""How long closing waits for a camera that may be stuck in its driver."""

FIRST_RETRY_S = 0.5
"""Between the loss of a camera and the first try to open it again; doubled with each try."""

HANG_S = 6.0
"""A driver that has not come back for so long hangs: those that wait for a picture give up within 5 s."""

MOST_LEFT = 3
"""Drivers that hang are left behind at most so often; each keeps its thread and its memory."""

RESTART_S = 60.0
"""A camera that has given pictures, and none for so long, may need a new start of the program."""

REST_STEP_S = 0.12
"""So long after a picture others are dropped while fewer are enough; at 15 a second every third is taken."""

FROZEN_S = 5.0
"""A camera that gives the same picture for so long is opened again."""


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

    def skip(self) -> None:
        """Waits for the next picture and drops it, which costs little; errors mean the same."""

    def close(self) -> None:
        """Gives the device back."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds.

    Attributes:
        max_age_s: The oldest picture worth acting upon.
        retry_s: The longest between two tries to open a camera.
        blind_every_s: So often a source without pictures says so.
        same_s: For how long a picture may be the same, to the bit, as the one before. A sensor's noise makes
            each one differ; a stream may say that nothing has changed.
        restart_s: See `RESTART_S`.
    """

    max_age_s: float
    retry_s: float
    blind_every_s: float = BLIND_EVERY_S
    same_s: float = 0.0
    restart_s: float = RESTART_S


class LatestFrame:
    """Room for one picture; a newer one pushes it out, and its memory is used again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._captured: CapturedFrame | None = None
        self._spares: list[CapturedFrame] = []

    def put(self, captured: CapturedFrame) -> None:
        """Leaves a picture for the reader."""
        with self._lock:
            # Three frames circulate: with the reader, waiting here, and being written by the camera.
            if self._captured is not None:
                self._spares.append(self._captured)
            self._captured = captured
        self._changed.set()

    def take(self, timeout: float) -> CapturedFrame | None:
        """The newest picture, waiting for one at most `timeout` seconds; there is one reader."""
        self._clock.wait(self._changed, timeout)
        # Before the look: a picture that comes meanwhile sets it again.
        self._changed.clear()
        with self._lock:
            captured, self._captured = self._captured, None
            return captured

    def give_back(self, captured: CapturedFrame) -> None:
        """Lets the memory of a picture be written again."""
        with self._lock:
            self._spares.append(captured)

    def spare(self) -> CapturedFrame | None:
        """Memory that nobody reads."""
        with self._lock:
            return self._spares.pop() if self._spares else None

    def wake(self) -> None:
        """Ends a wait."""
        self._changed.set()


class Capture:
    """One thread with the camera that it opens, until it is left or the camera is lost for good.

    Attributes:
        reason: Why there is no picture.
        tries: How often the camera was opened again since the last picture.
        resting: Whether fewer pictures are enough.
    """

    def __init__(
        self, name: str, opener: Callable[[], Camera], timeouts: Timeouts, clock: Clock, latest: LatestFrame
    ) -> None:
        self.reason = f"{name} has given no picture yet"
        self.tries = 0
        self.resting = False
        self._name = name
        self._opener = opener
        self._timeouts = timeouts
        self._clock = clock
        self._latest = latest
        self._left = threading.Event()
        # Over all openings: a camera that is opened again may still give the same picture.
        self._repeats = Repeats()
        self._pulse = Pulse(clock.monotonic)
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        self._thread.start()

    @property
    def busy_s(self) -> float:
        """Seconds for which the driver has been opening the camera, or giving a picture."""
        return self._pulse.busy_s

    @property
    def ended(self) -> bool:
        """Whether the thread has."""
        return not self._thread.is_alive()

    def leave(self) -> None:
        """Has the thread end as soon as its driver comes back."""
        self._left.set()

    def join(self) -> None:
        """Waits for the end of the thread, for a moment."""
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._left.is_set():
            try:
                self._capture_until_lost()
            except Exception as error:  # drivers raise whatever they like
                self._lost(error)
            self._pulse.rest()
            pause = min(FIRST_RETRY_S * 2 ** min(self.tries - 1, 16), self._timeouts.retry_s)
            self._clock.wait(self._left, pause)

    def _capture_until_lost(self) -> None:
        """Keeps the newest frame until the camera is lost or left."""
        self._pulse.beat()
        camera, kept_at = self._opener(), -math.inf
        try:
            while not self._left.is_set():
                self._pulse.beat()
                if self.resting and self._clock.monotonic() - kept_at < REST_STEP_S:
                    camera.skip()
                    continue
                captured = camera.capture(self._latest.spare())
                kept_at = self._clock.monotonic()
                same_s = self._repeats.same_for(captured.pixels, kept_at)
                if same_s > self._timeouts.same_s:
                    self._refuse_frozen(captured, same_s)
                elif not self._left.is_set():
                    self._take(captured)
        finally:
            # On this thread, which alone may touch the camera.
            camera.close()

    def _take(self, captured: CapturedFrame) -> None:
        if self.tries:
            log.warning("%s gives pictures again", self._name)
        self._latest.put(captured)
        self.reason, self.tries = f"{self._name} gives no pictures", 0

    def _refuse_frozen(self, captured: CapturedFrame, same_s: float) -> None:
        """Passes over a picture that shows nothing new.

        Raises:
            SourceError: That has been so for long.
        """
        self._latest.give_back(captured)
        self.reason = f"{self._name} gives the same picture again and again"
        if same_s >= self._timeouts.same_s + FROZEN_S:
            raise SourceError(self.reason)

    def _lost(self, error: Exception) -> None:
        before = self.reason
        if isinstance(error, SourceError):
            self.reason = str(error)
        else:
            self.reason = f"{self._name} failed: {str(error) or type(error).__name__}"
        self.tries += 1
        # Each reason once: a camera that is not there may be away for days.
        log.log(
            logging.DEBUG if self.tries > 1 and self.reason == before else logging.WARNING,
            "%s; it is opened again",
            self.reason,
        )


class LiveSource:
    """A frame source over a camera that may be missing, die, freeze or hang, and come back.

    Neither the reader nor `close` ever waits for the camera. A frame's pixels hold until the next
    item is asked for. `name` is the camera's for people, without secrets.
    """

    def __init__(self, name: str, opener: Callable[[], Camera], timeouts: Timeouts, clock: Clock) -> None:
        self.name = name
        self._opener = opener
        self._timeouts = timeouts
        self._clock = clock
        self._latest = LatestFrame(clock)
        self._closed = threading.Event()
        self._view = ViewMonitor()
        self._stale = ""
        self._first_picture: float | None = None
        self._last_picture = 0.0
        self._left: list[Capture] = []
        self._hung_since: float | None = None
        self._capture = self._begin()

    def __iter__(self) -> Iterator[Frame | Blind]:
        index, last = 0, self._clock.monotonic()
        while not self._closed.is_set():
            captured = self._newest()
            if self._closed.is_set():
                return
            now = self._clock.monotonic()
            if captured is None:
                last = now
                yield self._blind(now)
                continue
            self._first_picture = now if self._first_picture is None else self._first_picture
            self._last_picture, self._hung_since = now, None
            age = max(0.0, now - captured.taken)
            # A picture may be older than the blindness that was just reported; time never goes back.
            last = max(last, captured.taken)
            view = self._view.update(captured.pixels if captured.preview is None else captured.preview, last)
            yield Frame(index, captured.pixels, last, self._clock.wall() - age, captured.preview, age, view)
            # The reader has asked for the next item, so it has done with these pixels.
            self._latest.give_back(captured)
            index += 1

    @property
    def busy_s(self) -> float:
        """Seconds for which the driver has been opening the camera, or giving a picture.

        One that hangs counts on after it was left, until a picture comes.
        """
        since = self._hung_since
        return max(self._capture.busy_s, 0.0 if since is None else self._clock.monotonic() - since)

    @property
    def given_up(self) -> str:
        """Why only a new start of the program may bring pictures back; empty while there is hope.

        A camera that has not worked for some time in this run is waited for: another start is no better.
        """
        now, restart_s = self._clock.monotonic(), self._timeouts.restart_s
        if self._first_picture is None or self._last_picture - self._first_picture < restart_s:
            return ""
        dark_s = now - self._last_picture
        return f"{self._reason}, for {dark_s:.0f} s by now" if dark_s >= restart_s else ""

    def rest(self, resting: bool) -> None:
        """Has the camera give about five pictures a second where it gives more, or all of them again."""
        self._capture.resting = resting

    def close(self) -> None:
        """Ends the iteration; a camera that hangs is left to its thread."""
        self._closed.set()
        self._latest.wake()
        self._capture.leave()
        self._capture.join()

    @property
    def _reason(self) -> str:
        return self._stale or self._capture.reason

    def _begin(self) -> Capture:
        return Capture(self.name, self._opener, self._timeouts, self._clock, self._latest)

    def _blind(self, now: float) -> Blind:
        """Why there is no picture, and what is done about it."""
        self._leave_what_hangs(now)
        attempts = self._capture.tries + len(self._left)
        if self.given_up:
            recovery = Recovery.RESTART
        elif self._hung_since is not None:
            recovery = Recovery.RECREATE
        else:
            recovery = Recovery.REOPEN if attempts else Recovery.NONE
        return Blind(self._reason, now, self._clock.wall(), recovery, attempts)

    def _leave_what_hangs(self, now: float) -> None:
        """Opens the camera on another thread where the driver does not come back."""
        self._left = [left for left in self._left if not left.ended]
        busy_s = self._capture.busy_s
        if busy_s < HANG_S and not self._left:
            self._hung_since = None
        if busy_s < HANG_S or len(self._left) >= MOST_LEFT:
            return
        log.warning("the driver of %s has hung for %.0f s; it is left, and opened anew", self.name, busy_s)
        if self._hung_since is None:
            self._hung_since = now - busy_s
        self._capture.leave()
        self._left.append(self._capture)
        reason = f"the driver of {self.name} hangs"
        self._capture = self._begin()
        self._capture.reason = reason

    def _newest(self) -> CapturedFrame | None:
        """The newest picture that is young enough, None where there is none for a while."""
        deadline = self._clock.monotonic() + self._timeouts.blind_every_s
        while not self._closed.is_set():
            captured = self._latest.take(max(0.0, deadline - self._clock.monotonic()))
            now = self._clock.monotonic()
            if captured is not None and now - captured.taken <= self._timeouts.max_age_s:
                self._stale = ""
                return captured
            # The deadline stands: a camera that gives old frames only is reported as blind all the same.
            if captured is not None:
                self._stale = f"{self.name} gives pictures older than {self._timeouts.max_age_s:g} s"
                self._latest.give_back(captured)
            if now >= deadline:
                break
        return None


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
