"""Every bundle on a device, and the state of each."""

from __future__ import annotations

from pathlib import Path

from edge import bundle
from edge.bundle.inventory import inventory
from edge.bundle.store import BundleStore
from tests.support.bundle_stores import put, store

__all__ = ["store"]


def test_a_fresh_device_lists_the_shipped_bundle_only(store: BundleStore) -> None:
    """It is the current one, proven, and there is none before it."""
    (row,) = inventory(store, ())
    assert (row.version, row.path) == (bundle.load(bundle.SHIPPED).manifest.version, str(bundle.SHIPPED))
    assert (row.current, row.previous, row.shipped, row.trial, row.problem) == (
        True,
        False,
        True,
        "proven",
        "",
    )


def test_installed_bundles_follow_and_a_damaged_one_says_why(store: BundleStore, tmp_path: Path) -> None:
    """Its version is still known, from its name."""
    put(store, tmp_path, "1000.1")
    put(store, tmp_path, "1000.2")
    (store.path(store.names()[-1]) / bundle.CLASSIFIER).write_bytes(b"other")
    shipped, first, second = inventory(store, ())
    assert [row.version for row in (first, second)] == ["1000.1", "1000.2"]
    assert (shipped.current, first.previous, second.current) == (False, True, True)
    assert "on trial" in first.trial
    assert first.problem == ""
    assert bundle.CLASSIFIER in second.problem
    assert first.as_json()["version"] == "1000.1"
