"""The Raspberry Pi camera, against a recording stand-in for Picamera2."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.camera import open_source
from edge.camera.picamera2 import PiCamera, controls, preview_size, require_package
from edge.config import CameraConfig, CameraControlsConfig
from edge.errors import MissingPackageError, SourceError
from edge.types import Blind, Frame
from tests.support.fakes import FakeClock, FakePicamera2Library

PREVIEW_SIDE = 320
SMALL = CameraConfig(source="picamera2", width=64, height=36, fps=10, retry_s=0.02)
BLUE, RED = [255, 0, 0], [0, 0, 255]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakePicamera2Library:
    library = FakePicamera2Library(stamp=100.1)
    monkeypatch.setitem(sys.modules, "picamera2", library.module())
    return library


def opened(settings: CameraConfig = SMALL, side: int = 32, clock: FakeClock | None = None) -> PiCamera:
    return PiCamera(0, settings, side, clock or FakeClock())


def test_asks_for_a_full_stream_and_a_small_one(library: FakePicamera2Library) -> None:
    """Main is BGR in memory at the configured size, lores YUV of the same shape, and both are started."""
    opened(CameraConfig(width=1280, height=720, fps=10), side=320)
    device = library.opened[0]
    assert device.asked["main"] == {"size": (1280, 720), "format": "RGB888"}
    assert device.asked["lores"] == {"size": (320, 180), "format": "YUV420"}
    assert device.asked["controls"] == {"FrameRate": 10}
    assert device.calls == ["configure", "start"]


@pytest.mark.parametrize("padding", [0, 16])
def test_pictures_come_out_of_padded_lines(library: FakePicamera2Library, padding: int) -> None:
    """Colours and sides are right in both streams, whatever the hardware adds to a line."""
    library.padding = padding
    captured = opened().capture(None)
    assert captured.pixels.shape == (36, 64, 3)
    assert captured.pixels[0, 0].tolist() == captured.pixels[17, 63].tolist() == BLUE
    assert captured.pixels[18, 0].tolist() == captured.pixels[35, 63].tolist() == RED
    assert captured.preview is not None
    assert captured.preview.shape == (18, 32, 3)
    assert captured.preview[:, :16].min() >= 250
    assert captured.preview[:, 16:].max() <= 5


def test_every_request_is_given_back_at_once(library: FakePicamera2Library) -> None:
    """No request outlives its picture, and the picture outlives the request."""
    captured = opened().capture(None)
    assert (library.opened[0].taken, library.opened[0].released) == (1, 1)
    assert captured.pixels[0, 0].tolist() == BLUE


def test_a_request_is_given_back_when_reading_it_fails(library: FakePicamera2Library) -> None:
    """An error between taking and copying leaks no request."""
    camera = opened()
    library.stamp = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        camera.capture(None)
    assert library.opened[0].released == 1


@pytest.mark.parametrize("rotation", [0, 90])
def test_pictures_go_into_spare_memory(library: FakePicamera2Library, rotation: int) -> None:
    """Both pictures are written into the memory of a spare frame."""
    camera = opened(SMALL.model_copy(update={"rotation": rotation}))
    first = camera.capture(None)
    second = camera.capture(first)
    assert second.pixels is first.pixels
    assert second.preview is first.preview


def test_both_streams_are_turned(library: FakePicamera2Library) -> None:
    """With 90 degrees the blue top is at the right, and the white left at the top."""
    captured = opened(SMALL.model_copy(update={"rotation": 90})).capture(None)
    assert captured.pixels.shape == (64, 36, 3)
    assert captured.pixels[0, 35].tolist() == BLUE
    assert captured.pixels[0, 0].tolist() == RED
    assert captured.preview is not None
    assert captured.preview.shape == (32, 18, 3)
    assert captured.preview[:16].min() >= 250


def test_the_sensors_stamp_tells_when_a_picture_was_taken(library: FakePicamera2Library) -> None:
    """The stamp is in nanoseconds of the monotonic clock."""
    clock = FakeClock(100.0)
    camera = opened(clock=clock)
    clock.now = 100.4
    assert camera.capture(None).taken == pytest.approx(100.1)


def test_a_camera_that_will_not_start_is_closed(library: FakePicamera2Library) -> None:
    """A camera that was opened and refuses its configuration is given back."""
    library.refuses = True
    with pytest.raises(RuntimeError, match="no such mode"):
        opened()
    assert library.opened[0].calls == ["configure", "close"]


def test_a_camera_that_was_opened_half_is_given_back(library: FakePicamera2Library) -> None:
    """Picamera2 holds it until what has failed is collected: no try succeeds before. The cause is told."""
    library.fails_half_open = True
    with pytest.raises(SourceError, match=r"opened \(the sensor does not answer\)"):
        opened()
    assert not library.held


def test_a_missing_package_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Picamera2 there is nothing to wait for."""
    monkeypatch.setitem(sys.modules, "picamera2", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="python3-picamera2") as error:
        require_package()
    assert error.value.exit_code == 8, "the service does not try again"
    with pytest.raises(MissingPackageError, match="python3-picamera2"):
        open_source(SMALL, 0.0, PREVIEW_SIDE)


def test_a_numpy_that_hides_the_systems_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `edge.txt` on a Pi, picamera2 would fail in the middle of an import, which says nothing."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    require_package()
    other = tmp_path / "numpy-0.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.9\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError, match=r"hides the system's.*pi\.txt"):
        require_package()


def test_a_missing_camera_makes_blind_until_it_comes(library: FakePicamera2Library) -> None:
    """The package is there, the camera is not: blind first, then frames with previews."""
    library.cameras = 0
    source = open_source(SMALL, 0.0, PREVIEW_SIDE)
    items = iter(source)
    blind = next(items)
    library.cameras = 1
    frame = next(item for item in itertools.islice(items, 20) if isinstance(item, Frame))
    assert isinstance(blind, Blind)
    assert blind.reason.startswith("camera 0 is not there or cannot be opened (list index")
    assert frame.size == (64, 36)
    assert frame.preview is not None
    source.close()
    assert library.opened[0].calls[-1] == "close"


def test_the_number_behind_the_colon_picks_the_camera(library: FakePicamera2Library) -> None:
    """`picamera2:1` is the second camera."""
    library.cameras = 2
    source = open_source(SMALL.model_copy(update={"source": "picamera2:1"}), 0.0, PREVIEW_SIDE)
    next(item for item in source if isinstance(item, Frame))
    source.close()
    assert [device.index for device in library.opened] == [1]


@given(st.integers(2, 5000), st.integers(2, 5000), st.integers(96, 1920))
def test_previews_have_even_sides_and_the_pictures_shape(width: int, height: int, side: int) -> None:
    """YUV 4:2:0 needs even sides; the shape is kept to within the rounding."""
    w, h = preview_size(width, height, side)
    assert w % 2 == h % 2 == 0
    assert 2 <= max(w, h) <= max(side, 2) + 1
    scale = min(1.0, side / max(width, height))
    assert abs(w - width * scale) <= 2
    assert abs(h - height * scale) <= 2


ALL_CONTROLS = (
    "AfMode",
    "LensPosition",
    "ExposureValue",
    "AeMeteringMode",
    "AeExposureMode",
    "AeFlickerMode",
    "AeFlickerPeriod",
)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, {"AfMode": 2, "ExposureValue": 0.0, "AeMeteringMode": 0, "AeExposureMode": 0}),
        ({"focus": "fixed", "focus_m": 2.5}, {"AfMode": 0, "LensPosition": 0.4}),
        ({"brightness_ev": 1.5, "metering": "spot"}, {"ExposureValue": 1.5, "AeMeteringMode": 1}),
        ({"exposure": "short", "flicker_hz": 50}, {"AeExposureMode": 1, "AeFlickerPeriod": 10_000}),
        ({"flicker_hz": 60}, {"AeFlickerMode": 1, "AeFlickerPeriod": 8_333}),
    ],
)
def test_each_key_becomes_a_control_of_libcamera(chosen: dict[str, Any], told: dict[str, float]) -> None:
    """By its number; a distance in dioptres, a mains frequency as the period of its light."""
    assert told.items() <= controls(CameraControlsConfig(**chosen), ALL_CONTROLS).items()


def test_a_camera_is_told_what_it_knows(
    library: FakePicamera2Library, caplog: pytest.LogCaptureFixture
) -> None:
    """One without autofocus works as ever; what was asked for in vain is logged."""
    library.controls = ("ExposureValue",)
    opened(SMALL)
    assert library.opened[0].told == {"ExposureValue": 0.0}
    assert not caplog.messages
    wanted = CameraControlsConfig(focus="fixed", brightness_ev=1.0)
    opened(SMALL.model_copy(update={"controls": wanted}))
    assert library.opened[1].told == {"ExposureValue": 1.0}
    assert caplog.messages == ["this camera does not know camera.controls.focus"]


def test_a_picture_that_is_not_wanted_is_given_back_without_a_copy(library: FakePicamera2Library) -> None:
    """The camera goes on."""
    camera = opened()
    camera.skip()
    assert (library.opened[0].taken, library.opened[0].released) == (1, 1)
    assert camera.capture(None).pixels[0, 0].tolist() == BLUE
