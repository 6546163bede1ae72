"""What the lamp shows: the worst verdict among the people at the door, held for a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from edge.pipeline.lamp_schedule import ALWAYS, LampSchedule
from edge.tracking.register import PassUpdate
from edge.types import Blind, Frame, Lamp, Outcome, Presence

LAMPS = {
    Outcome.NO_MASK: Lamp.RED,
    Outcome.MASK_INCORRECT: Lamp.RED_AMBER,
    Outcome.UNSURE: Lamp.AMBER,
    Outcome.COMPLIANT: Lamp.GREEN,
}
"""The lamp for each outcome, the worst outcome first."""

WORST_FIRST = tuple(LAMPS)


class LampPolicy:
    """Shows each person's verdict while the person is seen and for `hold_s` seconds after."""

    def __init__(self, hold_s: float, schedule: LampSchedule = ALWAYS) -> None:
        self._hold_s = hold_s
        self._schedule = schedule
        self._held: dict[int, tuple[Outcome, float]] = {}

    def rests(self, wall: float) -> bool:
        """Whether nothing is shown at a Unix time, whatever there is to show."""
        return self._schedule.rests(wall)

    def after(self, passes: PassUpdate, moment: Frame | Blind, *, failing: bool = False) -> Lamp:
        """The lamp after a cycle, as the schedule has it.

        Args:
            passes: What the cycle changed, and who is there.
            moment: Its frame, or why there was none.
            failing: As in `update`.
        """
        present = self._schedule.lighting(passes, moment) if isinstance(moment, Frame) else passes.present
        # Also while it rests: who is there when the rest ends is known.
        lamp = self.update(present, isinstance(moment, Blind), moment.monotonic, failing=failing)
        return Lamp.OFF if self.rests(moment.wall) else lamp

    def update(self, present: Iterable[Presence], blind: bool, now: float, *, failing: bool = False) -> Lamp:
        """The lamp for this cycle.

        Args:
            present: Everybody who is seen now and has a verdict.
            blind: Whether the camera gave nothing.
            now: Time of the cycle in seconds.
            failing: Whether no disk takes what is decided, or the camera cannot see; people's verdicts are
                shown all the same.
        """
        for person in present:
            self._held[person.number] = person.outcome, now + self._hold_s
        # While blind as well: blindness must not hold a verdict for longer.
        self._held = {number: held for number, held in self._held.items() if held[1] >= now}
        if blind:
            return Lamp.BLIND
        outcomes = {outcome for outcome, _ in self._held.values()}
        idle = Lamp.FAULT if failing else Lamp.OFF
        return next((LAMPS[outcome] for outcome in WORST_FIRST if outcome in outcomes), idle)
