"""`maskgate-convert inspect` and `bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from convert.commands import maskgate_convert
from edge import bundle
from tests.support.convert import Trained, commands


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


@pytest.mark.slow
def test_every_variant_is_measured_and_written_down(trained: Trained, tmp_path: Path) -> None:
    """A run stands for four models, a bundle for one; a float model is told apart by `inspect`."""
    plain, quick = tmp_path / "plain.tflite", ("--threads", 1, "--rounds", 1)
    measured, _, inspected = commands(
        ("bench", trained.run, bundle.SHIPPED, *quick, "-o", tmp_path / "mine", "--json"),
        trained.convert("run", plain, "--variant", "float16"),
        ("inspect", plain),
    )
    assert measured.code == 0, measured.err
    told = json.loads(measured.out)
    names = [lap["name"] for lap in told["laps"]]
    assert names[:4] == ["int8", "float16", "dynamic", "float32"]
    assert len(names) == 5
    assert set(told["machine"]) == {"cpu", "cores", "python", "interpreter"}
    assert json.loads((tmp_path / "mine.json").read_text()) == told
    assert "| float16 | 1 |" in (tmp_path / "mine.md").read_text()
    assert "is not fully integer" in inspected.out
