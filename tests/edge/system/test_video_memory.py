"""Videos whose frames grow: FFmpeg refuses what is too large before it decodes."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import recording
from edge.camera.recording import VideoReader
from edge.system import video_files
from edge.system import video_memory as memory
from edge.system.picture_limit import USUAL_MEGAPIXELS, picture_limit
from edge.system.video_memory import VideoMemory
from edge.vision.picture_output import picture_output

SMALL, LARGE = (64, 48), (1600, 1200)
PEAK = """
import resource, sys
from pathlib import Path
from edge.camera.recording import VideoReader
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reader = VideoReader(Path(sys.argv[1]))
while reader.next() is not None:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def jpeg(size: tuple[int, int]) -> bytes:
    return cv2.imencode(".jpg", np.full((size[1], size[0], 3), 99, np.uint8))[1].tobytes()


def stream(file: Path, size: tuple[int, int]) -> bytes:
    code = "VP80" if file.suffix == ".ivf" else "mp4v"
    writer = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 25, size)
    assert writer.isOpened()
    for shade in range(3):
        writer.write(np.full((size[1], size[0], 3), 90 + shade, np.uint8))
    writer.release()
    return file.read_bytes()


def growing(folder: Path, kind: str) -> Path:
    """A video of three small frames, larger ones, and small ones again."""
    file = folder / f"grows.{kind}"
    if kind == "mjpeg":
        small, large = jpeg(SMALL) * 3, jpeg(LARGE)
    else:
        small, large = stream(folder / f"small.{kind}", SMALL), stream(folder / f"large.{kind}", LARGE)
    head = 32 if kind == "ivf" else 0
    file.write_bytes(small + large[head:] + small[head:])
    return file


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bound of one megapixel, and the usual one afterwards."""
    lowered = VideoMemory()
    lowered.allow_later_frames(1)
    for module in (recording, video_files):
        monkeypatch.setattr(module, "video_memory", lowered)
    monkeypatch.setattr(picture_limit, "megapixels", 1)
    yield
    VideoMemory().allow_later_frames(USUAL_MEGAPIXELS)


def frames_of(file: Path) -> int:
    reader, count = VideoReader(file), 0
    while reader.next() is not None:
        count += 1
    return count


@pytest.mark.parametrize("kind", ["mjpeg", "ivf", "ts"])
def test_a_video_ends_before_a_frame_beyond_the_limit(
    tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """What was read is given; a sentence names the file, the moment and the limit."""
    file = growing(tmp_path, kind)
    request.getfixturevalue("limit")
    assert frames_of(file) == 3
    assert f"grows.{kind} ends at 0.1 s" in caplog.text
    assert "more than 1 megapixels" in caplog.text


def test_frames_within_the_limit_may_grow(tmp_path: Path) -> None:
    """A camera that is set otherwise writes such a stream."""
    assert frames_of(growing(tmp_path, "mjpeg")) == 7


@pytest.mark.usefixtures("limit")
def test_a_large_first_frame_is_allowed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The bound is that of the picture limit, whatever the frames take in memory."""
    file = tmp_path / "large.mjpeg"
    file.write_bytes(jpeg((1000, 990)) * 3)
    assert frames_of(file) == 3
    assert caplog.text == ""


def test_a_large_video_can_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An encoder takes more than a decoder."""
    caplog.set_level(logging.WARNING)
    with picture_output(tmp_path / "a.mp4", "a") as output:
        for index in range(3):
            output.write(np.zeros((2160, 3840, 3), np.uint8), index / 25)
    assert frames_of(tmp_path / "a.mp4") == 3


def test_a_frame_of_few_bytes_takes_no_memory(tmp_path: Path) -> None:
    """Of a picture that says it has 256 megapixels FFmpeg would take the memory before it looks into it."""
    small = jpeg(SMALL)
    at = small.index(b"\xff\xc0") + 5
    claims = small[:at] + (16_000).to_bytes(2, "big") * 2 + small[at + 4 :]
    (tmp_path / "bomb.mjpeg").write_bytes(small * 3 + claims * 3 + small)
    command = [sys.executable, "-c", PEAK, str(tmp_path / "bomb.mjpeg")]
    taken = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(taken.stdout) < 100


def test_ffmpeg_is_found() -> None:
    """The OpenCV of the locks brings FFmpeg as libraries of their own."""
    assert len(memory._libraries()) == 1


def test_what_is_allowed_is_not_taken_back() -> None:
    """Another video may be read that needs it."""
    limit = VideoMemory()
    limit.allow_later_frames(50)
    limit.allow_later_frames(1)
    assert limit._most >= 50_000_000
