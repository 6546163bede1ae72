"""Models and bundles that a path names."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.models import float_model
from edge import bundle
from edge.errors import ConfigError
from tests.support import bundles


def test_a_run_folder_stands_for_its_model(tmp_path: Path) -> None:
    """A file stands for itself."""
    with pytest.raises(ConfigError, match=r"model\.keras does not exist; name a run folder"):
        float_model(tmp_path)
    model = tmp_path / "model.keras"
    model.touch()
    assert float_model(tmp_path) == float_model(model) == model


def test_a_bundle_is_opened_packed_or_not(tmp_path: Path) -> None:
    """A packed one only for as long as it is looked at."""
    packed = bundles.packed(tmp_path)
    with bundle.opened(tmp_path / "1.0") as found:
        assert found.manifest.version == "1.0"
    with bundle.opened(packed) as found:
        assert (found.path / bundle.CLASSIFIER).is_file()
    assert not found.path.exists()


def test_a_saved_model_is_explained(tmp_path: Path) -> None:
    """Keras 3 does not open that kind of folder; the sentence says how to save the network again."""
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ConfigError, match=r"is a SavedModel.*save\('model\.h5'\)"):
        float_model(tmp_path)
