"""Every bundle on this device, and the state of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.bundle import Bundle, trust
from edge.bundle.store import PACKAGED, BundleStore
from edge.errors import ModelError


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """A bundle on this device; `problem` says why it could not be used."""

    name: str
    version: str
    digest: str
    path: str
    current: bool
    previous: bool
    shipped: bool
    trial: str
    problem: str

    def as_json(self) -> dict[str, object]:
        """Plain values for `json.dumps`."""
        return asdict(self)


def inventory(store: BundleStore, trusted: Sequence[str]) -> tuple[InventoryRow, ...]:
    """Every bundle: the shipped one, then those that were installed, the newest last.

    Args:
        store: Where they are.
        trusted: The public keys of those whose bundles this device takes.
    """
    try:
        current, previous = store.current(), store.previous()
    except ModelError:
        # A broken link must not hide the bundles from whoever mends it.
        current, previous = PACKAGED, None
    return tuple(
        _row(store, name, trusted, current=name == current, previous=name == previous)
        for name in (PACKAGED, *store.names())
    )


def _row(
    store: BundleStore, name: str, trusted: Sequence[str], *, current: bool, previous: bool
) -> InventoryRow:
    path, bundle, problem = store.path(name), None, ""
    try:
        bundle = trust.open_trusted(path, trusted)
    except ModelError as error:
        problem = str(error)
    version, digest = _facts(bundle, name)
    return InventoryRow(
        name=name or f"{version}-{digest[:8]}",
        version=version,
        digest=digest,
        path=str(Path(path)),
        current=current,
        previous=previous,
        shipped=name == PACKAGED,
        trial=_trial(store, name),
        problem=problem,
    )


def _facts(bundle: Bundle | None, name: str) -> tuple[str, str]:
    if bundle is None:
        version, _, digest = name.rpartition("-")
        return version, digest
    return bundle.manifest.version, bundle.manifest.digest


def _trial(store: BundleStore, name: str) -> str:
    record = store.record(name)
    if name != PACKAGED and record.failed:
        return "failed"
    proven = name == PACKAGED or record.proven
    return "proven" if proven else f"on trial, {record.attempts} failed attempts"
