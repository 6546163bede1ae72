"""Which devices train: one, or several that share every batch through `tf.distribute.MirroredStrategy`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from edge.errors import ConfigError

SIMULATED_MOST = 64
"""Devices that a processor can be made to appear as."""


def named(text: str) -> tuple[str, ...]:
    """Names such as `cpu:0` out of a list with commas; none where the text is empty.

    Raises:
        ConfigError: A name is not of this form, or stands there twice.
    """
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    bad = [name for name in names if not re.fullmatch(r"(cpu|gpu):\d{1,2}", name)]
    if bad or len(set(names)) < len(names):
        raise ConfigError(f"--devices {text}: name each device once, such as cpu:0,cpu:1 or gpu:0,gpu:1")
    return names


def processors(names: Sequence[str]) -> int:
    """As how many devices the processor must appear, so that all that are named are there."""
    numbers = [int(name.partition(":")[2]) for name in names if name.startswith("cpu")]
    # One that lies beyond is refused by `sharing`, which names the devices that there are.
    return min(max(numbers, default=0) + 1, SIMULATED_MOST)


def sharing(names: Sequence[str], batch: int) -> AbstractContextManager[Any]:
    """A block in which networks are made for these devices; for the usual one where none is named.

    Args:
        names: As `named` gives them.
        batch: Faces in a batch, of which each device gets its share.

    Raises:
        ConfigError: A device is not there, or the batch is too small for so many.
    """
    if not names:
        return nullcontext()
    import tensorflow as tf  # noqa: PLC0415 - the names of devices are checked before it is loaded

    there = [_short(device) for device in tf.config.list_logical_devices()]
    missing = [name for name in names if name not in there]
    if missing:
        raise ConfigError(f"--devices: there is no {', '.join(missing)}; this machine has {', '.join(there)}")
    if batch < len(names):
        raise ConfigError(f"--devices: a batch of {batch} cannot be shared by {len(names)} devices")
    scope: AbstractContextManager[Any] = tf.distribute.MirroredStrategy(
        [f"/{name}" for name in names]
    ).scope()
    return scope


def _short(device: Any) -> str:
    return f"{device.device_type}:{device.name.rpartition(':')[2]}".lower()
