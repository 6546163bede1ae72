"""What kind of machine this is."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from edge.system import machine


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("firmware/devicetree/base/model", b"Raspberry Pi 4 Model B Rev 1.5\0"),
        ("class/dmi/id/product_name", b"Raspberry Pi 4 Model B Rev 1.5\n"),
    ],
)
def test_a_board_and_a_pc_say_their_model(tmp_path: Path, name: str, content: bytes) -> None:
    """Each at a place of its own."""
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(content)
    assert machine.model(tmp_path) == "Raspberry Pi 4 Model B Rev 1.5"


def test_a_machine_that_says_nothing_has_the_name_of_its_processor(tmp_path: Path) -> None:
    """A container, for example."""
    assert machine.model(tmp_path) == platform.machine()
