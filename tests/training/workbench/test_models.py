"""The models that can be tried."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from edge.config import Config
from edge.contract import WITH_MASK
from edge.errors import ConfigError, ModelError
from edge.system.image_files import decode_image
from tests.support.pictures import photo
from training.workbench.models import SHIPPED, HeatKind, ModelShelf, find_models, usual_bundle


def test_what_there_is(tmp_path: Path) -> None:
    """The shipped bundle, what was named, then bundle and network of each run, the newest run first."""
    runs, other = tmp_path / "runs", tmp_path / "other"
    shutil.copytree(bundle.SHIPPED, other)
    shutil.copytree(bundle.SHIPPED, runs / "1" / "bundle")
    for run in ("1", "2"):
        (runs / run).mkdir(parents=True, exist_ok=True)
        (runs / run / "model.keras").write_bytes(b"PK\x03\x04")
    (runs / "3").mkdir()
    assert [one.title for one in find_models([other], runs)] == [
        "Shipped bundle",
        "other (bundle)",
        "2 (float network)",
        "1 (int8 bundle)",
        "1 (float network)",
    ]
    # What is named twice is there once.
    assert len(find_models([other, runs / "1", runs / "1" / "bundle"], runs)) == 5


def test_the_bundle_in_use(tmp_path: Path) -> None:
    """Is the one that was named first, else the one that won last, else the shipped one; never a network."""
    runs, other = tmp_path / "runs", tmp_path / "other"
    assert usual_bundle(find_models([], runs)).key == SHIPPED
    for run in ("1", "2"):
        shutil.copytree(bundle.SHIPPED, runs / run / "bundle")
    (runs / "3").mkdir()
    (runs / "3" / "model.keras").write_bytes(b"PK\x03\x04")
    assert usual_bundle(find_models([], runs)).path == runs / "2" / "bundle"
    shutil.copytree(bundle.SHIPPED, other)
    assert usual_bundle(find_models([runs / "3", other], runs)).path == other


def test_what_holds_no_model_is_named(tmp_path: Path) -> None:
    """At once where it was named, and where it is chosen and has gone."""
    with pytest.raises(ModelError, match="neither a bundle nor a network nor a run folder"):
        ModelShelf(Config(), (tmp_path,), tmp_path)
    with pytest.raises(ConfigError, match="there is no model gone"):
        ModelShelf(Config(), (), tmp_path).open("gone")


def test_a_model_that_was_written_anew_is_opened_anew(tmp_path: Path) -> None:
    """As after a training into the same place; one that stayed as it was is not."""
    shutil.copytree(bundle.SHIPPED, tmp_path / "made")
    shelf = ModelShelf(Config(), (tmp_path / "made",), tmp_path)
    key = str(tmp_path / "made")
    first = shelf.open(key)
    assert shelf.open(key) is first
    os.utime(tmp_path / "made" / bundle.MANIFEST, ns=(1, 1))
    assert shelf.open(key) is not first


def test_a_bundle_is_tried(tmp_path: Path) -> None:
    """It finds the face, its heat map is one of occlusion, and it is opened once."""
    shelf = ModelShelf(Config(), (), tmp_path)
    model = shelf.open(SHIPPED)
    assert shelf.open(SHIPPED) is model
    picture = decode_image(photo(), "photo")
    (face,) = model.look(picture).faces
    heat = model.heat(picture, face.observation.face.box, WITH_MASK)
    assert model.heat_kind is HeatKind.OCCLUSION
    assert heat.ndim == 2
    assert 0 <= heat.min() <= heat.max() <= 1
    assert np.isfinite(heat).all()
