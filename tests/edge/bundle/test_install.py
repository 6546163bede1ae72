"""Installing, going back, and what is left of it when something goes wrong."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle.install import KEEP, BundleChange, install, roll_back
from edge.bundle.store import PACKAGED, BundleStore, TrialRecord
from edge.errors import ModelError
from edge.system import files
from tests.support import bundles
from tests.support.bundle_stores import admit, left, put, refuse, store, versions

__all__ = ["store"]


def test_what_was_installed_is_in_use(store: BundleStore, tmp_path: Path) -> None:
    """Whole, under its version and digest, and the one before it is known."""
    first, second = put(store, tmp_path, "1.0"), put(store, tmp_path, "1.1")
    assert (first.before, second.before) == (PACKAGED, first.name)
    loaded = bundle.load(store.path(store.current()))
    assert loaded.name == second.name == store.current()
    assert second.name == f"1.1-{loaded.manifest.digest[:8]}"
    assert store.previous() == first.name
    assert left(store) == set()


def test_installing_the_same_again_changes_nothing(store: BundleStore, tmp_path: Path) -> None:
    """But mends what was damaged."""
    first, second = put(store, tmp_path, "1.0"), put(store, tmp_path, "1.1")
    (store.path(second.name) / bundle.CLASSIFIER).write_bytes(b"rot")
    again = put(store, tmp_path, "1.1")
    assert again == BundleChange(second.name, second.name)
    bundle.load(store.path(second.name))
    assert store.previous() == first.name
    assert left(store) == set()


def test_a_bundle_that_is_not_admitted_leaves_nothing(store: BundleStore, tmp_path: Path) -> None:
    """Neither does one that is damaged."""
    before = put(store, tmp_path, "1.0").name
    file = bundles.packed(tmp_path, "1.1")
    with pytest.raises(ModelError, match="is not wanted"):
        install(store, file, refuse)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(ModelError, match="cut off"):
        install(store, file, admit)
    assert store.current() == before
    assert versions(store) == ["1.0"]
    assert left(store) == set()


@pytest.mark.parametrize(
    ("version", "model", "sentence"),
    [
        ("0.9", b"a model" * 40, r"version 0\.9, older than 1\.10 in use; go back with .*rollback"),
        ("1.9", b"a model" * 40, r"older than 1\.10"),
        ("1.10", b"other", r"version 1\.10 like the bundle in use, but other content"),
    ],
)
def test_going_back_takes_an_order(
    store: BundleStore, tmp_path: Path, version: str, model: bytes, sentence: str
) -> None:
    """A version that is not higher is refused unless it is asked for."""
    before = put(store, tmp_path, "1.10").name
    file = bundles.packed(tmp_path / "other", version, model)
    with pytest.raises(ModelError, match=sentence):
        install(store, file, admit)
    assert store.current() == before
    assert install(store, file, admit, allow_older=True).before == before


def test_a_version_below_the_shipped_one_is_refused_too(store: BundleStore, tmp_path: Path) -> None:
    """What comes with the package counts where nothing else is in use."""
    with pytest.raises(ModelError, match="older than"):
        install(store, bundles.packed(tmp_path, "0.0.1"), admit)


def test_rolling_back_goes_back_step_by_step(store: BundleStore, tmp_path: Path) -> None:
    """To the one before, to the shipped one, and then no further."""
    first, second = put(store, tmp_path, "1.0").name, put(store, tmp_path, "1.1").name
    assert roll_back(store, admit) == BundleChange(first, second)
    assert roll_back(store, admit) == BundleChange(PACKAGED, first)
    assert store.current() == PACKAGED
    with pytest.raises(ModelError, match="there is none before it"):
        roll_back(store, admit)


def test_rolling_back_to_the_shipped_one(store: BundleStore, tmp_path: Path) -> None:
    """In one step; and forward again by installing."""
    put(store, tmp_path, "1.0")
    second = put(store, tmp_path, "1.1").name
    assert roll_back(store, admit, to_shipped=True) == BundleChange(PACKAGED, second)
    assert put(store, tmp_path, "1.1") == BundleChange(second, PACKAGED)


@pytest.mark.parametrize("harm", ["damaged", "gone", "refused"])
def test_rolling_back_needs_a_whole_bundle(store: BundleStore, tmp_path: Path, harm: str) -> None:
    """Otherwise all stays as it is."""
    first, second = put(store, tmp_path, "1.0").name, put(store, tmp_path, "1.1").name
    if harm == "damaged":
        (store.path(first) / bundle.CLASSIFIER).write_bytes(b"rot")
    if harm == "gone":
        shutil.rmtree(store.path(first))
    with pytest.raises(ModelError):
        roll_back(store, refuse if harm == "refused" else admit)
    assert store.current() == second


def test_a_second_try_starts_with_a_clean_record(store: BundleStore, tmp_path: Path) -> None:
    """Whoever installs a bundle again that had failed wants it tried."""
    first, second = put(store, tmp_path, "1.0").name, put(store, tmp_path, "1.1").name
    store.write_record(second, TrialRecord(replaced=first, attempts=2))
    store.point(first)
    put(store, tmp_path, "1.1")
    assert store.record(second) == TrialRecord(replaced=first)


def test_few_bundles_are_kept(store: BundleStore, tmp_path: Path) -> None:
    """The newest, but always the current one and the one before it."""
    for minor in range(7):
        put(store, tmp_path, f"1.{minor}")
    assert versions(store) == ["1.3", "1.4", "1.5", "1.6"]
    assert len(store.names()) == KEEP
    roll_back(store, admit)
    roll_back(store, admit)
    roll_back(store, admit)
    for minor in range(7, 10):
        put(store, tmp_path, f"1.{minor}")
    assert versions(store)[-1] == "1.9"
    assert len(store.names()) == KEEP
    assert store.previous() in store.names()
    assert left(store) == set()


def test_the_previous_bundle_survives_pruning(store: BundleStore, tmp_path: Path) -> None:
    """Even where it is the oldest of all."""
    oldest = put(store, tmp_path, "1.0").name
    for minor in range(1, 4):
        put(store, tmp_path, f"1.{minor}")
    store.point(oldest)
    newest = put(store, tmp_path, "2.0").name
    assert store.previous() == oldest
    assert {oldest, newest} <= set(store.names())
    assert len(store.names()) == KEEP


def test_two_installs_at_once_are_one_too_many(store: BundleStore, tmp_path: Path) -> None:
    """The second is told to wait."""
    put(store, tmp_path, "1.0")
    handle = os.open(store.root / ".lock", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ModelError, match="another process is changing the bundles"):
        put(store, tmp_path, "1.1")
    os.close(handle)
    put(store, tmp_path, "1.1")


def test_leftovers_are_swept(store: BundleStore, tmp_path: Path) -> None:
    """What a killed install left is gone after the next one."""
    put(store, tmp_path, "1.0")
    for name in (".incoming-1", ".trash-1.0-00000000"):
        (store.root / name).mkdir()
        (store.root / name / bundle.CLASSIFIER).write_bytes(b"x")
    put(store, tmp_path, "1.1")
    assert left(store) == set()


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk that is full after so many calls that make it durable."""
    calls = [0, 10**6]
    sync = os.fsync

    def full(handle: int) -> None:
        calls[0] += 1
        if calls[0] > calls[1]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    return calls


def test_a_full_disk_leaves_all_as_it_was(store: BundleStore, tmp_path: Path, filling: list[int]) -> None:
    """Wherever it fills up: one sentence, a whole bundle in use, nothing half installed."""
    file = bundles.packed(tmp_path, "1.1")
    put(store, tmp_path, "1.0")
    refusals: list[str] = []
    for filling[1] in range(40):
        filling[0] = 0
        try:
            install(store, file, admit)
        except ModelError as error:
            refusals.append(str(error))
        bundle.load(store.path(store.current()))
        for name in store.names():
            bundle.load(store.path(name))
    assert len(refusals) >= 5
    assert all("No space left on device" in said and "\n" not in said for said in refusals)
    assert versions(store) == ["1.0", "1.1"]
    assert store.current() == store.names()[-1]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """In one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"cannot be used: .*; run this as"):
        put(BundleStore(tmp_path / "file" / "bundles"), tmp_path, "1.0")
