"""A workbench that the tests share: the library of its pages has one for each process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import browser
from tests.support.web import Served
from tests.support.workbench import make_network, make_site, served_workbench

__all__ = ["bench", "browser", "changing_site", "site", "site_folder"]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Open to everybody on this machine; in its runs there is one with a float network."""
    folder = tmp_path_factory.mktemp("bench")
    make_network(folder / "runs" / "first" / "model.keras")
    with served_workbench(folder) as running:
        yield running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Open to everybody on this machine, with data, two runs that were judged, and a learning curve."""
    folder = tmp_path_factory.mktemp("site")
    split = make_site(folder)
    with served_workbench(folder, "--split", split, "--data", folder / "hall") as running:
        yield running


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `changing_site`."""
    folder = tmp_path_factory.mktemp("changing")
    make_site(folder)
    (folder / "inbox").mkdir()
    return folder


@pytest.fixture(scope="session")
def changing_site(site_folder: Path) -> Iterator[Served]:
    """As `site`, for those who add pictures and start jobs."""
    inbox = site_folder / "inbox"
    with served_workbench(site_folder, "--split", site_folder / "split.json", "--inbox", inbox) as running:
        yield running
