"""Recordings with what the tracker made of them drawn in, all faces pixelated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.config import Config
from edge.daemon.factory import entry_line
from edge.pipeline.pipeline import Cycle
from edge.types import Event, Frame
from edge.vision.annotate_tracks import TrackAnnotator
from edge.vision.picture_output import PictureOutput, picture_output


class AnnotatingObserver:
    """Draws each frame and hands it on."""

    def __init__(self, annotator: TrackAnnotator, output: PictureOutput) -> None:
        self._annotator = annotator
        self._output = output

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Draws a frame."""
        moment = cycle.moment
        if isinstance(moment, Frame) and cycle.analysis is not None:
            picture = self._annotator.draw(moment, cycle.analysis, cycle.passes.faces)
            self._output.write(picture, moment.monotonic)


@contextmanager
def annotating(config: Config, path: Path, stem: str) -> Iterator[AnnotatingObserver]:
    """Who draws the frames of a recording into an MP4, which is there whole at the end, or into a folder.

    Args:
        config: Its entrance is drawn as well.
        path: A file that ends with `.mp4`, or a folder.
        stem: What files in the folder begin with.

    Raises:
        StorageError: It cannot be written.
    """
    entrance = config.entrance
    with picture_output(path, stem) as output:
        yield AnnotatingObserver(TrackAnnotator(entrance.area, entry_line(entrance)), output)
