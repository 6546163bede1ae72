"""How long to wait before something is tried again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

_jitter = secrets.SystemRandom()


@dataclass(slots=True)
class Backoff:
    """Waiting times that double from `first` to `longest` seconds, each shortened by chance up to half."""

    first: float = 0.5
    longest: float = 15.0
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        # The exponent is bounded: the power for a long outage would not fit into a float.
        whole = min(self.longest, self.first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        # Devices that lost one broker must not come back at the same moment.
        return _jitter.uniform(whole / 2, whole)

    def reset(self) -> None:
        """Begins with the shortest again."""
        self.failures = 0
