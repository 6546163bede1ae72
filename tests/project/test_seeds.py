"""Every network that a test makes comes from a seed, so that no test passes or fails by luck or by order."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import ROOT
from tests.support.training import framework

TESTS = ROOT / "tests"
MAKES = re.compile(
    r"^ *(import keras|from keras import|from training\.classifier\.network import .*build)", re.MULTILINE
)
"""What a program that makes networks begins with."""


def weights() -> bytes:
    """The first weights of a network that nobody seeds."""
    framework()
    import keras

    layer = keras.layers.Dense(4)
    layer.build((None, 4))
    return bytes(np.asarray(layer.kernel).tobytes())


@pytest.fixture(scope="module")
def of_a_fixture() -> tuple[bytes, float]:
    """What is drawn where a fixture begins."""
    return weights(), random.random()


@pytest.mark.slow
@pytest.mark.parametrize("drawn_before", [0, 5])
def test_what_is_drawn_hangs_on_nothing_before(of_a_fixture: tuple[bytes, float], drawn_before: int) -> None:
    """A test draws the same numbers and weights as a fixture does, and as the test before it did."""
    assert (weights(), random.random()) == of_a_fixture
    for _ in range(drawn_before):
        weights()


def programs() -> Iterator[tuple[str, str]]:
    """Where programs that tests start in processes of their own stand, and what they say."""
    for file in sorted(TESTS.rglob("*.py")):
        if file == Path(__file__):
            continue
        text = file.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and MAKES.search(node.value):
                yield f"{file.relative_to(TESTS)}:{node.lineno}", node.value
        if "__main__" in text and MAKES.search(text):
            yield str(file.relative_to(TESTS)), text


def test_processes_of_their_own_seed_too() -> None:
    """Nobody else seeds a program that runs outside of pytest; each that makes networks does it itself."""
    found = dict(programs())
    assert len(found) >= 3
    assert [place for place, text in found.items() if "set_random_seed(" not in text] == []


def test_the_framework_is_loaded_in_one_way() -> None:
    """Within pytest by `tests.support.training.framework`, which seeds it."""
    calls = re.compile(r"\bload_framework\(")
    files = [file for file in sorted(TESTS.rglob("*.py")) if calls.search(outside_of_strings(file))]
    assert [str(file.relative_to(TESTS)) for file in files] == ["support/networks.py", "support/training.py"]


def outside_of_strings(file: Path) -> str:
    """A program without the words in it."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)
