"""`maskgate-convert detector`: put a face detector into a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from convert import detector as detectors
from edge.cli.options import FILE
from edge.errors import ConfigError
from edge.system.parsing import parse_json


@click.command()
@click.argument("model", type=FILE)
@click.option("--into", "directory", required=True, type=FILE, help="Bundle directory to put it into.")
@click.option("--figures", type=FILE, help="JSON object of measured figures, for the manifest.")
@click.option("--run", default="", help="Training run that the detector comes from, for the manifest.")
@click.option("--version", help="Version that the bundle has from now on, such as 1.2.1; its own otherwise.")
def detector(model: Path, directory: Path, figures: Path | None, run: str, version: str | None) -> None:
    """Puts the face detector MODEL (ONNX) into a bundle, beside its classifier.

    Example: maskgate-convert detector runs/detector/best/detector.onnx --into edge/models
    """
    measured = {} if figures is None else _figures(figures)
    manifest = detectors.add(detectors.BundledDetector(model, measured, run), directory, version)
    click.echo(f"{directory} {manifest.version} now holds {', '.join(sorted(manifest.files))}")


def _figures(file: Path) -> dict[str, float]:
    try:
        raw = parse_json(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(raw, dict) or not all(isinstance(value, int | float) for value in raw.values()):
        raise ConfigError(f"{file} must be one JSON object of numbers")
    return {name: float(value) for name, value in raw.items()}
