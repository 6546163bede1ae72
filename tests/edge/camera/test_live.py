"""Live sources: the newest picture, bounded age, blindness, and cameras that come back."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edge.camera.live import CapturedFrame, LatestFrame, LiveSource, Timeouts, stuck
from edge.errors import SourceError
from edge.system.clock import SystemClock
from edge.types import Blind, Frame
from tests.support.fakes import ScriptedCamera
from tests.support.mosquitto import wait_until

QUICK = Timeouts(max_age_s=5.0, retry_s=0.01, blind_every_s=0.05)


def captured(grey: int = 1, taken: float | None = None) -> CapturedFrame:
    pixels = np.full((4, 6, 3), grey, np.uint8)
    return CapturedFrame(pixels, None, time.monotonic() if taken is None else taken)


MADE: list[tuple[LiveSource, tuple[ScriptedCamera | Exception, ...]]] = []


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    """Lets cameras that hang go, so that no test sees another's."""
    yield
    while MADE:
        source, cameras = MADE.pop()
        for camera in cameras:
            if isinstance(camera, ScriptedCamera):
                camera.unblock.set()
        source.close()
    wait_until(lambda: not stuck())


def source_of(*cameras: ScriptedCamera | Exception, timeouts: Timeouts = QUICK) -> LiveSource:
    """A source whose camera is opened with these results, one after the other."""
    results = iter(cameras)

    def open_next() -> ScriptedCamera:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    MADE.append((LiveSource("/dev/video9", open_next, timeouts, SystemClock()), cameras))
    return MADE[-1][0]


def until(source: LiveSource, found: Callable[[Frame | Blind], bool]) -> Frame | Blind:
    """The first item of a source that is what is looked for."""
    return next(item for item in itertools.islice(source, 200) if found(item))


def is_frame(item: Frame | Blind) -> bool:
    return isinstance(item, Frame)


def test_only_the_newest_picture_is_kept() -> None:
    """A reader that comes late gets the last of three pictures, and no other after it."""
    camera = ScriptedCamera(captured(1), captured(2), captured(3))
    source = source_of(camera)
    assert camera.hanging.wait(5)
    items = list(itertools.islice(source, 2))
    camera.unblock.set()
    source.close()
    assert isinstance(items[0], Frame)
    assert items[0].pixels[0, 0, 0] == 3
    assert isinstance(items[1], Blind)


def test_the_memory_of_passed_over_pictures_is_used_again() -> None:
    """A picture that nobody looked at, or that was given back, is offered as a spare."""
    first, second, third = captured(1), captured(2), captured(3)
    slot = LatestFrame(SystemClock())
    slot.put(first)
    slot.put(second)
    assert slot.spare() is first
    assert slot.spare() is None
    assert slot.take(0) is second
    slot.put(third)
    assert slot.spare() is None, "the reader still looks at the second"
    slot.give_back(second)
    assert slot.spare() is second


def test_a_camera_writes_into_at_most_three_pictures() -> None:
    """One with the reader, one waiting, one being written: no more memory than that circulates."""

    class Endless:
        def __init__(self) -> None:
            self.made = 0

        def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
            time.sleep(0.0005)
            self.made += spare is None
            pixels = np.zeros((4, 6, 3), np.uint8) if spare is None else spare.pixels
            return CapturedFrame(pixels, None, time.monotonic())

        def skip(self) -> None: ...

        def close(self) -> None: ...

    camera = Endless()
    source = LiveSource("camera", lambda: camera, QUICK, SystemClock())
    assert all(map(is_frame, itertools.islice(source, 50)))
    source.close()
    assert camera.made <= 3


def test_frames_carry_their_age_and_the_time_of_capture() -> None:
    """Age, monotonic and wall time all speak of the moment the picture was taken."""
    taken = time.monotonic() - 0.2
    source = source_of(ScriptedCamera(captured(1, taken)))
    before = time.time()
    frame = until(source, is_frame)
    source.close()
    assert isinstance(frame, Frame)
    assert 0.2 <= frame.age < 5
    assert frame.wall == pytest.approx(time.time() - frame.age, abs=time.time() - before + 0.01)
    assert frame.index == 0


def test_a_picture_that_is_too_old_is_never_acted_upon() -> None:
    """A picture beyond the greatest age is passed over, and the source says why it is blind."""
    source = source_of(ScriptedCamera(captured(1, time.monotonic() - 60)))
    items = list(itertools.islice(source, 3))
    source.close()
    assert not any(map(is_frame, items))
    assert isinstance(items[0], Blind)
    assert items[0].reason == "/dev/video9 gives pictures older than 5 s"


def test_time_never_goes_back_after_blindness() -> None:
    """A picture taken before a reported blindness counts as taken at the blindness."""
    was_blind = threading.Event()
    camera = ScriptedCamera(captured(1, time.monotonic() - 4))

    def open_late() -> ScriptedCamera:
        was_blind.wait(30)
        return camera

    source = LiveSource("/dev/video9", open_late, Timeouts(3600.0, 0.01, 0.05), SystemClock())
    MADE.append((source, (camera,)))
    items = []
    for item in source:
        items.append(item)
        was_blind.set()
        if isinstance(item, Frame):
            break
    source.close()
    *_, blind, frame = items
    assert isinstance(blind, Blind)
    assert isinstance(frame, Frame)
    assert frame.monotonic == blind.monotonic
    assert frame.age >= 4


def test_a_camera_that_is_not_there_makes_blind_and_is_awaited() -> None:
    """Nothing is raised; the reason is the opener's, and the camera is taken when it comes."""
    missing = SourceError("/dev/video9 is not there")
    absent = [missing] * 20
    source = source_of(*absent, ScriptedCamera(captured(7)))
    blind = next(iter(source))
    frame = until(source, is_frame)
    source.close()
    assert isinstance(blind, Blind)
    assert blind.reason == "/dev/video9 is not there"
    assert isinstance(frame, Frame)
    assert frame.pixels[0, 0, 0] == 7


def test_a_camera_that_dies_is_closed_and_opened_again() -> None:
    """After a driver's error the device is given back, and its successor's pictures come."""
    first, second = ScriptedCamera(captured(1), RuntimeError("USB reset")), ScriptedCamera(captured(2))
    source = source_of(first, second)
    frame = until(source, lambda item: isinstance(item, Frame) and item.pixels[0, 0, 0] == 2)
    source.close()
    assert first.closed.is_set()
    assert isinstance(frame, Frame)


def test_an_error_of_a_driver_becomes_the_reason() -> None:
    """What a library raises is shown with the camera's name; one without words by its kind."""
    for error, says in (
        (RuntimeError("USB reset"), "/dev/video9 failed: USB reset"),
        (TimeoutError(), "/dev/video9 failed: TimeoutError"),
    ):
        source = source_of(*[error] * 50, timeouts=Timeouts(5.0, 0.05, 0.1))
        blind = next(iter(source))
        source.close()
        assert isinstance(blind, Blind)
        assert blind.reason == says


def test_a_camera_that_hangs_blocks_neither_reader_nor_close() -> None:
    """While the driver is stuck, the reader goes blind in time and closing returns."""
    camera = ScriptedCamera(captured(1))
    source = source_of(camera)
    first, second = itertools.islice(source, 2)
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < 5
    assert isinstance(first, Frame)
    assert isinstance(second, Blind)
    assert second.reason == "/dev/video9 gives no pictures"
    assert not camera.closed.is_set()
    assert stuck(), "the process must not end in the ordinary way"
    camera.unblock.set()
    assert camera.closed.wait(5), "its own thread gives it back as soon as the driver lets go"
    wait_until(lambda: not stuck())


def test_closing_from_another_thread_wakes_the_reader() -> None:
    """A reader that waits for a picture ends at once when the source is closed."""
    source = source_of(ScriptedCamera(), timeouts=Timeouts(5.0, 0.01, 3600.0))
    closer = threading.Timer(0.05, source.close)
    closer.start()
    assert list(source) == []
    closer.join()
