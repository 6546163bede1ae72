"""Pictures in a folder, and videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ConfigError, StorageError
from edge.types import Image
from edge.vision.picture_output import check_output, picture_output, write_jpeg


def pictures(count: int, width: int = 64) -> list[Image]:
    return [np.full((48, width, 3), 20 * number, np.uint8) for number in range(count)]


def read(file: Path) -> tuple[int, float, tuple[int, ...]]:
    """Frames, frames a second, and the shape of a video."""
    capture = cv2.VideoCapture(str(file))
    frames = []
    while (step := capture.read())[0]:
        frames.append(step[1])
    return len(frames), capture.get(cv2.CAP_PROP_FPS), frames[0].shape


def test_a_video_has_every_frame_at_the_recordings_own_rate(tmp_path: Path) -> None:
    """Also where its first frame is overwritten, as a decoder's buffer is; its folder is made."""
    file = tmp_path / "new" / "seen.mp4"
    with picture_output(file, "x") as output:
        for number, picture in enumerate(pictures(6)):
            output.write(picture, 2 + number / 10)
            picture[:] = 0
    assert read(file) == (6, pytest.approx(10), (48, 64, 3))
    assert [found.name for found in file.parent.iterdir()] == ["seen.mp4"]


def test_a_single_picture_is_a_video_too(tmp_path: Path) -> None:
    """At a usual rate."""
    with picture_output(tmp_path / "one.MP4", "x") as output:
        output.write(pictures(1)[0], 0.0)
    assert read(tmp_path / "one.MP4")[0] == 1


def test_a_video_that_does_not_come_to_its_end_leaves_what_was_there(tmp_path: Path) -> None:
    """The recording broke off; no half video takes the place of a whole one."""
    file = tmp_path / "seen.mp4"
    file.write_bytes(b"earlier")

    def fail() -> None:
        with picture_output(file, "x") as output:
            for picture in pictures(3):
                output.write(picture, 0.0)
            raise StorageError("elsewhere")

    with pytest.raises(StorageError, match="elsewhere"):
        fail()
    assert file.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_gets_a_picture_for_each_frame(tmp_path: Path) -> None:
    """Numbered from 1, behind the name of the recording."""
    with picture_output(tmp_path / "seen", "01-visit") as output:
        for picture in pictures(3):
            output.write(picture, 0.0)
    assert sorted(found.name for found in (tmp_path / "seen").iterdir()) == [
        f"01-visit-{number:05d}.jpg" for number in (1, 2, 3)
    ]


def test_what_no_encoder_takes_is_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do instead; the libraries keep quiet."""
    monkeypatch.setattr("edge.vision.picture_output.CODEC", "av01")

    def write() -> None:
        with picture_output(tmp_path / "seen.mp4", "x") as output:
            for picture in pictures(2):
                output.write(picture, 0.0)

    with pytest.raises(StorageError, match=r"seen\.mp4 cannot be written: .*name a folder"):
        write()
    assert capfd.readouterr().err == ""
    with pytest.raises(StorageError, match="too large for a JPEG"):
        write_jpeg(tmp_path / "wide.jpg", np.zeros((1, 70_000, 3), np.uint8))


@pytest.mark.parametrize(
    ("path", "recordings", "sentence"),
    [
        ("out.avi", ("a.mp4",), "would not be an MP4"),
        ("out.mp4", ("a.mp4", "b.mp4"), "one recording"),
        ("./a.mp4", ("a.mp4",), "the recording itself"),
        ("photos", ("photos",), "the recording itself"),
    ],
)
def test_an_output_that_cannot_be_meant_is_refused(
    path: str, recordings: tuple[str, ...], sentence: str
) -> None:
    """Before anything is played."""
    with pytest.raises(ConfigError, match=f"--annotate: .*{sentence}"):
        check_output(Path(path), tuple(map(Path, recordings)))


@pytest.mark.parametrize("name", ["file/seen.mp4", "file/folder/seen.mp4"])
def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, name: str) -> None:
    """A file stands in its place."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match=r"seen\.mp4 cannot be written"),
        picture_output(tmp_path / name, "door"),
    ):
        pass
