"""The pictures of the documents are made by a script, and each is shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from scripts import page_pictures
from tests.project.test_docs import PAGES

DRAWN_BY_HAND = {"overview.svg", "wiring.svg"}


def test_every_picture_is_made_by_the_script() -> None:
    """But for the drawings; and each that it makes is there."""
    there = {file.name for file in page_pictures.PICTURES.iterdir()}
    assert there == DRAWN_BY_HAND | set(page_pictures.PAINTED)


def test_every_picture_is_shown() -> None:
    """In a document."""
    shown = {name for page in PAGES for name in re.findall(r"images/([\w.-]+)\)", page.read_text())}
    assert {file.name for file in page_pictures.PICTURES.iterdir()} <= shown


def test_a_terminal_is_read_to_its_end(tmp_path: Path) -> None:
    """As wide as it is asked to be, in the folder that it is given."""
    code = "import os, shutil; print(shutil.get_terminal_size().columns, os.listdir())"
    (tmp_path / "here").touch()
    assert page_pictures.in_terminal([sys.executable, "-c", code], tmp_path) == "80 ['here']\r\n"


def test_a_picture_of_a_terminal_loads_nothing() -> None:
    """Its letters are of the reader's own font."""
    text = (page_pictures.PICTURES / "demo.svg").read_text()
    assert "font-face" not in text
    assert "url(http" not in text
