"""The file of gates."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert import gates
from edge.errors import ConfigError

HEAD = "[representative]\nper_class = 100\nleast = 200\n"


def test_the_shipped_file_asks_for_two_hundred_crops() -> None:
    """As the conversion promises."""
    assert gates.load().representative.least == 200


def test_a_limit_that_is_left_out_is_not_insisted_on(tmp_path: Path) -> None:
    """The others stand."""
    file = tmp_path / "gates.toml"
    file.write_text(HEAD + "[parity]\nkl = 0.5\n")
    found = gates.load(file).parity
    assert (found.kl, found.agreement) == (0.5, None)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("= 1", "cannot be read"),
        (HEAD + "[parity]\nkl = nan\n", r"parity\.kl"),
        (HEAD + "[parity]\nkl = -1\n", r"parity\.kl"),
        (HEAD + "[parity]\nsurprise = 1\n", r"parity\.surprise"),
        ("[parity]\n", "representative"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, content: str, named: str) -> None:
    """The sentence names file and key."""
    file = tmp_path / "mine.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=rf"mine\.toml.*{named}"):
        gates.load(file)
