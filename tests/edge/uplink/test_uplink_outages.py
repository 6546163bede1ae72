"""A disk that dies while the device runs: what is decided waits, and subscribers are told."""

from __future__ import annotations

from typing import Any

import pytest

from edge.errors import SpoolError
from edge.spool import Spool, writer
from edge.types import Lamp, State
from edge.uplink.commands import InboundPolicy
from tests.support import scripted_uplinks
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until
from tests.support.spools import dead_disk
from tests.support.uplinks import append, append_without_waiting, ids, local, uplink_to

pytestmark = pytest.mark.broker

GREEN, RED = (State(lamp, False, "", "1.0", 1_700_000_000.0) for lamp in (Lamp.GREEN, Lamp.RED))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.05)


def told(subscriber: Subscriber) -> dict[str, Any]:
    """The latest state; an empty problem where there is none yet."""
    states = subscriber.named("state")
    return states[-1].json() if states else {"spool_problem": "", "lamp": ""}


def test_what_is_decided_waits_and_the_state_goes_on(spool: Spool, broker: Mosquitto) -> None:
    """No event is heard of that is not on disk; problem and lamp are; afterwards each event comes once."""
    spool.set_state(GREEN)
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)):
        append(spool, 1, 3)
        subscriber.wait_for_events(3)
        with dead_disk(spool):
            append_without_waiting(spool, 4, 200)
            subscriber.wait(lambda: told(subscriber)["spool_problem"].endswith("events wait in memory"))
            spool.set_state(RED)
            subscriber.wait(lambda: told(subscriber)["lamp"] == "red")
            assert subscriber.ids == ids(1, 3)
        subscriber.wait_for_events(200)
        subscriber.wait(lambda: told(subscriber)["spool_problem"] == "")
        assert subscriber.ids == ids(1, 200)


def test_what_memory_cannot_hold_is_told_and_counted(
    spool: Spool, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the state while it lasts, in the counts, and as a gap once the disk takes something again."""
    monkeypatch.setattr(writer, "MOST_WAITING", 50)
    spool.set_state(GREEN)
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)):
        with dead_disk(spool):
            append_without_waiting(spool, 1, 80)
            subscriber.wait(
                lambda: "wait in memory, the latest 50; older" in told(subscriber)["spool_problem"]
            )
            wait_until(lambda: (spool.figures().unsent, spool.figures().dropped) == (50, 30))
        subscriber.wait_for_events(50)
        subscriber.wait(lambda: bool(subscriber.named("gap")))
        gap = subscriber.named("gap")[0].json()
        assert (gap["from"], gap["to"], gap["reason"]) == (1, 30, "disk")
        assert subscriber.ids == ids(31, 80)
        assert spool.figures().dropped == 30


def test_a_connection_that_begins_meanwhile_tells_it_too(spool: Spool, broker: Mosquitto) -> None:
    """What consumers have cannot be read, and the state needs no disk."""
    spool.set_state(GREEN)
    append(spool, 1, 3)
    policy = InboundPolicy(accept_ack=True)
    with Subscriber(broker.port) as subscriber:
        with dead_disk(spool), scripted_uplinks.uplink_to(spool, broker.port, policy):
            with pytest.raises(SpoolError):
                spool.origins()
            append_without_waiting(spool, 4, 6)
            subscriber.wait(lambda: told(subscriber)["spool_problem"].endswith("events wait in memory"))
            subscriber.wait_for_availability(b"online")
            assert subscriber.ids == []
        with scripted_uplinks.uplink_to(spool, broker.port, policy):
            subscriber.wait_for_events(6)
