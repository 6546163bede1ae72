"""Recordings whose times are missing, begin late, or have gaps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import open_recording
from edge.camera.recording import Playback, Recording, VideoReader, is_raw_stream
from edge.config import CameraConfig
from edge.types import Frame
from tests.support.fakes import FakeClock
from tests.support.matroska import write_matroska

FAST = Playback(realtime=False, start_wall=0.0, rotation=0)


def write_jpegs(file: Path, frames: int = 12) -> Path:
    """A raw stream of motion JPEG: pictures one behind the other, and nothing else."""
    pictures = (
        cv2.imencode(".jpg", np.full((48, 64, 3), 20 * index, np.uint8))[1] for index in range(frames)
    )
    file.write_bytes(b"".join(picture.tobytes() for picture in pictures))
    return file


def moments(settings: CameraConfig) -> list[float]:
    return [
        frame.monotonic for frame in open_recording(settings, 0.0, FakeClock()) if isinstance(frame, Frame)
    ]


def test_a_raw_stream_runs_at_the_configured_rate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It holds no times; what it was recorded with is known to the configuration alone."""
    file = write_jpegs(tmp_path / "x.mjpeg")
    assert moments(CameraConfig(source=str(file), pace="fast", fps=15)) == pytest.approx(
        [index / 15 for index in range(12)]
    )
    assert caplog.text == ""


def test_a_raw_stream_without_a_configured_rate_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The rate is a guess then, and everything that is counted in seconds depends on it."""
    file = write_jpegs(tmp_path / "x.mjpeg")
    assert len(moments(CameraConfig(source=str(file), pace="fast"))) == 12
    assert "x.mjpeg is a raw stream" in caplog.text
    assert "camera.fps" in caplog.text


@pytest.mark.parametrize(
    ("start", "raw"),
    [
        (b"\0\0\0\1\x67\x42", True),  # H.264: sequence parameters
        (b"\0\0\1\x09\x10", True),  # H.264: access unit delimiter
        (b"\0\0\0\1\x40\x01", True),  # H.265: video parameters
        (b"\xff\xd8\xff\xe0", True),
        (b"\0\0\1\xba\x44", False),  # MPEG program stream: has times
        (b"\0\0\1\xb3\x14", False),  # MPEG-2: has a rate
        (b"\0\0\0\x20ftypisom", False),
        (b"\x1a\x45\xdf\xa3", False),
        (b"RIFF\0\0\0\0AVI ", False),
        (b"", False),
        (b"\0\0\0\1", False),
    ],
)
def test_a_raw_stream_is_known_by_its_first_bytes(tmp_path: Path, start: bytes, raw: bool) -> None:
    """Whatever its name is."""
    file = tmp_path / "x.bin"
    file.write_bytes(start)
    assert is_raw_stream(file) is raw


def test_a_recording_that_begins_late_is_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A piece of a longer one keeps its times; the container then tells when it ends, and not its length."""
    file = write_matroska(tmp_path / "late.mkv", [10_000 + index / 10 for index in range(20)], ends=10_002)
    frames = list(Recording(VideoReader(file), FAST, FakeClock()))
    assert [frame.monotonic for frame in frames] == pytest.approx(
        [index / 10 for index in range(20)], abs=1e-3
    )
    assert caplog.text == ""


@pytest.mark.parametrize("begins", [0, 10_000])
def test_a_recording_that_is_cut_off_is_told_wherever_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, begins: float
) -> None:
    """The warning tells both lengths."""
    file = write_matroska(
        tmp_path / "cut.mkv", [begins + index / 10 for index in range(20)], ends=begins + 60
    )
    list(Recording(VideoReader(file), FAST, FakeClock()))
    assert "cut.mkv ends at 1.9 s of its 60.0 s" in caplog.text


def test_the_times_of_a_gap_are_kept(tmp_path: Path) -> None:
    """Two clips that were joined have an hour between them."""
    file = write_matroska(tmp_path / "gap.mkv", [0.0, 0.1, 3600.0], ends=3600.1)
    assert [frame.monotonic for frame in Recording(VideoReader(file), FAST, FakeClock())] == pytest.approx(
        [0.0, 0.1, 3600.0], abs=1e-3
    )
