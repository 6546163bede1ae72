"""Videos on their way through the daemon's line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.demo import CLIP
from edge.errors import ConfigError, SourceError
from training.workbench.models import SHIPPED, ModelShelf, TriedModel
from training.workbench.videos import VideoPlayback, VideoShelf, WaitingVideo


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> TriedModel:
    """The shipped bundle."""
    return ModelShelf(Config(), (), tmp_path_factory.mktemp("runs")).open(SHIPPED)


def test_a_video_is_there_until_it_was_played(tmp_path: Path) -> None:
    """Its file goes with it, and so does what an earlier process left."""
    (tmp_path / "left").touch()
    shelf = VideoShelf(tmp_path)
    assert not any(tmp_path.iterdir())
    file = tmp_path / "one.mp4"
    file.touch()
    shelf.put("key", "one.mp4", file)
    with shelf.taken("key") as video:
        assert video.file.exists()
    assert not file.exists()
    with pytest.raises(ConfigError, match="send it again"), shelf.taken("key"):
        pass


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
