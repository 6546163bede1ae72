"""The switch of the live view, and the way of a picture to who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from edge.errors import LiveViewError, ModelError
from edge.pipeline.pipeline import Cycle
from edge.tracking.register import PassUpdate
from edge.types import (
    Blind,
    Box,
    Face,
    Frame,
    FrameAnalysis,
    Observation,
    SeenFace,
    Stage,
    TrackedFace,
)
from edge.vision import live_view
from edge.vision.annotate_tracks import HIDDEN_S
from edge.vision.live_view import EVERY_S, LASTS_S, LONG_SIDE, LiveView, shrunk
from edge.vision.view_painter import ViewedFrame
from tests.support.fakes import FakeClock

FACE = Face(Box(100, 100, 80, 90), 0.9)
LOW = Face(Box(300, 100, 40, 40), 0.35)
PIXELS = np.full((720, 1280, 3), 90, np.uint8)


class Painter:
    """Numbers its pictures, and keeps what they were made of."""

    def __init__(self) -> None:
        self.painted: list[ViewedFrame] = []

    def paint(self, view: ViewedFrame) -> bytes:
        self.painted.append(view)
        return f"picture {len(self.painted)}".encode()


class Scene:
    """A live view, its clock, and a loop that gives it cycles."""

    def __init__(self) -> None:
        self.clock, self.painter = FakeClock(), Painter()
        self.view = LiveView(lambda: self.painter, monotonic=lambda: self.clock.now, wall=lambda: 5000.0)  # type: ignore[arg-type,return-value]

    def cycle(self, *, looked_at: bool = True, faces: tuple[SeenFace, ...] = ()) -> Cycle:
        analysis = FrameAnalysis((observed(FACE),), 0.0, 0.0, (LOW,)) if looked_at else None
        frame = Frame(0, PIXELS, self.clock.now, 0.0)
        return Cycle(frame, analysis, PassUpdate(faces=faces), 0.0, carried=not looked_at)

    @contextmanager
    def looping(self, make: Callable[[], Cycle] | None = None) -> Iterator[None]:
        """A loop that turns beside the test."""
        stopping = threading.Event()

        def turn() -> None:
            while not stopping.wait(0.001):
                self.view.observe((make or self.cycle)(), ())

        thread = threading.Thread(target=turn)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


def observed(face: Face) -> Observation:
    return Observation(face, (1.0, 0.0, 0.0), 100.0, 0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_it_is_off_until_it_is_switched_on(scene: Scene) -> None:
    """Also after a start of the program: nothing of it is kept anywhere."""
    assert scene.view.until is None
    with pytest.raises(LiveViewError, match="is off"):
        scene.view.picture()


def test_it_gives_what_the_camera_sees(scene: Scene) -> None:
    """The frame as it is shown, and all faces of that very frame, whether they count or not."""
    scene.view.switch_on("somebody")
    assert scene.view.until == 5000.0 + LASTS_S
    with scene.looping():
        assert scene.view.picture() == b"picture 1"
    (painted,) = scene.painter.painted
    assert (painted.pixels.shape, painted.scale) == ((360, LONG_SIDE, 3), 0.5)
    assert (painted.counted, painted.others) == ((FACE,), (LOW,))


def test_it_ends_by_itself(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """After ten minutes, whoever asks; the log tells its begin, by whom, and its end."""
    scene.view.switch_on("the page")
    scene.clock.now += LASTS_S + 1
    assert scene.view.until is None
    with pytest.raises(LiveViewError, match="is off"):
        scene.view.picture()
    scene.view.observe(scene.cycle(), ())
    assert caplog.messages == [
        "the live view is on for 10 min, switched on by the page",
        "the live view is off: its time is over",
    ]


def test_it_is_switched_off(scene: Scene) -> None:
    """From then on there is no picture, not even the last one."""
    scene.view.switch_on("somebody")
    with scene.looping():
        scene.view.picture()
    scene.view.switch_off("somebody")
    assert scene.view.until is None
    with pytest.raises(LiveViewError, match="is off"):
        scene.view.picture()


def test_what_is_not_allowed_stays_off() -> None:
    """No faces are looked for then, and nothing is opened."""
    view = LiveView(lambda: pytest.fail("opened"), allowed=False)
    with pytest.raises(LiveViewError, match=r"web\.live_view"):
        view.switch_on("somebody")
    assert view.until is None


def test_without_a_detector_it_stays_off() -> None:
    """Where faces cannot be found nothing can be pixelated."""

    def fail() -> Any:
        raise ModelError("the detector is damaged")

    view = LiveView(fail)
    with pytest.raises(ModelError):
        view.switch_on("somebody")
    assert view.until is None


def test_two_who_ask_share_a_picture(scene: Scene) -> None:
    """Within a moment there is one picture; after it there is another."""
    scene.view.switch_on("somebody")
    with scene.looping(), ThreadPoolExecutor() as pool:
        assert set(pool.map(lambda _: scene.view.picture(), range(6))) == {b"picture 1"}
        scene.clock.now += EVERY_S + 0.01
        assert scene.view.picture() == b"picture 2"


def test_a_frame_that_was_not_looked_at_is_not_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows where the faces are in it, and those of an earlier frame have moved."""
    monkeypatch.setattr(live_view, "PATIENCE_S", 0.05)
    scene.view.switch_on("somebody")
    with (
        scene.looping(lambda: scene.cycle(looked_at=False)),
        pytest.raises(LiveViewError, match="no picture in which faces were looked for"),
    ):
        scene.view.picture()
    with (
        scene.looping(lambda: Cycle(Blind("gone", 0.0, 0.0), None, PassUpdate(), 0.0)),
        pytest.raises(LiveViewError),
    ):
        scene.view.picture()
    assert scene.painter.painted == []


def test_nothing_is_copied_while_nobody_asks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither while it is off, nor while it is on."""
    monkeypatch.setattr(live_view, "shrunk", lambda _: pytest.fail("copied"))
    scene.view.observe(scene.cycle(), ())
    scene.view.switch_on("somebody")
    scene.view.observe(scene.cycle(), ())


def test_a_face_that_is_missed_is_pixelated_where_it_was(scene: Scene) -> None:
    """For a while, and around its last place; a detector misses faces now and then."""
    scene.view.switch_on("somebody")
    seen = SeenFace(TrackedFace(FACE.box, 1, 1, Stage.OPEN, None, 0.0, ()), False, None)
    scene.view.observe(scene.cycle(faces=(seen,)), ())
    scene.clock.now += HIDDEN_S / 2
    with scene.looping():
        scene.view.picture()
    low, missed = scene.painter.painted[0].others
    assert (low, missed.box.centre) == (LOW, FACE.box.centre)
    assert missed.box.w > FACE.box.w


def test_a_picture_that_is_finished_too_late_is_not_given(scene: Scene) -> None:
    """Who switches off while one is made gets it as little as anybody else."""
    paint = scene.painter.paint

    def switch_off_meanwhile(view: ViewedFrame) -> bytes:
        scene.view.switch_off("somebody")
        return paint(view)

    scene.painter.paint = switch_off_meanwhile  # type: ignore[method-assign]
    scene.view.switch_on("somebody")
    with scene.looping(), pytest.raises(LiveViewError, match="is off"):
        scene.view.picture()


def test_the_end_of_the_program_waits_for_a_picture(scene: Scene) -> None:
    """Who waits for a frame is told at once; from then on it cannot be switched on."""
    scene.view.switch_on("somebody")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(scene.view.picture)
        while not scene.view._wanted:
            pass
        scene.view.stop()
        with pytest.raises(LiveViewError, match="is off"):
            asked.result(60)
    with pytest.raises(LiveViewError, match="the program ends"):
        scene.view.switch_on("somebody")


def test_a_small_frame_is_copied() -> None:
    """The camera writes into a frame's memory as soon as its cycle is over."""
    small = np.zeros((48, 64, 3), np.uint8)
    pixels, scale = shrunk(small)
    assert scale == 1.0
    assert not np.shares_memory(pixels, small)
