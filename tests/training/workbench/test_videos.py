"""Videos on their way through the daemon's line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.demo import CLIP
from edge.errors import ConfigError, SourceError
from training.workbench.models import SHIPPED, ModelShelf, TriedModel
from training.workbench.videos import MOST_WAITING, VideoPlayback, VideoShelf, WaitingVideo


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> TriedModel:
    """The shipped bundle."""
    return ModelShelf(Config(), (), tmp_path_factory.mktemp("runs")).open(SHIPPED)


def test_a_video_is_there_until_it_was_played(tmp_path: Path) -> None:
    """Its file goes with it, and so does what an earlier process left."""
    (tmp_path / "left").touch()
    shelf = VideoShelf(tmp_path)
    assert not any(tmp_path.iterdir())
    place = shelf.place("one.mp4")
    place.file.touch()
    key = shelf.put(place)
    with shelf.taken(key) as video:
        assert video == place
        assert video.file.exists()
    assert not place.file.exists()
    with pytest.raises(ConfigError, match="send it again"), shelf.taken(key):
        pass


def test_videos_that_nobody_plays_are_few(tmp_path: Path) -> None:
    """The oldest is deleted when there are too many."""
    shelf = VideoShelf(tmp_path)
    places = [shelf.place(f"{number}.mp4") for number in range(MOST_WAITING + 1)]
    for place in places:
        place.file.touch()
        shelf.put(place)
    assert [place.file.exists() for place in places] == [False] + [True] * MOST_WAITING


@pytest.mark.parametrize(
    ("name", "ending"), [("a.MP4", ".MP4"), ("../../a.mp4/../b", ""), ("a.m\0v", ""), ("a", ""), ("a.é", "")]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str, ending: str) -> None:
    """Of what a sender calls a video, only an ordinary ending is in the name of its file."""
    file = VideoShelf(tmp_path).place(name).file
    assert (file.parent, file.suffix) == (tmp_path, ending)


def test_a_playback_can_be_stopped(shipped: TriedModel) -> None:
    """Before its next frame; how long the video is, is known before."""
    playback = VideoPlayback(WaitingVideo("clip", CLIP), shipped)
    assert 18 < playback.length_s < 20
    playback.stop()
    assert playback.run() is None


def test_a_video_that_cannot_be_read_is_named_as_its_sender_does(shipped: TriedModel, tmp_path: Path) -> None:
    """And not by the file that it is in here."""
    file = tmp_path / "0123.mp4"
    file.write_bytes(b"no video")
    with pytest.raises(SourceError, match=r"visit\.mp4") as refused:
        VideoPlayback(WaitingVideo("visit.mp4", file), shipped).run()
    assert "0123" not in str(refused.value)
