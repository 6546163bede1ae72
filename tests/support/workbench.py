"""The workbench as it is served: the real command, in a process of its own, on a free port of loopback."""

from __future__ import annotations

import json
import socket
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from edge.contract import LABELS
from tests.support import forked
from tests.support.web import WAIT_S, Served
from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, start_at
from training.data.faces import single_face
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import read
from training.evaluation import fold_results
from training.evaluation.predictions import gather
from training.evaluation.traits import Traits
from training.metrics import figures
from training.workbench.curve_catalogue import COSTLY
from training.workbench.drawn import draw_lit_face, write_frames
from training.workbench.example import RECIPE

MAKE_NETWORK = """
import sys
from tests.support.networks import small
small().save(sys.argv[1])
"""


@contextmanager
def served_workbench(folder: Path, *options: object) -> Iterator[Served]:
    """Serves a workbench that keeps its things in a folder, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = folder / "said.txt"
    words = ("workbench", "--port", port, "--folder", folder / "bench", "--runs", folder / "runs", *options)
    process = forked.start(forked.program("training"), *words, out=said, err=said)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=WAIT_S, trust_env=False) as client:
            _wait_for(client, said)
            yield Served(url, client)
    finally:
        process.terminate()
        process.join(WAIT_S)
        process.kill()


def _wait_for(client: httpx.Client, said: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            if client.get("/api/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(said.read_text())


def make_network(file: Path) -> Path:
    """A float network that was not trained, in a run folder of its own."""
    file.parent.mkdir(parents=True)
    done = forked.run(MAKE_NETWORK, file)
    assert done.returncode == 0, done.stderr
    return file


PARTS = (SplitPart.TRAIN,) * 15 + (SplitPart.VALIDATION,) * 3 + (SplitPart.TEST,) * 4
"""Of every 22 frames; a bundle takes at least 200 faces to train on."""
ANSWERS = {"small": 0, "large": 1}
"""Runs that have kept answers, and the seeds of these."""


def make_site(folder: Path) -> Path:
    """Drawn data with a split, runs with answers, and a learning curve: what the pages have to show.

    Returns:
        The manifest of the split.
    """
    found = read(
        [write_frames(folder / "hall", 100, draw=draw_lit_face)], single_face(lambda _: ()), lambda _: ()
    )
    frames = {image: number for number, image in enumerate(sorted({one.image for one in found.records}))}
    groups = [frames[one.image] for one in found.records]
    faces = [
        SplitFace(record, group, PARTS[group % len(PARTS)])
        for record, group in zip(found.records, groups, strict=True)
    ]
    (folder / "hall" / "images" / "broken.png").write_bytes(b"no picture")
    manifest = SplitManifest.of(faces, 1, found.fingerprint())
    split = folder / "split.json"
    split.write_text(manifest.model_dump_json())
    text = RECIPE.format(name="drawn", units=48, epochs=8, heads=1, faces=192)
    recipe = Recipe.model_validate(tomllib.loads(text))
    for name, seed in ANSWERS.items():
        _make_run(folder / "runs" / name, RunInputs(recipe, manifest), seed)
    curve = folder / "runs" / "learning-curve"
    curve.mkdir()
    (curve / "learning-curve.json").write_text(
        json.dumps({"sizes": [_point("100"), _point("all")], "sources": []})
    )
    (curve / "learning-curve.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"/>'
    )
    return split


def _make_run(folder: Path, inputs: RunInputs, seed: int) -> None:
    run = start_at(folder, inputs)
    faces = [face for face in inputs.split.assigned() if face.part is SplitPart.TEST]
    truth = np.array([LABELS.index(face.record.label) for face in faces])
    random = np.random.default_rng(seed)
    shares = 0.7 * random.dirichlet((0.5,) * 3, len(faces)) + 0.3 * np.eye(3)[truth]
    shares[0] = np.roll([0.98, 0.01, 0.01], truth[0] + 1)
    for epoch in range(3):
        run.add_epoch({"epoch": epoch, "loss": 1.0 / (epoch + 1), "tempered_loss": 1.0, "macro_f1": 0.5})
    run.write("metrics.json", {"all": figures(truth, shares).as_json()})
    (folder / "report.html").write_text("<!doctype html><title>report</title><h1>Report of a run</h1>")
    told = gather(faces, Traits.unknown(len(faces)), [("float", shares)])
    fold_results.save(told, folder / fold_results.JUDGED)


def _point(share: str) -> dict[str, object]:
    told = {"value": 0.7, "low": 0.6, "high": 0.8}
    return {"share": share, "faces": 100.0, **dict.fromkeys(COSTLY, told)}
