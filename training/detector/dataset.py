"""Gathers what training pictures are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.errors import ConfigError
from edge.types import Image
from training.data.faces import device_finder
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout, open_image
from training.detector.composition import SceneDataset
from training.detector.scenes import Scene, clip_scenes, read_scenes, teacher, with_masks

WITHOUT_MASK_REPEATS = 3
"""How often a frame with a face without a mask stands among the frames, where masked ones are far more
frequent."""


@dataclass(frozen=True, slots=True)
class DetectorDataset:
    """Where pictures come from.

    Attributes:
        faces: The split; only its training part is used.
        clips: Recordings that no part of the split holds, labelled by the teacher.
        teacher: The teacher's ONNX file.
        empty: Photographs without people.
    """

    faces: tuple[SplitFace, ...]
    clips: tuple[Path, ...]
    teacher: Path
    empty: tuple[Path, ...] = ()


def gather(material: DetectorDataset, seed: int, report: Callable[[str], None]) -> SceneDataset:
    """Opens and labels all training pictures and draws masks on a second copy of the faces without one.

    Raises:
        ConfigError: There is no annotated frame to train on.
    """
    training = [face.record for face in material.faces if face.part is SplitPart.TRAIN]
    # Cut-outs of single faces are small, so that the device's own settings serve for them.
    find, close = teacher(material.teacher), device_finder(material.teacher)
    frames = tuple(read_scenes((one for one in training if one.layout is DataLayout.FRAME), find, close))
    if not frames:
        raise ConfigError("the split holds no annotated frame to train the detector on")
    people = tuple(read_scenes((one for one in training if one.layout is DataLayout.FOLDER), find, close))
    people += tuple(scene for clip in material.clips for scene in clip_scenes(clip, find))
    rng = np.random.default_rng(seed)
    without_mask = tuple(scene for scene in frames if scene.without_mask.any())
    frames += tuple(with_masks(scene, rng) for scene in without_mask) + without_mask * (
        WITHOUT_MASK_REPEATS - 1
    )
    people += tuple(with_masks(scene, rng) for scene in people if scene.without_mask.any())
    report(f"{len(frames)} frames, {len(people)} pictures of people, {_faces(frames + people)} faces")
    # A split without class folders takes its close-ups from frames.
    return SceneDataset(frames, people or frames, _photographs(material.empty))


def _photographs(files: Sequence[Path]) -> tuple[Image, ...]:
    """Pictures of nobody, at most 640 px high and wide.

    Raises:
        ConfigError: One cannot be read.
    """
    found = []
    for file in files:
        pixels = open_image(file)
        if pixels is None:
            raise ConfigError(f"{file} is not a picture that can be read; leave it out of --empty")
        scale = min(1.0, 640 / max(pixels.shape[:2]))
        size = max(16, round(pixels.shape[1] * scale)), max(16, round(pixels.shape[0] * scale))
        found.append(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))
    return tuple(found)


def _faces(scenes: Sequence[Scene]) -> int:
    return sum(int(scene.counts.sum()) for scene in scenes)
