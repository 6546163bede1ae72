"""A tool that looks writes nothing, whatever is or is not there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import PageRequest
from edge.spool.storage import files
from tests.support.builders import limits
from tests.support.spools import fill

LOOKS: dict[str, Callable[[SpoolClient], object]] = {
    "tail": lambda client: client.page(PageRequest(newest=True)),
    "export": lambda client: list(client.pages(PageRequest())),
    "stats": lambda client: client.stats(),
    "overview": lambda client: client.overview(),
}


def everything(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("folder", ["there", "missing"])
def test_where_there_is_no_spool_none_is_made(tmp_path: Path, look: str, folder: str) -> None:
    """Neither it nor its folder, and so no epoch either."""
    place = tmp_path / folder
    if folder == "there":
        place.mkdir()
    with pytest.raises(SpoolError, match="there is no spool at"):
        LOOKS[look](SpoolClient(place / "spool.db", limits()))
    assert not place.exists() or everything(place) == {}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("numbers", ["beside it", "missing"])
def test_a_spool_is_the_same_after_a_look(tmp_path: Path, look: str, numbers: str) -> None:
    """A copy without its reservations can be read as well, and gets none."""
    path = tmp_path / "spool.db"
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 6))
    if numbers == "missing":
        files.numbers_of(path).unlink()
    before = everything(tmp_path)
    LOOKS[look](SpoolClient(path, limits()))
    assert everything(tmp_path) == before
