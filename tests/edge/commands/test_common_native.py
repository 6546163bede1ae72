"""Models that end the process which runs them: every command that takes one says so in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from edge.demo import CLIP
from tests.support import broken_detectors, bundle_models
from tests.support.commands import Run, one_sentence

WORDS = ("detector.onnx", "ended the process", "SIGFPE")


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_models.deadly(tmp_path_factory.mktemp("deadly") / "made", "1000.1")


@pytest.mark.parametrize(
    "words", [("predict", CLIP), ("predict", "--no-detect", CLIP), ("replay", CLIP), ("bench",), ("web",)]
)
def test_a_named_bundle_is_tried_elsewhere_first(run: Run, deadly: Path, words: tuple[object, ...]) -> None:
    """Whatever is done with it."""
    one_sentence(run(*words, "--bundle", deadly), 3, *WORDS)


def test_so_is_a_packed_one(run: Run, deadly: Path, tmp_path: Path) -> None:
    """After it was unpacked."""
    file = tmp_path / "packed.tar.gz"
    bundle.pack(deadly, file)
    one_sentence(run("predict", CLIP, "--bundle", file), 3, *WORDS)


def test_so_is_a_detector_alone(run: Run, tmp_path: Path) -> None:
    """With the bundle that is in use."""
    file = broken_detectors.ends_the_process(tmp_path / "detector.onnx")
    one_sentence(run("predict", CLIP, "--detector", file), 3, *WORDS)


def test_so_is_what_a_configuration_names(run: Run, deadly: Path, tmp_path: Path) -> None:
    """Nobody has installed that either."""
    file = tmp_path / "config.toml"
    file.write_text(f'[classifier]\nbundle = "{deadly}"\n')
    one_sentence(run("predict", CLIP, "--config", file), 3, *WORDS)
