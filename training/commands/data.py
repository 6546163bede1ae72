"""`maskgate-train data`: read data sets, group near-duplicates, write the split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from edge.cli.options import EXISTING, FILE, json_option, megapixels_option
from edge.cli.output import json_text
from edge.contract import LABELS
from edge.errors import ConfigError
from edge.system import files
from training import framework
from training.commands.common import finder_option, skipped, skipped_lines, sources_option
from training.data import faces
from training.data import notes as noting
from training.data import readers as datasets
from training.data import sources as sourcing
from training.data.manifest import SplitManifest
from training.evaluation.options import notes_option


@dataclass(frozen=True, slots=True)
class DataRequest:
    """Data folders and what is said about them.

    Attributes:
        roots: Folders to read.
        detector: Finds the faces in class folders.
        notes: CSV files, see `training.data.notes`.
        sources: TOML files, see `training.data.sources`.
    """

    roots: tuple[Path, ...]
    detector: Path
    notes: tuple[Path, ...] = ()
    sources: tuple[Path, ...] = ()


def make_split(request: DataRequest, seed: int) -> tuple[SplitManifest, datasets.Dataset]:
    """Reads the data below the roots and splits it.

    Raises:
        ConfigError: They hold no face that can be used, or what is said about them cannot be read.
    """
    framework.set_quiet_environment()
    from training.data import split

    # Before hours of reading, so that a mistake in them costs nothing.
    said, known = noting.load(request.notes), sourcing.load(request.sources)
    find = faces.device_finder(request.detector)
    everything = datasets.read(request.roots, faces.single_face(find), find)
    for note in said.unknown(everything):
        click.echo(f"no picture {note.image} in {note.source}, of which there is a note", err=True)
    found = said.applied(everything)
    if not found.records:
        whys = [f"{why} ({', '.join(files)})" for why, files in skipped(found.skips).items()]
        reasons = ", ".join(whys) or "there is none"
        raise ConfigError(f"no face in {', '.join(map(str, request.roots))} can be used: {reasons}")
    assigned = split.split(found, seed, said.together(found.records))
    for one, other in split.contradictions(assigned):
        click.echo(f"{one.key} is {one.label}, {other.key}, which resembles it, {other.label}", err=True)
    return SplitManifest.of(assigned, seed, found.fingerprint(), known), found


@click.command()
@click.argument("roots", nargs=-1, required=True, type=EXISTING)
@finder_option
@notes_option
@sources_option
@click.option("--seed", default=7, show_default=True, help="Of the split.")
@click.option(
    "-o", "--output", type=FILE, default=Path("split.json"), show_default=True, help="Split manifest."
)
@megapixels_option
@json_option
def data(
    roots: tuple[Path, ...],
    detector: Path,
    notes: tuple[Path, ...],
    sources: tuple[Path, ...],
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Reads data sets, groups near-duplicates over all of them and writes the split manifest.

    Faces that resemble each other and have different labels in two data sets are named.

    \b
    Examples:
      maskgate-train data datasets -o split.json
      maskgate-train data datasets --notes notes.csv --sources sources.toml -o split.json
    """
    manifest, found = make_split(DataRequest(roots, detector, notes, sources), seed)
    files.write_atomic(output, manifest.model_dump_json(indent=1).encode())
    report = _report(manifest, found)
    click.echo(json_text(report) if as_json else "\n".join(_lines(report, found.skips)))


def _report(manifest: SplitManifest, found: datasets.Dataset) -> dict[str, Any]:
    counts = Counter((face.label.value, face.source, face.part.value) for face in manifest.faces)
    return {
        "fingerprint": manifest.fingerprint,
        "groups": len({face.group for face in manifest.faces}),
        "groups_of_several_sources": _shared(manifest),
        "sources": [source.model_dump() for source in manifest.sources],
        "counts": [[*key, count] for key, count in sorted(counts.items())],
        "skipped": {reason: len(paths) for reason, paths in datasets.by_reason(found.skips).items()},
        "skipped_files": skipped(found.skips),
    }


def _shared(manifest: SplitManifest) -> int:
    """Groups that reach over more than one source."""
    pairs = Counter(group for group, _ in {(face.group, face.source) for face in manifest.faces})
    return sum(count > 1 for count in pairs.values())


def _lines(report: dict[str, Any], skips: Sequence[datasets.Skip]) -> list[str]:
    lines = [f"{label:24} {source:12} {part:11} {count:6}" for label, source, part, count in report["counts"]]
    there = {label for label, *_ in report["counts"]}
    lines += [f"{label:24} {'no face at all':24} {0:6}" for label in LABELS if label not in there]
    shared = report["groups_of_several_sources"]
    last = f"groups {report['groups']}, {shared} of several sources, fingerprint {report['fingerprint'][:16]}"
    lines += [f"source {one['name']:17} {one['licence']}" for one in report["sources"]]
    return [*lines, *skipped_lines(skips), last]
