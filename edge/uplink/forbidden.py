"""Where the broker's access list forbids to publish, for now; takes time as an argument.

Each topic waits by itself: a list may allow events and forbid gaps. A device that was renamed publishes what
it decided before below its earlier name, and the list may allow one of the names only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.mqtt.backoff import Backoff

FIRST_S, LONGEST_S = 5.0, 60.0


@dataclass(slots=True)
class _Forbidden:
    sentence: str
    until: float
    backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_S, LONGEST_S))


class ForbiddenTopics:
    """The topics of events and gaps on which nothing may be published."""

    def __init__(self) -> None:
        self._forbidden: dict[str, _Forbidden] = {}

    @property
    def sentence(self) -> str:
        """Why something may not be published; empty where all may."""
        return next((one.sentence for one in self._forbidden.values()), "")

    def forbid(self, topic: str, sentence: str, now: float) -> None:
        """The broker has refused a message for want of permission: its topic waits, ever longer."""
        entry = self._forbidden.setdefault(topic, _Forbidden(sentence, now))
        entry.sentence = sentence
        # The rest of a window that was refused says nothing new.
        if entry.until <= now:
            entry.until = now + entry.backoff.next()

    def allow(self, topic: str) -> None:
        """The broker has taken a message."""
        self._forbidden.pop(topic, None)

    def allowed(self, now: float) -> Callable[[str], bool]:
        """What says whether a message may be tried now on a topic."""
        waiting = {topic for topic, one in self._forbidden.items() if one.until > now}
        return lambda topic: topic not in waiting

    def wait(self, now: float) -> float | None:
        """Seconds until some topic may be tried again; None where none waits."""
        waits = [one.until - now for one in self._forbidden.values() if one.until > now]
        return min(waits) if waits else None
