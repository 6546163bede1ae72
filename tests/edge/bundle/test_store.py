"""The bundles on a device, and which of them is in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle.store import PACKAGED, BundleStore, TrialRecord
from edge.errors import ModelError
from tests.support.bundle_stores import put, store

__all__ = ["store"]


def test_nothing_installed_means_the_shipped_bundle(store: BundleStore) -> None:
    """And looking at it makes no file."""
    assert store.current() == PACKAGED
    assert store.path(PACKAGED) == bundle.SHIPPED
    assert store.previous() is None
    assert store.names() == ()
    assert not store.root.exists()


@pytest.mark.parametrize("target", ["/etc", "../..", "1.0", "1.0-0f3a99c1/..", "nothing"])
def test_a_link_that_leads_elsewhere_is_refused(store: BundleStore, tmp_path: Path, target: str) -> None:
    """Installing again mends it."""
    put(store, tmp_path, "1.0")
    (store.root / "current").unlink()
    (store.root / "current").symlink_to(target)
    with pytest.raises(ModelError, match="no bundle here; install one again"):
        store.current()
    assert put(store, tmp_path, "1.1").name == store.current()


def test_a_damaged_record_knows_nothing(
    store: BundleStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The bundle counts as new, and the log says why."""
    name = put(store, tmp_path, "1.0").name
    (store.root / f"{name}.json").write_bytes(b"\xff{")
    assert store.record(name) == TrialRecord()
    assert "is damaged; the bundle counts as new" in caplog.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is kept from following links")
def test_root_is_not_led_elsewhere(store: BundleStore, tmp_path: Path) -> None:
    """Nor does what root installs stay root's, where the folder belongs to the service."""
    (tmp_path / "elsewhere").mkdir()
    store.root.parent.mkdir()
    store.root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="is a link, which root does not follow"):
        put(store, tmp_path, "1.0")
    store.root.unlink()
    os.chown(store.root.parent, 12345, 12345)
    put(store, tmp_path, "1.0")
    found = [store.root, *store.root.rglob("*")]
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in found} == {(12345, 12345)}
    assert len(found) >= 8
