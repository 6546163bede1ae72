"""`maskgate-train data`: read data sets, group near-duplicates, write the split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from edge.cli.options import EXISTING, FILE, json_option, megapixels_option
from edge.cli.output import json_text
from edge.contract import LABELS
from edge.errors import ConfigError
from edge.system import files
from training import framework
from training.commands.common import finder_option, skipped, skipped_lines
from training.data import faces
from training.data import readers as datasets
from training.data.manifest import SplitManifest


def make_split(roots: tuple[Path, ...], detector: Path, seed: int) -> tuple[SplitManifest, datasets.Dataset]:
    """Reads the data below the roots and splits it.

    Raises:
        ConfigError: They hold no face that can be used.
    """
    framework.set_quiet_environment()
    from training.data import split

    find = faces.device_finder(detector)
    found = datasets.read(roots, faces.single_face(find), find)
    if not found.records:
        whys = [f"{why} ({', '.join(files)})" for why, files in skipped(found.skips).items()]
        reasons = ", ".join(whys) or "there is none"
        raise ConfigError(f"no face in {', '.join(map(str, roots))} can be used: {reasons}")
    return SplitManifest.of(split.split(found, seed), seed, found.fingerprint()), found


@click.command()
@click.argument("roots", nargs=-1, required=True, type=EXISTING)
@finder_option
@click.option("--seed", default=7, show_default=True, help="Of the split.")
@click.option(
    "-o", "--output", type=FILE, default=Path("split.json"), show_default=True, help="Split manifest."
)
@megapixels_option
@json_option
def data(roots: tuple[Path, ...], detector: Path, seed: int, output: Path, as_json: bool) -> None:
    """Reads data sets, groups near-duplicates and writes the split manifest.

    Example: maskgate-train data datasets -o split.json
    """
    manifest, found = make_split(roots, detector, seed)
    files.write_atomic(output, manifest.model_dump_json(indent=1).encode())
    report = _report(manifest, found)
    click.echo(json_text(report) if as_json else "\n".join(_lines(report, found.skips)))


def _report(manifest: SplitManifest, found: datasets.Dataset) -> dict[str, Any]:
    counts = Counter((face.label.value, face.source.value, face.part.value) for face in manifest.faces)
    return {
        "fingerprint": manifest.fingerprint,
        "groups": len({face.group for face in manifest.faces}),
        "counts": [[*key, count] for key, count in sorted(counts.items())],
        "skipped": {reason: len(paths) for reason, paths in datasets.by_reason(found.skips).items()},
        "skipped_files": skipped(found.skips),
    }


def _lines(report: dict[str, Any], skips: Sequence[datasets.Skip]) -> list[str]:
    lines = [f"{label:24} {source:8} {part:11} {count:6}" for label, source, part, count in report["counts"]]
    there = {label for label, *_ in report["counts"]}
    lines += [f"{label:24} {'no face at all':20} {0:6}" for label in LABELS if label not in there]
    last = f"groups {report['groups']}, fingerprint {report['fingerprint'][:16]}"
    return [*lines, *skipped_lines(skips), last]
