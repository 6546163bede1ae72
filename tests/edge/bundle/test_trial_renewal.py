"""What has proved itself gets a way back as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.bundle.install import install
from edge.bundle.inventory import inventory
from edge.bundle.store import MOST_ATTEMPTS, MOST_PROVEN_ATTEMPTS, BundleStore, TrialRecord
from edge.bundle.trial import ENOUGH_FRAMES, Trial, renew
from tests.support import bundles


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    made = BundleStore(tmp_path / "bundles")
    install(made, bundles.packed(tmp_path, "1.0"), lambda _: None)
    return made


def test_a_proven_bundle_is_counted_too(store: BundleStore) -> None:
    """Each start that ends before it has worked for long enough; more of them than with a new one."""
    name = store.current()
    store.write_record(name, TrialRecord(proven=True))
    for count in range(1, MOST_PROVEN_ATTEMPTS + 1):
        assert not store.record(name).failed
        Trial(store, name).begin()
        assert store.record(name).attempts == count
    assert store.record(name).failed
    assert [row.trial for row in inventory(store, ())] == ["proven", "failed"]


def test_a_good_run_of_a_proven_bundle_forgets_the_bad_ones(store: BundleStore) -> None:
    """Power cuts years apart are not added up."""
    name = store.current()
    store.write_record(name, TrialRecord(proven=True, attempts=3))
    trial = Trial(store, name)
    trial.begin()
    for _ in range(ENOUGH_FRAMES):
        trial.passed(1, 0.0)
    assert store.record(name).attempts == 0


def test_other_libraries_renew_the_trial(store: BundleStore, caplog: pytest.LogCaptureFixture) -> None:
    """What was proved with one OpenCV is not proved with the next; the log of the change names both."""
    name = store.current()
    store.write_record(name, TrialRecord(replaced="", proven=True, libraries="OpenCV 4", note="kept"))
    with caplog.at_level("INFO"):
        renew(store, name, "OpenCV 5")
    assert store.record(name) == TrialRecord(libraries="OpenCV 5", note="kept")
    assert "OpenCV 5 took the place of OpenCV 4" in caplog.text


def test_the_same_libraries_change_nothing(store: BundleStore) -> None:
    """Nothing is written, and attempts stay counted."""
    name = store.current()
    store.write_record(name, TrialRecord(attempts=1, libraries="OpenCV 5"))
    before = store.record_file(name).stat().st_ino
    renew(store, name, "OpenCV 5")
    assert store.record(name).attempts == 1
    assert store.record_file(name).stat().st_ino == before


def test_a_failure_is_the_fault_of_what_is_new(store: BundleStore) -> None:
    """A new detector beside any bundle, a new bundle beside a proven detector; else of the bundle."""
    name, detector = store.current(), "detector-12345678"
    Trial(store, detector, name).begin()
    assert (store.record(detector).attempts, store.record(name).attempts) == (1, 0)
    store.write_record(detector, TrialRecord(proven=True))
    Trial(store, detector, name).begin()
    store.write_record(name, TrialRecord(proven=True, attempts=1))
    Trial(store, detector, name).begin()
    assert (store.record(detector).attempts, store.record(name).attempts) == (0, 2)


def test_working_together_proves_both(store: BundleStore) -> None:
    """Bundle and detector."""
    trial = Trial(store, "detector-12345678", store.current())
    for _ in range(ENOUGH_FRAMES):
        trial.passed(1, 0.0)
    assert store.record("detector-12345678").proven
    assert store.record(store.current()).proven


def test_a_new_bundle_has_fewer_chances() -> None:
    """A power cut must not cost a bundle that has worked for years."""
    assert MOST_ATTEMPTS < MOST_PROVEN_ATTEMPTS
