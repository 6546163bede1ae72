"""What a bundle or a TFLite file holds."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from convert.commands import maskgate_convert
from edge import bundle


def invoke(*words: object) -> str:
    """What a command prints."""
    done = CliRunner().invoke(maskgate_convert, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_bundle_is_shown_with_all_that_it_tells() -> None:
    """Tensors, operations, hashes, and the manifest."""
    told = json.loads(invoke("inspect", bundle.SHIPPED, "--json"))
    manifest = bundle.load(bundle.SHIPPED).manifest
    assert told["inputs"][0]["dtype"] == "uint8"
    assert told["breach"] == ""
    assert {file["name"]: file["sha256"] for file in told["files"]} == dict(manifest.files)
    assert told["manifest"]["version"] == manifest.version
    assert len(told["manifest"]["golden"]) == len(manifest.golden)


def test_a_packed_bundle_is_shown_alike(tmp_path: Path) -> None:
    """Without leaving anything behind."""
    packed = tmp_path / "bundle.tar.gz"
    bundle.pack(bundle.SHIPPED, packed)
    assert invoke("inspect", packed) == invoke("inspect", bundle.SHIPPED)


def test_the_table_is_for_people() -> None:
    """A model file alone has no manifest."""
    text = invoke("inspect", bundle.SHIPPED / bundle.CLASSIFIER)
    assert "1x128x128x3" in text
    assert "DEPTHWISE_CONV_2D" in text
    assert "fully integer, weights per channel" in text
    assert "manifest" not in text
