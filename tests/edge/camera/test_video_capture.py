"""USB and network cameras through OpenCV."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import cv2
import pytest

from edge.camera import video_capture
from edge.camera.video_capture import CapturedCamera, open_rtsp, open_usb
from edge.config import CameraConfig
from edge.errors import SourceError
from tests.support.fakes import FakeCapture, FakeClock


def test_a_usb_camera_is_asked_for_motion_jpeg_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The format comes before size and rate, which depend on it; one buffer keeps pictures fresh."""
    capture = FakeCapture()
    asked = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: asked.append(arguments) or capture)
    open_usb("/dev/video4", CameraConfig(width=640, height=360, fps=12), FakeClock())
    assert asked == [("/dev/video4", cv2.CAP_V4L2)]
    assert capture.settings == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 640),
        (cv2.CAP_PROP_FRAME_HEIGHT, 360),
        (cv2.CAP_PROP_FPS, 12),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]


def test_the_drivers_stamp_tells_when_a_picture_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """V4L2 stamps are milliseconds of the monotonic clock."""
    capture = FakeCapture(stamp_ms=100_250.0)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: capture)
    clock = FakeClock(100.0)
    camera = open_usb("/dev/video4", CameraConfig(), clock)
    clock.now = 100.4
    assert camera.capture(None).taken == 100.25


def test_pictures_go_into_spare_memory() -> None:
    """The memory of a spare picture is written again."""
    camera = CapturedCamera("cam", FakeCapture(), 0, float)  # type: ignore[arg-type]
    first = camera.capture(None)
    second = camera.capture(first)
    assert second.pixels is first.pixels
    assert second.pixels[0, 0, 0] == 2


def test_turned_pictures_go_into_spare_memory_too() -> None:
    """With a rotation, what is decoded stays apart from what is handed out."""
    capture = FakeCapture()
    camera = CapturedCamera("cam", capture, 90, float)  # type: ignore[arg-type]
    first = camera.capture(None)
    second = camera.capture(first)
    assert first.pixels.shape == (64, 48, 3)
    assert second.pixels is first.pixels
    assert capture.buffers[1] is not first.pixels


def test_a_camera_that_stops_is_an_error_and_is_given_back() -> None:
    """A failed read says which camera; closing releases the device."""
    capture = FakeCapture(frames=0)
    camera = CapturedCamera("/dev/video4", capture, 0, float)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="/dev/video4 stopped giving pictures"):
        camera.capture(None)
    camera.close()
    assert capture.released


def test_a_picture_that_is_not_wanted_is_not_decoded() -> None:
    """It is taken from the driver and no more; a camera that stops meanwhile is an error all the same."""
    capture = FakeCapture(frames=2)
    camera = CapturedCamera("/dev/video4", capture, 0, float)  # type: ignore[arg-type]
    camera.skip()
    camera.skip()
    assert (capture.grabbed, capture.buffers) == (2, [])
    with pytest.raises(SourceError, match="/dev/video4 stopped giving pictures"):
        camera.skip()


def test_a_missing_device_is_said_to_be_missing(capfd: pytest.CaptureFixture[str]) -> None:
    """OpenCV's real V4L2 reader refuses; the sentence is ours and stderr stays clean."""
    with pytest.raises(SourceError, match="/dev/video63 is not there"):
        open_usb("/dev/video63", CameraConfig(), FakeClock())
    assert capfd.readouterr().err == ""


def test_a_forbidden_device_names_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device without rights says which group has them."""
    device = tmp_path / "video"
    device.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(device))
    with pytest.raises(SourceError, match="group video"):
        open_usb(str(device), CameraConfig(), FakeClock())


def test_a_file_that_is_no_camera_is_refused(tmp_path: Path) -> None:
    """Something that is there and is no camera says so."""
    device = tmp_path / "video"
    device.touch()
    with pytest.raises(SourceError, match="cannot be opened; another program may hold it"):
        open_usb(str(device), CameraConfig(), FakeClock())


def test_a_network_camera_that_refuses_is_named_without_its_password(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A closed port gives one sentence; neither it nor stderr holds what must stay secret."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"rtsp://admin:hunter2@127.0.0.1:{port}/cam?token=abc"
    with pytest.raises(SourceError, match=r"^rtsp://127\.0\.0\.1 cannot be reached") as caught:
        open_rtsp(url, CameraConfig(), FakeClock())
    assert not any(secret in str(caught.value) for secret in ("admin", "hunter2", "abc", "cam?", str(port)))
    assert capfd.readouterr().err == ""


def test_a_network_camera_is_opened_with_bounded_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening and reading end by themselves, one thread decodes, and packets come over TCP."""
    asked = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: asked.append(arguments) or FakeCapture())
    clock = FakeClock(55.0)
    camera = open_rtsp("rtsp://door/cam", CameraConfig(), clock)
    assert asked[0][:2] == ("rtsp://door/cam", cv2.CAP_FFMPEG)
    options = dict(zip(asked[0][2][::2], asked[0][2][1::2], strict=True))
    assert options == {
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: video_capture.RTSP_OPEN_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC: video_capture.RTSP_READ_MS,
        cv2.CAP_PROP_N_THREADS: 1,
    }
    assert camera.capture(None).taken == 55.0
    assert "rtsp_transport;tcp" in os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"]
