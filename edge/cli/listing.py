"""The table of `maskgate models list`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from edge.bundle import Bundle
from edge.bundle.store import PACKAGED, Store
from edge.cli import compose
from edge.config import Config
from edge.errors import ModelError


@dataclass(frozen=True, slots=True)
class Row:
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


def rows(store: Store, config: Config) -> tuple[Row, ...]:
    """Every bundle: the shipped one, then those that were installed, the newest last."""
    try:
        current, previous = store.current(), store.previous()
    except ModelError:
        current, previous = PACKAGED, None
    return tuple(
        _row(store, name, config, current=name == current, previous=name == previous)
        for name in (PACKAGED, *store.names())
    )


def _row(store: Store, name: str, config: Config, *, current: bool, previous: bool) -> Row:
    path, bundle, problem = store.path(name), None, ""
    try:
        bundle = compose.open_trusted(path, config)
    except ModelError as error:
        problem = str(error)
    version, digest = _facts(bundle, name)
    return Row(
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


def _trial(store: Store, name: str) -> str:
    record = store.record(name)
    if name == PACKAGED or record.proven:
        return "proven"
    return "failed" if record.failed else f"on trial, {record.attempts} failed attempts"


def table(found: tuple[Row, ...]) -> str:
    """The rows as text."""
    lines = [("bundle", "use", "trial", "")]
    for row in found:
        marks = [name for name in ("current", "previous", "shipped") if getattr(row, name)]
        lines.append((row.name, ", ".join(marks), row.trial, row.problem))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip()
        for line in lines
    )
