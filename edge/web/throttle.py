"""How often somebody may ask: a pause that grows with wrong tokens, and a limit of requests.

Pure: time is an argument, in monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

FREE_TRIES = 3
"""Wrong tokens before the first pause."""
LONGEST_PAUSE_S = 60.0
MOST_CLIENTS = 10_000
"""Clients that are remembered; the one that was silent longest is forgotten first."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


class LoginThrottle:
    """After some wrong tokens a client waits, twice as long after each further one, up to a minute."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, client: str, now: float) -> float:
        """Seconds for which a client's tokens are not looked at; 0 where they are."""
        found = self._failures.get(client)
        return 0.0 if found is None else max(0.0, found.until - now)

    def fail(self, client: str, now: float) -> None:
        """A client gave a wrong token."""
        found = self._failures.setdefault(client, _Failures())
        self._failures.move_to_end(client)
        found.count += 1
        if found.count > FREE_TRIES:
            # Bounded before the power: a client may fail for weeks.
            doublings = min(found.count - FREE_TRIES - 1, 10)
            found.until = now + min(2.0**doublings, LONGEST_PAUSE_S)
        if len(self._failures) > MOST_CLIENTS:
            self._failures.popitem(last=False)

    def succeed(self, client: str) -> None:
        """A client gave the right token: what was before is forgotten."""
        self._failures.pop(client, None)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A token bucket for each client: so many requests a second, and as many as in two seconds at once.

    Source: the token bucket of RFC 2697, with one rate.
    """

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = 2 * per_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, client: str, now: float) -> float:
        """Takes one request of a client; returns 0, or the seconds after which there is room for it."""
        bucket = self._buckets.setdefault(client, _Bucket(self._most, now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.at) * self._per_s)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_s
