"""Runs the tests in another order, to show that none hangs on what ran before it.

    pytest -p tests.support.order --order reverse
    pytest -p tests.support.order --order 7

A number is the seed of a random order: of the files, and of the tests in each. Files stay together,
since their tests share what takes long to make.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from random import Random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Called by pytest when it begins."""
    parser.addoption("--order", required=True, help="reverse, or the seed of a random order")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Called by pytest when all tests are found; the last word, after the order that they have by default."""
    yield
    order = config.getoption("--order")
    items[:] = items[::-1] if order == "reverse" else shuffled(items, Random(int(order)))


def shuffled(items: list[pytest.Item], random: Random) -> list[pytest.Item]:
    """The files in random order, and the tests of each."""
    files = defaultdict[Path, list[pytest.Item]](list)
    for item in items:
        files[item.path].append(item)
    for tests in files.values():
        random.shuffle(tests)
    return [item for file in random.sample(sorted(files), len(files)) for item in files[file]]
