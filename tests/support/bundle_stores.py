"""Stores of bundles, and what is put into them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle.install import BundleChange, install
from edge.bundle.store import BundleStore
from edge.errors import ModelError
from tests.support import bundles


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "models" / "bundles")


def admit(_bundle: bundle.Bundle) -> None:
    """Takes everything."""


def refuse(found: bundle.Bundle) -> None:
    raise ModelError(f"{found.path} is not wanted")


def put(store: BundleStore, tmp_path: Path, version: str, model: bytes = b"a model" * 40) -> BundleChange:
    return install(store, bundles.packed(tmp_path, version, model), admit, allow_older=True)


def versions(store: BundleStore) -> list[str]:
    return [name.partition("-")[0] for name in store.names()]


def left(store: BundleStore) -> set[str]:
    """What lies about that is neither bundle, record, link nor lock."""
    expected = {"current", ".lock", "shipped.json", *store.names(), *(f"{n}.json" for n in store.names())}
    return set(os.listdir(store.root)) - expected
