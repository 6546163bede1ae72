"""The command that makes one file of a bundle."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from convert.commands.pack import pack
from edge import bundle
from edge.errors import ModelError
from tests.support import bundles


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the file is called; and it unpacks to the same bundle."""
    directory = bundles.make(tmp_path / "made")
    for name in ("one.tar.gz", "two.tar.gz"):
        done = CliRunner().invoke(pack, [str(directory), "-o", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert bundle.load(directory).name in done.output
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    assert bundle.unpack(tmp_path / "two.tar.gz", tmp_path / "out").name == bundle.load(directory).name


def test_a_damaged_bundle_is_not_packed(tmp_path: Path) -> None:
    """Nothing is written."""
    directory = bundles.make(tmp_path / "made")
    (directory / bundle.CLASSIFIER).write_bytes(b"rot")
    done = CliRunner().invoke(pack, [str(directory), "-o", str(tmp_path / "b.tar.gz")])
    assert isinstance(done.exception, ModelError)
    assert not (tmp_path / "b.tar.gz").exists()
