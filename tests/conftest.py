"""Fixtures that several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from edge.system.native_output import prepare_opencv
from tests.support.builders import seed
from tests.support.mosquitto import Mosquitto, find_mosquitto
from tests.support.paths import SHARED

# A shared machine may stop for a moment; no test of behaviour judges by time. The examples are the same every
# time, so that a change is judged by itself; `--hypothesis-profile search` looks for others.
settings.register_profile("maskgate", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("maskgate")

# FFmpeg reads its log level once, also when a test is the first to write a video.
prepare_opencv()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files, the slow ones come first: none is left alone with them."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    """Called by pytest before a fixture of any scope is made."""
    seed()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """Called by pytest before a test runs, when its fixtures are there."""
    seed()


MakeBroker = Callable[..., Mosquitto]


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[MakeBroker]:
    """Makes brokers from lines of configuration, not yet started; all are stopped after the test."""
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed; on Debian: apt-get install mosquitto")
    brokers: list[Mosquitto] = []

    def make(*lines: str) -> Mosquitto:
        directory = tmp_path / f"broker{len(brokers)}"
        directory.mkdir()
        brokers.append(Mosquitto(program, directory, lines))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(make_broker: MakeBroker) -> Mosquitto:
    """A running Mosquitto that lets everybody in."""
    return make_broker().start()


@pytest.fixture
def shared() -> Path:
    """The development data beside the checkout, which a machine of a user does not have."""
    directory = SHARED
    if not (directory / "models").is_dir():
        pytest.skip("the development data is not beside the checkout")
    return directory
