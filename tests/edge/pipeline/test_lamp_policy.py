"""What the lamp shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.pipeline.lamp_policy import LAMPS, WORST_FIRST, LampPolicy
from edge.types import Lamp, Outcome, Presence


@pytest.mark.parametrize(
    ("outcome", "lamp"),
    [
        (Outcome.COMPLIANT, Lamp.GREEN),
        (Outcome.NO_MASK, Lamp.RED),
        (Outcome.MASK_INCORRECT, Lamp.RED_AMBER),
        (Outcome.UNSURE, Lamp.AMBER),
    ],
)
def test_each_verdict_has_its_lamp(outcome: Outcome, lamp: Lamp) -> None:
    """As the installation guide promises."""
    assert LampPolicy(3).update([Presence(1, outcome)], blind=False, now=0) is lamp


def test_nobody_there_is_dark() -> None:
    """No lamp burns at an empty entrance."""
    assert LampPolicy(3).update([], blind=False, now=0) is Lamp.OFF


def test_a_verdict_is_held_and_then_goes_out() -> None:
    """People look up a moment after they have passed."""
    policy = LampPolicy(3)
    policy.update([Presence(1, Outcome.NO_MASK)], blind=False, now=10)
    assert policy.update([], blind=False, now=13) is Lamp.RED
    assert policy.update([], blind=False, now=13.1) is Lamp.OFF


def test_a_revised_verdict_replaces_the_old_one_at_once() -> None:
    """Who puts the mask on sees green, not the rest of the hold."""
    policy = LampPolicy(3)
    policy.update([Presence(1, Outcome.NO_MASK)], blind=False, now=0)
    assert policy.update([Presence(1, Outcome.COMPLIANT)], blind=False, now=0.1) is Lamp.GREEN


def test_blindness_wins_over_everything() -> None:
    """A dead camera must not look like a quiet day."""
    assert LampPolicy(3).update([Presence(1, Outcome.NO_MASK)], blind=True, now=0) is Lamp.BLIND


def test_a_failing_disk_flashes_where_nobody_is_shown_a_verdict() -> None:
    """People see their verdict all the same, and blindness is the greater trouble."""
    assert LampPolicy(3).update([], blind=False, now=0, failing=True) is Lamp.FAULT
    present = [Presence(1, Outcome.COMPLIANT)]
    assert LampPolicy(3).update(present, blind=False, now=0, failing=True) is Lamp.GREEN
    assert LampPolicy(3).update([], blind=True, now=0, failing=True) is Lamp.BLIND


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=8))
def test_the_worst_of_several_people_wins(outcomes: list[Outcome]) -> None:
    """Whatever the order in which they came."""
    people = [Presence(number, outcome) for number, outcome in enumerate(outcomes)]
    worst = min(outcomes, key=WORST_FIRST.index)
    assert LampPolicy(3).update(people, blind=False, now=0) is LAMPS[worst]
