"""A small network that is really trained on drawn faces, its likenesses with faults, and its material."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.contract import LABELS
from edge.types import Box
from tests.support import forked
from tests.support.training import draw_face
from training.data.crops import patch_of
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout, FaceRecord

PARTS = (SplitPart.TRAIN, SplitPart.TRAIN, SplitPart.TRAIN, SplitPart.VALIDATION, SplitPart.TEST)


def material(faces: int = 360, folder: Path | None = None) -> FaceDataset:
    """Drawn faces of all labels, two sources and three parts; with a folder, their pictures stand there."""
    assigned, patches = [], []
    for number in range(faces):
        label, source = LABELS[number % 3], (DataLayout.FRAME, DataLayout.FOLDER)[number // 3 % 2]
        image = draw_face(label, seed=number, side=140)
        file = (folder or Path()) / f"{number}.png"
        if folder is not None:
            cv2.imwrite(str(file), image)
        record = FaceRecord(f"{source}/{number}.png#0", file, Box(20, 20, 100, 100), label, source)
        assigned.append(SplitFace(record, number, PARTS[number // 6 % 5]))
        patches.append(patch_of(image, record))
    return FaceDataset(tuple(assigned), tuple(patches))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Trained:
    """A folder with a run of a trained network, faulty likenesses beside it, and the faces of its split."""

    where: Path

    @property
    def run(self) -> Path:
        return self.where / "run"

    @property
    def split(self) -> Path:
        return self.run / "split.json"

    @property
    def cache(self) -> Path:
        return self.where / "cache"

    def convert(self, model: str, output: Path, *more: object) -> Sequence[object]:
        """The words of a conversion."""
        options = ("-o", output, "--data", self.split, "--cache", self.cache)
        return "convert", self.where / model, *options, *more

    def parity(self, model: str, bundle: Path, *more: object) -> Sequence[object]:
        """The words of a comparison."""
        options = ("--split", self.split, "--cache", self.cache)
        return "parity", self.where / model, bundle, *options, *more


RUN = """
import contextlib, io, json, sys
from convert.commands import main
for call in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["maskgate-convert", *call]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


Runner = Callable[..., subprocess.CompletedProcess[str]]


def commands(*calls: Sequence[object], run: Runner = forked.run) -> list[Done]:
    """Runs `maskgate-convert` several times in one process."""
    done = run(RUN, json.dumps([[str(word) for word in call] for call in calls]))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [Done(*json.loads(line)) for line in done.stdout.splitlines()]
