"""Recordings: every frame, in order, with media time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.camera.recording import BETWEEN_PLAYS_S, Playback, Recording, RepeatedReader, VideoReader, _later
from edge.errors import SourceError
from edge.types import Frame
from tests.support.fakes import FakeClock
from tests.support.recordings import ListReader

FPS = 10


FAST = Playback(realtime=False, start_wall=0.0, rotation=0)


def write_video(file: Path, frames: int = 12, codec: str = "mp4v", size: tuple[int, int] = (64, 48)) -> Path:
    """A video that gets brighter with every frame."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), FPS, size)
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((size[1], size[0], 3), 20 * (index % 12), np.uint8))
    writer.release()
    return file


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_every_frame_comes_in_order_with_media_time(tmp_path: Path, name: str, codec: str) -> None:
    """Brightness, index and time of all frames are those that were written."""
    reader = VideoReader(write_video(tmp_path / name, 12, codec))
    seen = [
        (frame.index, round(float(frame.pixels.mean()) / 20), frame.monotonic, frame.age)
        for frame in Recording(reader, FAST, FakeClock())
    ]
    assert [item[:2] for item in seen] == [(index, index) for index in range(12)]
    assert [item[2] for item in seen] == pytest.approx([index / FPS for index in range(12)], abs=1e-3)
    assert {item[3] for item in seen} == {0.0}


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_video_may_change_its_size_midway(tmp_path: Path, rotation: int) -> None:
    """As a camera that is set otherwise writes it: all frames come, in the size of the first."""
    sizes = [(64, 48)] * 3 + [(32, 24)] * 3 + [(128, 96)] * 3
    pictures = [cv2.imencode(".jpg", np.full((h, w, 3), 99, np.uint8))[1].tobytes() for w, h in sizes]
    (tmp_path / "a.mjpeg").write_bytes(b"".join(pictures))
    recording = Recording(VideoReader(tmp_path / "a.mjpeg"), Playback(False, 0.0, rotation), FakeClock())
    shapes = [frame.pixels.shape for frame in recording]
    assert shapes == [(48, 64, 3) if rotation == 0 else (64, 48, 3)] * 9


def test_frames_are_decoded_into_one_buffer(tmp_path: Path) -> None:
    """Nothing is allocated per frame once the first is there."""
    frames = Recording(VideoReader(write_video(tmp_path / "a.mp4")), FAST, FakeClock())
    assert len({frame.pixels.__array_interface__["data"][0] for frame in frames}) == 1


def test_realtime_sleeps_to_media_time_and_changes_no_time() -> None:
    """Pacing waits until each frame is due, and gives the times that a fast run gives."""
    clock = FakeClock()
    due = []
    paced = []
    recording = Recording(ListReader(0.0, 0.1, 0.7), Playback(True, 1000.0, 0), clock)
    for frame in (item for item in recording if isinstance(item, Frame)):
        due.append(clock.now - 100.0)
        paced.append((frame.monotonic, frame.wall))
    fast = [
        (frame.monotonic, frame.wall)
        for frame in Recording(ListReader(0.0, 0.1, 0.7), Playback(False, 1000.0, 0), FakeClock())
    ]
    assert due == pytest.approx([0.0, 0.1, 0.7])
    assert paced == fast == [(0.0, 1000.0), (0.1, 1000.1), (0.7, 1000.7)]


def test_a_slow_reader_gets_every_frame_at_once() -> None:
    """A reader that falls behind loses nothing; what is overdue comes without waiting."""
    clock = FakeClock()
    moments = []
    for frame in Recording(ListReader(*(index / 10 for index in range(8))), Playback(True, 0.0, 0), clock):
        moments.append(frame.monotonic)
        clock.now += 0.35 if frame.index < 3 else 0.0
    assert moments == pytest.approx([index / 10 for index in range(8)])
    assert sum(clock.naps) == 0


def test_a_repeated_recording_goes_on() -> None:
    """It is opened again at its end; its times go on, with a pause in which everybody is gone."""
    readers = [ListReader(0.0, 0.5), ListReader(0.0, 0.5), ListReader()]
    opened = iter(readers)
    frames = list(Recording(RepeatedReader(lambda: next(opened)), FAST, FakeClock()))
    again = 0.5 + BETWEEN_PLAYS_S
    assert [frame.monotonic for frame in frames] == [0.0, 0.5, again, again + 0.5]
    assert [reader.closed for reader in readers] == [True, True, False]


def test_closing_ends_a_long_wait() -> None:
    """A recording that sleeps towards a late frame stops when it is closed."""
    clock = FakeClock()
    reader = ListReader(0.0, 3600.0)
    recording = Recording(reader, Playback(True, 0.0, 0), clock)
    frames = iter(recording)
    next(frames)
    clock.sleep = lambda seconds: recording.close()  # type: ignore[method-assign]
    assert list(frames) == []
    assert reader.closed


def test_closing_twice_and_reading_on_is_harmless(tmp_path: Path) -> None:
    """A closed recording gives nothing more."""
    recording = Recording(VideoReader(write_video(tmp_path / "a.mp4")), FAST, FakeClock())
    next(iter(recording))
    recording.close()
    recording.close()
    assert list(recording) == []


def test_a_recording_that_ends_early_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cut-off video gives what is there, and a warning with both lengths."""
    whole = write_video(tmp_path / "a.avi", 40, "MJPG").read_bytes()
    file = tmp_path / "half.avi"
    file.write_bytes(whole[: len(whole) // 2])
    frames = [frame.index for frame in Recording(VideoReader(file), FAST, FakeClock())]
    assert 5 < len(frames) < 35
    assert "half.avi ends at" in caplog.text
    assert "of its 4.0 s" in caplog.text


def test_a_whole_recording_is_not_complained_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Reading to the end writes nothing to the log."""
    list(Recording(VideoReader(write_video(tmp_path / "a.mp4")), FAST, FakeClock()))
    assert caplog.text == ""


def broken(tmp_path: Path, kind: str) -> Path:
    file = tmp_path / f"{kind}.mp4"
    if kind == "text":
        file.write_text("hello")
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "headless":
        file.write_bytes(write_video(tmp_path / "whole.mp4").read_bytes()[:600])
    elif kind == "frameless":
        write_video(file, frames=0)
    return file


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "headless", "frameless"])
def test_what_is_no_video_is_refused_when_opened(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """Every broken file gives one sentence that names it, and nothing on stderr."""
    file = broken(tmp_path, kind)
    capfd.readouterr()
    with pytest.raises(SourceError, match=rf"{kind}\.mp4 "):
        VideoReader(file)
    assert capfd.readouterr().err == ""


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=30))
def test_media_time_never_goes_back(given_times: list[float]) -> None:
    """Whatever a container says, times begin at zero or later and rise with every frame."""
    last = -0.04
    for moment in given_times:
        if last > 1e12:
            return
        later = _later(moment, last, 0.04)
        assert later > last
        assert later >= 0
        last = later


def test_without_times_the_frame_rate_counts() -> None:
    """A container that says zero for every frame gets one step per frame."""
    moments = [-0.04]
    for _ in range(3):
        moments.append(_later(0.0, moments[-1], 0.04))
    assert moments[1:] == pytest.approx([0.0, 0.04, 0.08])


@pytest.mark.shared
def test_gifs_have_their_own_times(shared: Path) -> None:
    """The frames of a GIF last as long as the file says, which is no fixed step."""
    reader = VideoReader(shared / "data" / "clips" / "face-demographics-walking.gif")
    moments = [frame.monotonic for frame in Recording(reader, FAST, FakeClock())]
    assert len(moments) == 35
    assert moments[:3] == pytest.approx([0.0, 0.08, 0.17])
