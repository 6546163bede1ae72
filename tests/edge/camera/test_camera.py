"""What each form of `camera.source` opens."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import camera
from edge.camera import open_recording, open_source
from edge.camera.live import LiveSource
from edge.config import CameraConfig
from edge.errors import SourceError
from edge.types import Blind, Frame
from tests.support.fakes import FakeClock

PREVIEW_SIDE = 320


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("3", "/dev/video3"),
        ("/dev/video63", "/dev/video63"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam"),
        ("rtsp://u:p@door/cam", "rtsp://door"),
        ("RTSPS://door/cam", "rtsps://door"),
    ],
)
def test_cameras_are_opened_in_the_background(
    monkeypatch: pytest.MonkeyPatch, source: str, name: str
) -> None:
    """A number, a device and an address each make a live source; opening it waits for nothing."""
    opened: list[str] = []

    def refuse(address: str, settings: CameraConfig, clock: object) -> None:
        opened.append(address)
        raise SourceError(f"{address} refuses")

    monkeypatch.setattr(camera, "open_usb", refuse)
    monkeypatch.setattr(camera, "open_rtsp", refuse)
    live = open_source(CameraConfig(source=source, retry_s=0.01), 0.0, PREVIEW_SIDE)
    assert isinstance(live, LiveSource)
    assert isinstance(next(iter(live)), Blind)
    live.close()
    assert set(opened) == {f"/dev/video{source}" if source.isdecimal() else source}
    assert live.name == name


def test_a_folder_plays_its_images_at_the_configured_rate(tmp_path: Path) -> None:
    """Image folders have no times of their own."""
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((4, 8, 3), 10 * index, np.uint8))
    clock = FakeClock()
    frames = list(
        open_source(CameraConfig(source=str(tmp_path), fps=2, pace="realtime"), 50.0, PREVIEW_SIDE, clock)
    )
    assert [(frame.monotonic, frame.wall) for frame in frames] == [(0.0, 50.0), (0.5, 50.5), (1.0, 51.0)]
    assert sum(clock.naps) == pytest.approx(1.0)


def test_a_folder_is_played_over_and_over(tmp_path: Path) -> None:
    """Where the configuration says so; whoever reads a recording once reads it once all the same."""
    settings = CameraConfig(source=str(tmp_path), pace="fast", repeat=True)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((24, 32, 3), np.uint8))
    played = open_source(settings, 0.0, PREVIEW_SIDE)
    frames = islice((item for item in played if isinstance(item, Frame)), 5)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert len(list(open_recording(settings, 0.0))) == 2


def test_one_image_is_a_recording_of_one_frame(tmp_path: Path) -> None:
    """A numbered image is not taken for the pattern of a series."""
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"img{index}.png"), np.full((4, 8, 3), index, np.uint8))
    source = CameraConfig(source=str(tmp_path / "img1.png"), pace="fast", rotation=90)
    (frame,) = open_source(source, 0.0, PREVIEW_SIDE)
    assert isinstance(frame, Frame)
    assert frame.pixels[0, 0, 0] == 1
    assert frame.size == (4, 8)


def test_a_missing_recording_is_refused_at_once() -> None:
    """A file that is not there is no camera that might come."""
    with pytest.raises(SourceError, match=r"nowhere\.mp4 does not exist"):
        open_source(CameraConfig(source="nowhere.mp4"), 0.0, PREVIEW_SIDE)


def test_a_recording_in_somebodys_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may well exist, and the service cannot reach it."""

    def refuse(path: object, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(SourceError, match=r"/home/me/clip\.mp4 cannot be reached.*below /home and /root"):
        open_source(CameraConfig(source="/home/me/clip.mp4"), 0.0, PREVIEW_SIDE)
