"""The page of licences names what the locks pull."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
SCRIPT = runpy.run_path(str(Path(ROOT) / "scripts" / "licences.py"))
ROWS = {
    name: (licence, tuple(locks.split(", ")))
    for name, licence, locks in re.findall(r"^\| ([a-z0-9._-]+) \| (.+?) \| (.+?) \|", PAGE, re.MULTILINE)
    if name != "package"
}


def test_every_package_of_a_lock_is_on_the_page() -> None:
    """And no other; `python scripts/licences.py` writes it again."""
    assert {name: locks for name, (_, locks) in ROWS.items()} == {
        name: tuple(locks) for name, locks in SCRIPT["locked"]().items()
    }


def test_every_lock_is_looked_at() -> None:
    """A new one belongs on the page too."""
    assert set(SCRIPT["LOCKS"]) == {file.stem for file in (ROOT / "requirements").glob("*.txt")}


def test_every_package_has_a_licence() -> None:
    """None is unknown, and a device has to do with no GPL."""
    assert [name for name, (licence, _) in ROWS.items() if licence.strip() in ("", "UNKNOWN")] == []
    device = [licence for licence, locks in ROWS.values() if {"edge", "pi", "tflite"} & set(locks)]
    assert [licence for licence in device if "GPL" in licence] == []


def test_what_lies_in_wheels_is_named() -> None:
    """OpenCV's bring FFmpeg, which its metadata does not say."""
    (row,) = (line for line in PAGE.splitlines() if line.startswith("| opencv-python-headless "))
    assert "FFmpeg (LGPL" in row
