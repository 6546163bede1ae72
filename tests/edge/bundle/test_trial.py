"""How a new bundle proves itself, and how it is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.bundle.install import install
from edge.bundle.store import PACKAGED, BundleStore, TrialRecord
from edge.bundle.trial import ENOUGH_FRAMES, ENOUGH_S, Trial, give_up
from tests.support import bundles


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    """Two bundles, one after the other."""
    made = BundleStore(tmp_path / "bundles")
    for version in ("1.0", "1.1"):
        install(made, bundles.packed(tmp_path, version), lambda _: None, allow_older=True)
    return made


def test_an_attempt_is_counted_before_it_ends(store: BundleStore) -> None:
    """Whoever dies in the middle has left a mark; beginning twice is one attempt."""
    trial = Trial(store, store.current())
    trial.begin()
    trial.begin()
    assert BundleStore(store.root).record(store.current()).attempts == 1
    Trial(store, store.current()).begin()
    assert store.record(store.current()).failed


def test_an_attempt_that_came_to_nothing_is_taken_back(store: BundleStore) -> None:
    """Once, and only one's own."""
    Trial(store, store.current()).begin()
    trial = Trial(store, store.current())
    trial.begin()
    trial.pause()
    trial.pause()
    assert store.record(store.current()).attempts == 1


def test_frames_with_faces_prove_a_bundle(store: BundleStore) -> None:
    """Empty ones do not, however many; afterwards nothing is counted any more."""
    trial = Trial(store, store.current())
    trial.begin()
    for _ in range(1000):
        trial.passed(0, 1.0)
    for _ in range(ENOUGH_FRAMES - 1):
        trial.passed(2, 1.0)
    assert not store.record(store.current()).proven
    trial.passed(1, 1.0)
    assert store.record(store.current()).proven
    assert store.record(store.current()).attempts == 0
    trial.begin()
    assert store.record(store.current()).attempts == 0
    assert Trial(store, store.current()).proven


def test_time_proves_a_bundle(store: BundleStore) -> None:
    """At a door where nobody comes by."""
    trial = Trial(store, store.current())
    trial.passed(0, 50.0)
    trial.passed(0, 50.0 + ENOUGH_S - 1)
    assert not trial.proven
    trial.passed(0, 50.0 + ENOUGH_S)
    assert trial.proven


def test_giving_up_goes_back_and_says_so(store: BundleStore, caplog: pytest.LogCaptureFixture) -> None:
    """To the one before; the note stays with what is in use instead."""
    first, second = store.names()
    store.write_record(second, TrialRecord(replaced=first, attempts=2))
    assert give_up(store, second) == first == store.current()
    assert store.record(first).note == f"the bundle {second} failed 2 times; {first} is in use again"
    assert store.record(first).note in caplog.text


def test_giving_up_passes_over_what_has_failed(store: BundleStore) -> None:
    """Two bundles that replaced each other do not go round in circles."""
    first, second = store.names()
    store.write_record(second, TrialRecord(replaced=first, attempts=2))
    store.write_record(first, TrialRecord(replaced=second, attempts=2))
    assert give_up(store, second) == PACKAGED == store.current()
    assert "the one that comes with the package" in store.record(PACKAGED).note


def test_what_somebody_else_installed_meanwhile_stays(store: BundleStore) -> None:
    """Giving up means the bundle that failed, and no other."""
    first, second = store.names()
    assert give_up(store, first) == second == store.current()


def test_a_record_that_cannot_be_written_stops_nobody(
    store: BundleStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that nothing is counted."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(BundleStore, "write_record", refuse)
    Trial(store, store.current()).begin()
    assert "cannot be counted" in caplog.text
