"""`predict` and `replay` with files as they are: bad ones among good ones, and names of every kind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from edge import bundle
from tests.support.paths import ROOT
from tests.support.pictures import E_ACUTE, encoded, huge_png, noise, photo, save_photos


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


def maskgate(folder: Path, *arguments: str | Path) -> Ended:
    """Runs the program in a process of its own, for what is wrong may end it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STATE_DIRECTORY": str(folder / "state")}
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def short_video(folder: Path) -> bytes:
    """Two frames."""
    file = folder / "short.avi"
    video = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (160, 120))
    for _ in range(2):
        video.write(noise(160, 120))
    video.release()
    return file.read_bytes()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two good pictures, three bad ones, and what is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    save_photos(folder, "a.jpg", "e.jpg")
    (folder / "b.jpg").write_bytes(photo()[:5000])
    (folder / "c.png").write_bytes(huge_png())
    (folder / "d.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")
    (folder / "._a.jpg").write_bytes(b"\0\5\26\7\0\2\0\0Mac OS X")
    (folder / "dangling.jpg").symlink_to("nothing")
    (folder / "folder.jpg").mkdir()
    return folder


def test_bad_files_do_not_end_a_folder(mixed: Path) -> None:
    """The good ones are in the table, each bad one has a sentence at the end, and the exit code is 4."""
    ended = maskgate(mixed.parent, "predict", "photos")
    assert ended.code == 4
    assert [line.split()[0] for line in ended.out.splitlines()] == ["picture", "a.jpg", "e.jpg"]
    lines = ended.err.splitlines()
    assert "photos: left out what is no picture: ._a.jpg, dangling.jpg, folder.jpg" in lines[0]
    assert [line.split()[1] for line in lines[1:]] == ["photos/b.jpg", "photos/c.png", "photos/d.heic"]


def test_bad_files_among_named_ones(mixed: Path) -> None:
    """A missing file, a picture that is none and a video that is none, as JSON."""
    (mixed / "text.mp4").write_text("no video")
    ended = maskgate(mixed, "predict", "--json", "gone.jpg", "b.jpg", "a.jpg", "text.mp4", "e.jpg")
    assert ended.code == 4
    assert [json.loads(line)["path"] for line in ended.out.splitlines()] == ["a.jpg", "e.jpg"]
    assert [line.split()[1] for line in ended.err.splitlines()] == ["gone.jpg", "b.jpg", "text.mp4"]


def test_a_folder_with_what_is_no_picture_is_no_fault(tmp_path: Path) -> None:
    """Notes beside pictures are named, and the exit code is 0."""
    save_photos(tmp_path, "a.jpg")
    (tmp_path / "notes.txt").touch()
    ended = maskgate(tmp_path, "predict", ".")
    assert (ended.code, "notes.txt" in ended.err) == (0, True)


def test_replay_goes_on_behind_a_bad_recording(mixed: Path) -> None:
    """A folder with bad pictures and a recording that is none are played as far as they go."""
    (mixed / "text.mp4").write_text("no video")
    ended = maskgate(mixed, "replay", "--json", "text.mp4", ".")
    assert ended.code == 4
    assert json.loads(ended.out.splitlines()[-1])["summary"]["frames"] == 2
    assert [line.split()[1] for line in ended.err.splitlines() if line.startswith("maskgate")] == [
        "text.mp4", "b.jpg", "c.png", "d.heic",
    ]  # fmt: skip


def test_an_option_allows_larger_pictures(tmp_path: Path) -> None:
    """The limit is in megapixels, and may be lower too."""
    save_photos(tmp_path, "a.jpg")
    assert "--max-megapixels" in maskgate(tmp_path, "predict", "--max-megapixels", "0.01", "a.jpg").err
    assert maskgate(tmp_path, "predict", "--max-megapixels", "9", "a.jpg").code == 0


def test_a_gif_without_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds up to the limit is judged, and then it is named."""
    from edge.camera import recording
    from edge.errors import SourceError

    if not cv2.haveImageWriter("a.gif"):
        pytest.skip("this OpenCV writes no GIF")
    (tmp_path / "a.gif").write_bytes(encoded(".gif"))
    monkeypatch.setattr(recording, "MOST_ANIMATION_FRAMES", 0)
    with pytest.raises(SourceError, match="has more than 0 frames"):
        recording.VideoReader(tmp_path / "a.gif")


@pytest.mark.parametrize("command", ["predict", "replay"])
@pytest.mark.parametrize("suffix", [".jpg", ".avi"])
def test_a_name_that_is_not_utf8_is_judged(tmp_path: Path, command: str, suffix: str) -> None:
    """Pictures and videos alike."""
    file = tmp_path / f"caf{E_ACUTE}{suffix}"
    file.write_bytes(photo() if suffix == ".jpg" else short_video(tmp_path))
    ended = maskgate(tmp_path, command, file.name)
    assert (ended.code, ended.err) == (0, "")
    assert command == "replay" or r"caf\xe9" in ended.out


def test_a_name_that_is_not_utf8_is_valid_json(tmp_path: Path) -> None:
    """Every reader takes it, and it says which file it was."""
    save_photos(tmp_path, f"caf{E_ACUTE}.jpg")
    ended = maskgate(tmp_path, "predict", "--json", f"caf{E_ACUTE}.jpg")
    assert json.loads(ended.out)["path"] == r"caf\xe9.jpg"
    assert r"\udce9" not in ended.out


def test_annotated_pictures_keep_their_name(tmp_path: Path) -> None:
    """In a folder and with a name that are not UTF-8."""
    save_photos(tmp_path, f"caf{E_ACUTE}.jpg")
    assert maskgate(tmp_path, "predict", "--annotate", f"o{E_ACUTE}t", f"caf{E_ACUTE}.jpg").code == 0
    assert (tmp_path / f"o{E_ACUTE}t" / f"00001-caf{E_ACUTE}.jpg").stat().st_size > 1000


def test_models_in_such_a_folder(tmp_path: Path) -> None:
    """A bundle and a detector are opened wherever they are."""
    shutil.copytree(bundle.SHIPPED, tmp_path / f"b{E_ACUTE}")
    save_photos(tmp_path, "a.jpg")
    named = ("--bundle", f"b{E_ACUTE}", "--detector", f"b{E_ACUTE}/detector.onnx")
    assert maskgate(tmp_path, "predict", *named, "a.jpg").code == 0
    assert maskgate(tmp_path, "models", "verify", f"b{E_ACUTE}").code == 0


def test_a_missing_file_with_such_a_name_is_one_sentence(tmp_path: Path) -> None:
    """The sentence escapes what cannot be shown."""
    ended = maskgate(tmp_path, "predict", f"caf{E_ACUTE}\x1b[2J.jpg")
    assert (ended.code, ended.err) == (
        4,
        "maskgate: caf\\xe9\\x1b[2J.jpg cannot be read: No such file or directory\n",
    )
