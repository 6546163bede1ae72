"""Whether a device takes a bundle from whoever made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import signature, trust
from edge.errors import ConfigError, ModelError
from tests.support import bundles


def test_without_keys_every_whole_bundle_is_taken(tmp_path: Path) -> None:
    """Signed or not."""
    made = bundles.make(tmp_path / "made")
    assert trust.open_trusted(made, ()).path == made
    assert trust.open_keys(()) == ()


def test_with_keys_only_a_signed_bundle_is_taken(tmp_path: Path) -> None:
    """By one of them; the shipped bundle needs no signature."""
    made = bundles.make(tmp_path / "made")
    signature.make_key(tmp_path / "key")
    trusted = (str(signature.public_name(tmp_path / "key")),)
    with pytest.raises(ModelError, match="is not signed"):
        trust.open_trusted(made, trusted)
    signature.sign(bundle.load(made), signature.open_private(tmp_path / "key"))
    assert trust.open_trusted(made, trusted).manifest.version == "1.0"
    assert trust.open_trusted(bundle.SHIPPED, trusted).path == bundle.SHIPPED


def test_a_key_that_is_none_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    """It is noticed whether or not the bundle is signed."""
    with pytest.raises(ConfigError):
        trust.open_keys((str(tmp_path / "none"),))
