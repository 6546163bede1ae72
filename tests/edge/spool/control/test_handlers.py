"""How requests are answered."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.spool import Spool
from edge.spool.control import handlers
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import PageRequest
from edge.spool.control.server import ControlServer
from tests.support.builders import limits
from tests.support.spool_tools import EVENTS, WALL, path
from tests.support.spools import fill

__all__ = ["path"]


def test_an_export_lets_events_pass(path: Path) -> None:
    """Between any two pages the spool's thread stores what was appended meanwhile."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        rows = SpoolClient(path, limits()).pages(PageRequest(limit=10))
        assert next(rows).position == 1
        fill(spool, range(31, 36))
        assert [kept.position for kept in rows] == list(range(2, 36))


def test_a_page_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is asked for, one answer holds so many events and no more."""
    monkeypatch.setattr(handlers, "MOST_ROWS", 7)
    counter = SpoolClient(path, limits())
    assert len(counter.page(PageRequest(limit=10_000))) == 7
    assert len(list(counter.pages(PageRequest(limit=10_000)))) == EVENTS
