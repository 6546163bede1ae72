"""Fixtures: an export that the device's own command made of a real spool, and where it is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.database import open_database
from edge.messages import payloads
from edge.spool import Spool
from tests.support.builders import limits
from tests.support.collector_records import made
from tests.support.commands import Run

EVENTS = 30


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A spool with 30 events of the device `door`, and the configuration that names it."""
    with closing(Spool.open(tmp_path / "spool.db", limits())) as spool:
        for event in made(EVENTS):
            spool.append(event)
        spool.flush()
    file = tmp_path / "config.toml"
    file.write_text(f'[spool]\npath = "{tmp_path / "spool.db"}"\n')
    return file


@pytest.fixture
def export(run: Run, config: Path, tmp_path: Path) -> Path:
    """What the device's own command makes of them."""
    file = tmp_path / "march.jsonl"
    assert run("events", "export", "--config", config, "-o", file).code == 0
    return file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty database of a collector."""
    file = tmp_path / "events.db"
    open_database(f"sqlite:///{file}", create=True).close()
    return file


@pytest.fixture
def load(run: Run, path: Path) -> Run:
    """`maskgate collect load` into it, as from the site `site`."""

    def call(*arguments: object) -> object:
        return run("collect", "load", "--site", "site", "--database", f"sqlite:///{path}", *arguments)

    return call  # type: ignore[return-value]


def other(key: str, value: object) -> Callable[[bytes], bytes]:
    return lambda line: payloads.encode({**json.loads(line), key: value}) + b"\n"
