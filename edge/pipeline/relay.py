"""When the relay is energised: for a moment for each person who is compliant, and never by an old picture."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from edge.pipeline.pipeline import Cycle
from edge.pipeline.ports import Relay
from edge.system.relay_guard import LEASE_S
from edge.tracking.register import PassUpdate
from edge.types import Event, Frame, Lamp, Outcome

STALE_S = 1.0
"""A picture that was taken longer ago, when its verdict is there, moves no relay."""


class Hold(Enum):
    """What the relay is to do."""

    RELEASED = auto()
    BEGUN = auto()
    HELD = auto()


class RelayPolicy:
    """One pulse for each person who becomes compliant, while the lamp is green. Pure.

    A pulse that was cut, by another lamp, an old picture or a gap between pictures, does not go on.
    """

    def __init__(self, pulse_s: float, longest_s: float) -> None:
        self._pulse_s = pulse_s
        self._longest_s = longest_s
        self._compliant = set[int]()
        self._began = self._until = self._last = float("-inf")

    def update(self, passes: PassUpdate, lamp: Lamp, taken: float, age_s: float) -> Hold:
        """What to do after a cycle.

        Args:
            passes: What the cycle changed.
            lamp: What the lamp shows by now.
            taken: When the picture was taken, on the clock of the frames.
            age_s: Seconds from then until now.
        """
        turned = self._turned(passes)
        gap, self._last = taken - self._last, taken
        if lamp is not Lamp.GREEN or age_s > STALE_S:
            self.cut()
            return Hold.RELEASED
        if gap > LEASE_S:
            self.cut()
        if turned:
            self._began = self._began if taken < self._until else taken
            self._until = min(taken + self._pulse_s, self._began + self._longest_s)
            return Hold.BEGUN
        return Hold.HELD if taken < self._until else Hold.RELEASED

    def cut(self) -> None:
        """Ends the pulse, as without a picture."""
        self._until = float("-inf")

    def _turned(self, passes: PassUpdate) -> bool:
        """Whether somebody is compliant who was not before."""
        before = frozenset(self._compliant)
        for verdict in passes.verdicts:
            if verdict.outcome is Outcome.COMPLIANT:
                self._compliant.add(verdict.number)
            else:
                self._compliant.discard(verdict.number)
        turned = not self._compliant <= before
        self._compliant -= {finished.number for finished in passes.finished}
        return turned


class RelayObserver:
    """Moves the relay after each cycle; without pictures it is let go."""

    def __init__(self, relay: Relay, policy: RelayPolicy, lamp: Callable[[], Lamp]) -> None:
        """`lamp`: what the lamp shows after the cycle was reported."""
        self._relay = relay
        self._policy = policy
        self._lamp = lamp

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Takes a cycle in."""
        moment = cycle.moment
        if not isinstance(moment, Frame) or (cycle.analysis is None and not cycle.carried):
            self._policy.cut()
            self._relay.release()
            return
        age_s = moment.age + cycle.total_s
        match self._policy.update(cycle.passes, self._lamp(), moment.monotonic, age_s):
            case Hold.BEGUN:
                self._relay.begin()
            case Hold.HELD:
                self._relay.renew()
            case Hold.RELEASED:
                self._relay.release()
