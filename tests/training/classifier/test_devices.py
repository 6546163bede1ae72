"""Several devices."""

from __future__ import annotations

import pytest

from edge.errors import ConfigError
from tests.support.training import framework
from training.classifier import devices


def test_names() -> None:
    """Names stand in a list with commas; an empty one names none."""
    assert devices.named("cpu:0, GPU:1") == ("cpu:0", "gpu:1")
    assert devices.named("") == ()


@pytest.mark.parametrize("text", ["cpu", "gpu:x", "cpu:0,cpu:0", "tpu:0", "cpu:100"])
def test_names_that_are_none(text: str) -> None:
    """Another form, another kind of device, or a device twice."""
    with pytest.raises(ConfigError, match="--devices"):
        devices.named(text)


def test_a_processor_appears_as_many_as_are_named() -> None:
    """So that each of them is there, whatever its number."""
    assert devices.processors(("cpu:0", "cpu:1")) == 2
    assert devices.processors(("cpu:1",)) == 2
    assert devices.processors(("gpu:3",)) == 1


@pytest.mark.slow
def test_devices_that_are_not_there() -> None:
    """They are named, and so are those that are there; a batch must have a face for each."""
    framework()
    with pytest.raises(ConfigError, match="there is no gpu:7; this machine has cpu:0"):
        devices.sharing(("cpu:0", "gpu:7"), 8)
    with pytest.raises(ConfigError, match="cannot be shared"):
        devices.sharing(("cpu:0",), 0)
    with devices.sharing((), 8):
        pass
