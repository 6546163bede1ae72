"""A workbench that the tests share: the library of its pages has one for each process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium import browser
from tests.support.web import Served
from tests.support.workbench import make_network, served_workbench

__all__ = ["bench", "browser"]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Open to everybody on this machine; in its runs there is one with a float network."""
    folder = tmp_path_factory.mktemp("bench")
    make_network(folder / "runs" / "first" / "model.keras")
    with served_workbench(folder) as running:
        yield running
