"""`maskgate-train add`: let new labelled images join a split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.options import EXISTING, FILE, FOLDER, json_option, megapixels_option
from edge.cli.output import json_text
from edge.contract import Label
from edge.errors import ConfigError
from edge.system.files import write_atomic
from training import framework
from training.commands.common import finder_option, skipped, skipped_lines
from training.data import faces
from training.data import notes as noting
from training.data import readers as datasets
from training.data.manifest import SplitManifest
from training.evaluation.options import notes_option

if TYPE_CHECKING:
    from training.data.additions import Added


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--label",
    help="What all images of DIR show: with_mask, or any usual spelling; else DIR is read as a data set.",
)
@click.option(
    "--source",
    metavar="NAME",
    help="Source that they belong to, such as a site; what is added over several days with the same name is "
    "one. The name of the folder otherwise.",
)
@click.option("--split", required=True, type=EXISTING, help="Split manifest to add them to.")
@finder_option
@notes_option
@click.option("-o", "--output", type=FILE, help="Write the new manifest here and leave the old one alone.")
@click.option("--seed", default=7, show_default=True, help="Of dealing out the new faces.")
@megapixels_option
@json_option
def add(
    folder: Path,
    label: str | None,
    source: str | None,
    split: Path,
    detector: Path,
    notes: tuple[Path, ...],
    output: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Adds the images of DIR to a split; then `maskgate-train fit --from BUNDLE` trains with them.

    Without --label, folders in DIR that are named after a class say what is in them, and annotated frames
    are read too, as by `maskgate-train data`.

    Near-duplicates join the group and part of what they resemble. The test part stays as it is, because old
    and new models are judged on it: images that resemble it are left out, and so are those that the data set
    holds already. Labels that --notes corrects are those to compare with; the split keeps what it holds.

    \b
    Examples:
      maskgate-train add photos --label mask_worn_incorrectly --split split.json
      maskgate-train add labelled --source entrance --split split.json
    """
    named = datasets.source_name(source) if source is not None else ""
    meant = datasets.label_of(label or "")
    if label is not None and meant is None:
        raise ConfigError(f"--label {label} is none of {', '.join(datasets.LABEL_OF_NAME)}")
    framework.set_quiet_environment()
    # Imported here, so that help needs none of the training packages.
    from training.data import additions

    manifest, said = SplitManifest.load(split), noting.load(notes)
    new = _read(folder, meant, named, faces.device_finder(detector))
    if not (new.records or new.skips):
        raise ConfigError(f"{folder} holds no image")
    done = additions.add(manifest, new, seed, said)
    target = output or split
    write_atomic(target, done.manifest.model_dump_json(indent=1).encode())
    if as_json:
        report = {"split": str(target), "faces": len(done.manifest.faces), "counts": done.counts()}
        told = {"skipped_files": skipped(done.skips), "contradictions": _contradictions(done)}
        click.echo(json_text(report | told))
    else:
        click.echo("\n".join(_lines(done)))


def _lines(done: Added) -> list[str]:
    """What became of the images, for a terminal."""
    joined = [f"{name:46} {count:6}" for name, count in done.purposes().items()]
    against = [
        f"{one['file']} is {one['label']}, {one['like']}, which it resembles, {one['like_label']}"
        for one in _contradictions(done)
    ]
    return [*joined, *skipped_lines(done.skips), *against]


def _read(folder: Path, label: Label | None, source: str, find: datasets.FaceFinder) -> datasets.Dataset:
    """The images of a folder that all show the same, or else a folder that says by itself what is in it."""
    rule = faces.single_face(find)
    if label is None:
        return datasets.read([folder], rule, find, source)
    name = f"{source}/{folder.resolve().parent.name}" if source else ""
    entries = tuple(datasets.read_class_folder(folder, label, rule, name))
    return datasets.Dataset(
        tuple(entry for entry in entries if isinstance(entry, datasets.FaceRecord)),
        tuple(entry for entry in entries if isinstance(entry, datasets.Skip)),
    )


def _contradictions(done: Added) -> list[dict[str, str]]:
    """New images with the labels that keep them out, and what they resemble."""
    return [
        {"file": str(new.image), "label": new.label, "like": old.key, "like_label": old.label}
        for new, old in done.contradictions
    ]
