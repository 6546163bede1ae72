"""The threat model of SECURITY.md names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.paths import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## Who could do what")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| who")
]
NAMED = sorted({name for row in ROWS for name in re.findall(r"`(tests/[^`]+)`", row[-1])})
THREATS = {
    "passer-by", "network neighbour", "broker", "other device", "consumer", "owner of a bundle", "local user",
}  # fmt: skip


def test_everybody_is_thought_of() -> None:
    """At least one line each."""
    assert {row[0] for row in ROWS} >= THREATS


def test_every_line_names_a_test() -> None:
    """What no test holds is not promised."""
    assert [row for row in ROWS if len(row) != 4 or not re.search(r"`tests/", row[-1])] == []


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name: str) -> None:
    """In that file, under that name."""
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert any(one.startswith("test_") for one in found)
    assert not function or function in found
