"""Composes clips of annotated faces that walk past a camera, and the truth of what happens in them.

Every person moves, comes nearer and tilts the head. A bare one may put a mask on, and one with a drawn mask
may take it off. Photographed masks, worn well and wrongly, stay as they are.

    python scripts/compose_clips.py split.json FOLDER [--part test] [--clips 20] [--seed 7]
    maskgate-train evaluate-passes FOLDER FOLDER/passes.json

Whoever shows a clip shows the people of the data set.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.contract import LABELS, Label
from edge.types import Image
from training.augmentation.masks import Wear, draw_mask
from training.data.crops import Patch, patch_of
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import listed_image

WIDTH, HEIGHT, FPS = 640, 480, 15
LEAST_PX = 48
"""Smaller faces would be blurred where they come near."""
PUTTING_ON_S = 0.6
GAP_S = 2.5
"""Between two people, so that a pass is closed before the next begins."""

EXPECTED = {
    Label.WITH_MASK: "compliant",
    Label.WITHOUT_MASK: "no_mask",
    Label.MASK_WORN_INCORRECTLY: "mask_incorrect",
}


@dataclass(frozen=True, slots=True)
class Walker:
    """One person of a clip.

    Attributes:
        before: The head, (n, n, 3) BGR.
        after: The same with the mask changed; the same picture where it stays as it is.
        verdicts: What is to be expected.
        start_s: When the person comes.
        seconds: How long the person stays.
        side: Width of the head's picture at the far and at the near end, in pixels of the frame.
        tilt: Largest tilt in degrees, and how often a second it is reached.
    """

    before: Image
    after: Image
    verdicts: tuple[str, ...]
    start_s: float
    seconds: float
    side: tuple[float, float]
    tilt: tuple[float, float]

    def draw(self, canvas: Image, t: float) -> None:
        """Draws the person at a time of the clip, if they are there."""
        share = (t - self.start_s) / self.seconds
        if not 0 <= share < 1:
            return
        changed = np.clip((t - self.start_s - self.seconds / 2) / PUTTING_ON_S, 0, 1)
        head = cv2.addWeighted(self.before, 1 - changed, self.after, changed, 0)
        side = self.side[0] + (self.side[1] - self.side[0]) * share
        angle = self.tilt[0] * math.sin(2 * math.pi * self.tilt[1] * (t - self.start_s))
        x, y = (0.1 + 0.8 * share) * WIDTH, (0.45 + 0.05 * math.sin(5 * share)) * HEIGHT
        _paste(canvas, head, (x, y), (side, angle))


def _paste(canvas: Image, head: Image, place: tuple[float, float], pose: tuple[float, float]) -> None:
    """Lays a head with soft edges onto the canvas: middle at `place`, `pose` is side and tilt in degrees."""
    (x, y), (side, angle) = place, pose
    old = len(head)
    matrix = cv2.getRotationMatrix2D((old / 2, old / 2), angle, side / old)
    matrix[:, 2] += (x - old / 2, y - old / 2)
    rows, columns = np.mgrid[0:old, 0:old].astype(np.float32)
    away = np.hypot((columns - old / 2) / (0.42 * old), (rows - old / 2) / (0.49 * old))
    alpha = np.clip((1 - away) / 0.12, 0, 1)
    layer = cv2.warpAffine(
        head, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    share = cv2.warpAffine(alpha, matrix, (WIDTH, HEIGHT))[..., None]
    canvas[:] = (canvas * (1 - share) + layer * share).astype(np.uint8)


def usable(faces: Sequence[SplitFace], part: SplitPart) -> dict[Label, list[SplitFace]]:
    """The faces of a part that can be shown near, by label; bare ones with the landmarks of a mask."""
    found: dict[Label, list[SplitFace]] = {label: [] for label in LABELS}
    for face in faces:
        record = face.record
        drawable = record.label is not Label.WITHOUT_MASK or record.landmarks
        if face.part is part and record.box.side >= LEAST_PX and drawable:
            found[record.label].append(face)
    return found


def walker(faces: dict[Label, list[SplitFace]], start_s: float, rng: np.random.Generator) -> Walker:
    """A person of a random label who walks in at a time; of two bare ones one changes the mask."""
    label = LABELS[rng.choice([at for at, label in enumerate(LABELS) if faces[label]])]
    record = faces[label][rng.integers(len(faces[label]))].record
    patch = patch_of(listed_image(record.image), record)
    before = after = _bgr(patch)
    verdicts: tuple[str, ...] = (EXPECTED[label],)
    if label is Label.WITHOUT_MASK and rng.random() < 0.5:
        masked = _bgr(draw_mask(patch, Wear.WELL, None, rng))
        before, after, verdicts = (
            (before, masked, ("no_mask", "compliant"))
            if rng.random() < 0.5
            else (masked, before, ("compliant", "no_mask"))
        )
    near = rng.uniform(180, 320)
    return Walker(
        before, after, verdicts, start_s, rng.uniform(5, 8),
        (near * rng.uniform(0.4, 0.7), near), (rng.uniform(0, 25), rng.uniform(0.1, 0.4)),
    )  # fmt: skip


def _bgr(patch: Patch) -> Image:
    return np.asarray(cv2.cvtColor(patch.pixels, cv2.COLOR_RGB2BGR), np.uint8)


def background(rng: np.random.Generator) -> Image:
    """A wall of soft colours without anything that looks like a face."""
    grey, tint = rng.uniform(70, 180, (3, 4, 1)), rng.uniform(-15, 15, 3)
    cells = (grey + tint).astype(np.float32)
    return cv2.resize(cells, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def write_clip(file: Path, walkers: Sequence[Walker], rng: np.random.Generator) -> list[dict[str, object]]:
    """Writes a clip and returns its truth."""
    wall, end = background(rng), max(one.start_s + one.seconds for one in walkers) + GAP_S
    out = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    for number in range(round(end * FPS)):
        canvas = wall.copy()
        for one in walkers:
            one.draw(canvas, number / FPS)
        out.write(canvas)
    out.release()
    return [
        {
            "verdicts": one.verdicts,
            "from_s": round(one.start_s, 2),
            "to_s": round(one.start_s + one.seconds, 2),
        }
        for one in walkers
    ]


def compose(faces: dict[Label, list[SplitFace]], folder: Path, clips: int, seed: int) -> Path:
    """Writes clips of two people each, one after the other, and their truth, whose file it returns."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = {}
    for number in range(clips):
        rng = np.random.default_rng((seed, number))
        first = walker(faces, 0.5, rng)
        second = walker(faces, first.start_s + first.seconds + GAP_S, rng)
        name = f"composed-{number:03d}.mp4"
        truths[name] = write_clip(folder / name, (first, second), rng)
    file = folder / "passes.json"
    file.write_text(json.dumps({"schema": 1, "clips": truths}, indent=2) + "\n")
    return file


def main() -> None:
    """Composes what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("split", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", type=SplitPart, default=SplitPart.TEST, choices=list(SplitPart))
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    faces = usable(SplitManifest.load(asked.split).assigned(), asked.part)
    if not any(faces.values()):
        sys.exit(f"the {asked.part} part of {asked.split} has no face of {LEAST_PX} px; choose another part")
    print(compose(faces, asked.folder, asked.clips, asked.seed))


if __name__ == "__main__":
    main()
