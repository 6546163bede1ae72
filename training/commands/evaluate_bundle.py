"""`maskgate-train evaluate-bundle`: detector and classifier together on annotated frames."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from edge import bundle as bundles
from edge.cli.options import EXISTING, json_option, megapixels_option
from edge.cli.output import json_text
from edge.config import Config, DetectorConfig, with_models
from edge.errors import ConfigError
from edge.self_test import self_test
from edge.vision.detector import YuNetDetector
from edge.vision.interpreter import TfliteModel
from training import framework
from training.data.manifest import SplitManifest, SplitPart
from training.detector import end_to_end
from training.detector.metrics import truths

OWN_SIZE = 1920
"""Frames keep their size up to this long side."""


@click.command("evaluate-bundle")
@click.argument("bundle", type=EXISTING)
@click.option(
    "--split", required=True, type=EXISTING, help="Split manifest, as maskgate-train data writes it."
)
@click.option(
    "--part", default="test", show_default=True, type=click.Choice([part.value for part in SplitPart]),
    help="Which faces of the split.",
)  # fmt: skip
@click.option("--detector", type=EXISTING, help="Another face detector (ONNX) in place of the bundle's.")
@click.option(
    "--long-side",
    default=320,
    show_default=True,
    type=click.IntRange(96, OWN_SIZE),
    help="As detector.long_side.",
)
@megapixels_option
@json_option
def evaluate_bundle(
    bundle: Path, split: Path, part: str, detector: Path | None, long_side: int, as_json: bool
) -> None:
    """Judges detector and classifier together: each annotated face found, and labelled rightly.

    The thresholds of the bundle are applied; a face that reaches none has no answer and is not right.

    Example: maskgate-train evaluate-bundle edge/models --split split.json --long-side 640
    """
    framework.set_quiet_environment()
    pictures = truths(SplitManifest.load(split).assigned(), SplitPart(part))
    if not pictures:
        raise ConfigError(f"the {part} part of {split} holds no annotated frame; choose another with --part")
    # The annotation's size decides which faces count, not that of the detector's box.
    settings = DetectorConfig(long_side=long_side, min_face_px=1)
    with bundles.opened(bundle) as loaded:
        self_test.survive(loaded, with_models(Config(detector=settings), None, detector))
        network = YuNetDetector(detector or loaded.detector or bundles.SHIPPED_DETECTOR, settings)
        classifier = end_to_end.BundledClassifier(
            TfliteModel(loaded.classifier), loaded.manifest.answer_thresholds
        )
        found = end_to_end.evaluate_end_to_end(network, classifier, pictures)
    if as_json:
        click.echo(json_text(asdict(found)))
    else:
        click.echo("\n".join(f"{name:22} {value:8.4g}" for name, value in asdict(found).items()))
