"""How long a thread has been at one piece of work."""

from __future__ import annotations

from edge.system.pulse import Pulse
from tests.support.fakes import FakeClock


def test_work_grows_old_and_rest_does_not() -> None:
    """Each beat begins anew; at rest there is nothing that could hang."""
    clock = FakeClock()
    pulse = Pulse(clock.monotonic)
    clock.now += 100
    assert pulse.busy_s == 0.0
    pulse.beat()
    clock.now += 7
    assert pulse.busy_s == 7.0
    pulse.beat()
    assert pulse.busy_s == 0.0
    clock.now += 7
    pulse.rest()
    assert pulse.busy_s == 0.0
