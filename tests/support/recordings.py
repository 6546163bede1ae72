"""Recordings made of a list."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.types import Image


class ListReader:
    """Pictures and times from a list; the picture is one buffer, as a decoder's is."""

    def __init__(self, *moments: float) -> None:
        self._moments: Iterator[float] = iter(moments)
        self._buffer = np.zeros((2, 3, 3), np.uint8)
        self.closed = False

    def next(self) -> tuple[Image, float] | None:
        moment = next(self._moments, None)
        return None if moment is None else (self._buffer, moment)

    def close(self) -> None:
        self.closed = True
