"""Servers that the tests of a file share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.commissioning import Commissioning
from edge.spool import Spool
from edge.spool.control.handlers import Seeing
from edge.spool.control.server import ControlServer
from edge.types import DeviceKey
from tests.support.builders import limits
from tests.support.chromium import browser
from tests.support.live_views import ShownView
from tests.support.web import Served, served, token_file, web_config

__all__ = ["browser", "locked", "server"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Open to everybody on this machine, without a device."""
    with served(web_config(tmp_path_factory.mktemp("web"))) as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Asks for the token of the tests."""
    directory = tmp_path_factory.mktemp("locked")
    with served(web_config(directory, token_file=token_file(directory))) as running:
        yield running


@pytest.fixture
def live_view() -> ShownView:
    """The live view of that device, off at first."""
    return ShownView()


@pytest.fixture
def spool(tmp_path: Path, live_view: ShownView) -> Iterator[Spool]:
    """The spool of a device that runs, empty at first: what a test finds in it hangs on no other test."""
    path = tmp_path / "spool.db"
    with (
        closing(Spool.open(path, limits(), origin=DeviceKey("works", "door"))) as opened,
        closing(ControlServer(opened, seeing=Seeing(live_view, Commissioning(Config()).answer))),
    ):
        yield opened


@pytest.fixture
def beside_device(spool: Spool) -> Iterator[Served]:
    """Beside that device."""
    with served(web_config(Path(spool.path).parent)) as running:
        yield running
