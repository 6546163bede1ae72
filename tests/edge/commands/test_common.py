"""What several commands take: models that are named on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.support import bundle_models
from tests.support.commands import Run, one_sentence


def test_a_packed_bundle_is_taken(run: Run, photo: Path, tmp_path: Path) -> None:
    """As its directory is, and the results are the same."""
    packed = bundle_models.packed(tmp_path, "1000.1")
    one, other = (run("predict", "--json", "--bundle", path, photo) for path in (packed, tmp_path / "1000.1"))
    assert (one.code, other.code) == (0, 0), one.err
    assert [line["faces"] for line in one.lines()] == [line["faces"] for line in other.lines()]
    assert run("replay", "--bundle", packed, photo).code == 0


def test_a_file_that_is_no_packed_bundle(run: Run, photo: Path) -> None:
    """One sentence that names it."""
    one_sentence(run("predict", "--bundle", photo, photo), 3, photo.name)
