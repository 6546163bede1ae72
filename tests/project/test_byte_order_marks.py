"""A byte order mark, as some editors write it, is no part of a text that a person edits."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from convert import gates, metadata
from convert.commands import detector
from edge import config
from edge.bundle import signature
from edge.collector.export_file import ExportSource
from edge.mqtt import broker
from tests.support.paths import ROOT
from training.classifier import recipe

READERS: dict[str, tuple[Callable[[], bytes], Callable[[Path], object]]] = {
    "configuration": ((ROOT / "config.toml").read_bytes, config.load),
    "password": (lambda: b"s3cret\n", lambda file: broker.login("door", str(file), {})),
    "gates": ((ROOT / "convert/gates.toml").read_bytes, gates.load),
    "provenance": ((ROOT / "convert/provenance.toml").read_bytes, metadata.load_provenance),
    "figures of a detector": (lambda: b'{"recall": 0.9}', detector._figures),
    "recipe": ((ROOT / "training/recipes/default.toml").read_bytes, recipe.load),
    "export": (
        lambda: b'{"id":"door/e/1"}\n{"id":"door/e/2"}\n',
        lambda file: [line.payload for line in ExportSource(file).lines()],
    ),
}


def value(found: object) -> object:
    return vars(found) if hasattr(found, "__dict__") else found


@pytest.mark.parametrize("kind", READERS)
def test_a_text_with_a_mark_is_read_as_one_without(tmp_path: Path, kind: str) -> None:
    """The same is read from both."""
    make, read = READERS[kind]
    plain, marked = tmp_path / "plain", tmp_path / "marked"
    plain.write_bytes(make())
    marked.write_bytes(codecs.BOM_UTF8 + make())
    assert value(read(marked)) == value(read(plain))


@pytest.mark.parametrize("suffix", [".pub", ".b64"])
def test_a_public_key_with_a_mark_is_read(tmp_path: Path, suffix: str) -> None:
    """As PEM and as base64."""
    key = signature.make_key(tmp_path / "key")
    content = signature.public_name(tmp_path / "key").read_bytes() if suffix == ".pub" else key.text.encode()
    marked = tmp_path / f"marked{suffix}"
    marked.write_bytes(codecs.BOM_UTF8 + content)
    assert signature.open_public(str(marked)).id == key.id
