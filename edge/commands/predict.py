"""`maskgate predict`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from edge.camera import open_recording
from edge.camera.images import OnSkip
from edge.cli.options import FILE, json_option
from edge.cli.output import Columns, json_text, progress, raise_skipped, table
from edge.commands.common import takes_models
from edge.config import CameraConfig, Config, EntranceConfig
from edge.contract import LABELS, answer_text, whole_image_box
from edge.daemon.factory import open_bundle, open_vision
from edge.errors import SourceError
from edge.pipeline.pipeline import Vision
from edge.system.image_files import IMAGE_SUFFIXES, pictures_in, read_image
from edge.types import Face, Frame, FrameAnalysis, Observation
from edge.vision.annotate import annotated
from edge.vision.opening import open_classifier
from edge.vision.picture_output import write_jpeg


@dataclass(frozen=True, slots=True)
class Picture:
    """One image, or one frame of a recording."""

    path: Path
    frame: Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture and what the models saw in it."""

    picture: Picture
    analysis: FrameAnalysis


class WholeImage:
    """Takes every picture for one face crop, in place of a detector."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """The whole picture as one face."""
        return (Face(whole_image_box(frame.pixels), 1.0),)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FILE, metavar="PATH...")
@json_option
@click.option("--no-detect", is_flag=True, help="Each picture is one face crop already.")
@click.option(
    "--annotate",
    "directory",
    type=FILE,
    help="Write pictures with boxes and pixelated eyes.",
)
@takes_models
def predict(
    settings: Config, paths: tuple[Path, ...], as_json: bool, no_detect: bool, directory: Path | None
) -> None:
    """Judge the faces in images, folders and videos.

    \b
    Examples:
      maskgate predict photo.jpg
      maskgate predict --json photos/ > faces.jsonl
      maskgate predict --annotate seen/ visit.mp4
    """
    # What is judged here need not show the entrance.
    settings = settings.model_copy(update={"entrance": EntranceConfig()})
    vision = _vision_of_crops(settings) if no_detect else open_vision(settings)
    skipped: list[SourceError] = []
    pictures = _with_progress(_pictures(paths, skipped.append))
    seen: Iterator[Seen] = (Seen(picture, vision.analyze(picture.frame)) for picture in pictures)
    if directory is not None:
        seen = _annotate(seen, directory)
    if as_json:
        for item in seen:
            click.echo(json_text(_as_json(item)))
    else:
        _print_table(tuple(_rows(seen)))
    raise_skipped(skipped)


def _vision_of_crops(settings: Config) -> Vision:
    return Vision(WholeImage(), open_classifier(settings, open_bundle(settings)), time.perf_counter)


def _pictures(paths: tuple[Path, ...], on_skip: OnSkip) -> Iterator[Picture]:
    """Every picture of every path that can be read."""
    for path in paths:
        try:
            if path.is_dir():
                for file in pictures_in(path):
                    yield from _pictures((file,), on_skip)
            elif path.suffix.lower() in IMAGE_SUFFIXES:
                yield Picture(path, Frame(0, read_image(path), 0.0, 0.0))
            else:
                yield from _frames(path)
        except SourceError as error:
            on_skip(error)


def _frames(file: Path) -> Iterator[Picture]:
    # Copied, since a model that is made anew checks its values, and a name need not be UTF-8.
    source = open_recording(CameraConfig(pace="fast").model_copy(update={"source": str(file)}), 0.0)
    with closing(source):
        for moment in source:
            if isinstance(moment, Frame):
                yield Picture(file, moment)


def _with_progress(pictures: Iterator[Picture]) -> Iterator[Picture]:
    """Shows on a terminal which picture is looked at."""
    with progress("") as bar:
        for number, picture in enumerate(pictures, 1):
            bar.describe(f"picture {number}: {picture.path.name}")
            yield picture


def _annotate(seen: Iterator[Seen], directory: Path) -> Iterator[Seen]:
    """Writes each picture as it passes by."""
    for number, item in enumerate(seen, 1):
        path = item.picture.path
        # The number keeps frames of one video apart, and files of one name.
        file = directory / f"{number:05d}-{path.stem}.jpg"
        write_jpeg(file, annotated(item.picture.frame.pixels, item.analysis))
        yield item


def _as_json(seen: Seen) -> dict[str, object]:
    width, height = seen.picture.frame.size
    return {
        "path": str(seen.picture.path),
        "frame": seen.picture.frame.index,
        "width": width,
        "height": height,
        "faces": [_face(observation) for observation in seen.analysis.observations],
        "ms": {
            "detect": round(seen.analysis.detect_s * 1000, 3),
            "classify": round(seen.analysis.classify_s * 1000, 3),
        },
    }


def _face(observation: Observation) -> dict[str, object]:
    box = observation.face.box
    return {
        "box": [round(value, 1) for value in (box.x, box.y, box.w, box.h)],
        "score": round(observation.face.score, 4),
        "label": answer_text(observation.answer),
        "probabilities": {
            str(label): round(share, 4)
            for label, share in zip(LABELS, observation.probabilities, strict=True)
        },
        "px": round(box.side),
        "sharpness": round(observation.sharpness, 1),
    }


Row = tuple[str, ...]

COLUMNS = Columns("lrlrlrr", dropped_first=("sharp", "box", "frame"))


def _print_table(rows: Sequence[Row]) -> None:
    heads = ("picture", "frame", "box", "px", "label", "share", "sharp")
    if rows:
        click.echo(table([heads, *rows], COLUMNS))


def _rows(seen: Iterator[Seen]) -> Iterator[Row]:
    for item in seen:
        path, frame = item.picture.path.name, str(item.picture.frame.index)
        if not item.analysis.observations:
            yield (path, frame, "", "", "no face", "", "")
        for observation in item.analysis.observations:
            yield (path, frame, *_cells(observation))


def _cells(observation: Observation) -> tuple[str, str, str, str, str]:
    box = observation.face.box
    return (
        f"{box.x:.0f},{box.y:.0f} {box.w:.0f}x{box.h:.0f}",
        f"{box.side:.0f}",
        answer_text(observation.answer),
        f"{observation.share:.0%}",
        f"{observation.sharpness:.0f}",
    )
