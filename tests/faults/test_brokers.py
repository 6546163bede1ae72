"""Brokers that are killed, forget what they acknowledged, or keep little; a collector acknowledges."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from tests.conftest import MakeBroker
from tests.faults.device import device
from tests.faults.gathering import collector, stored_once
from tests.faults.results import longest, note, seconds_since
from tests.support.mosquitto import DURABLE, Mosquitto, wait_until

pytestmark = pytest.mark.broker

SAVING = ("persistence true", "autosave_interval 1", "max_queued_messages 0", "max_inflight_messages 0")
"""As docs/samples/mosquitto advises it where consumers acknowledge to devices."""


def kill_often(directory: Path, broker: Mosquitto, kills: int, events: int) -> None:
    """The broker is killed amid the flow; what it had acknowledged and lost is sent again."""
    database, back = directory / "events.db", []
    with (
        collector(broker.port, database),
        device(directory / "spool.db", broker.port, accept_ack=True) as sender,
    ):
        wait_until(lambda: sender.uplink.connected)
        for cycle in range(kills):
            sender.append(events // kills)
            time.sleep(Random(cycle).random() * 0.3)
            broker.kill()
            wait_until(lambda: not sender.uplink.connected)
            depth = sender.spool.depth()
            broker.start()
            began = time.monotonic()
            wait_until(lambda depth=depth: sender.uplink.connected and sender.spool.depth() <= depth)  # type: ignore[misc]
            back.append(seconds_since(began))
        began = time.monotonic()
        tally = stored_once(sender, database)
    note(
        "broker SIGKILL while publishing", kills, **tally, sending_again_within_s=longest(back),
        complete_after_s=round(seconds_since(began), 1),
    )  # fmt: skip
    assert max(back) < 5.0


def forget_often(directory: Path, make_broker: MakeBroker, times: int) -> None:
    """A broker without persistence acknowledges for an absent collector, is killed, and knows nothing."""
    broker, database = make_broker("max_queued_messages 0").start(), directory / "events.db"
    with device(directory / "spool.db", broker.port, accept_ack=True) as sender:
        with collector(broker.port, database):
            sender.decide(20)
            tally = stored_once(sender, database)
        for _ in range(times):
            sender.decide(20)
            wait_until(lambda: sender.spool.depth() == 0)
            broker.kill()
            broker.start()
            with collector(broker.port, database):
                tally = stored_once(sender, database)
    note("broker restarts without what it acknowledged", times, **tally)


def stay_away(directory: Path, broker: Mosquitto, times: int, events: int) -> None:
    """The collector is away; a broker with its defaults queues 1,000 for it and acknowledges the rest."""
    database = directory / "events.db"
    with device(directory / "spool.db", broker.port, accept_ack=True) as sender:
        with collector(broker.port, database):
            sender.decide(20)
            tally = stored_once(sender, database)
        for _ in range(times):
            sender.decide(events)
            wait_until(lambda: sender.spool.depth() == 0)
            with collector(broker.port, database):
                tally = stored_once(sender, database)
    note(f"no consumer for {events} events", times, **tally)


def test_a_killed_broker_costs_nothing(tmp_path: Path, make_broker: MakeBroker) -> None:
    """Three kills, 600 events."""
    kill_often(tmp_path, make_broker(*DURABLE).start(), 3, 600)


def test_a_broker_that_forgets_costs_nothing(tmp_path: Path, make_broker: MakeBroker) -> None:
    """Once."""
    forget_often(tmp_path, make_broker, 1)


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_two_hundred_kills_cost_nothing(tmp_path: Path, make_broker: MakeBroker) -> None:
    """200 kills, 100,000 events, and a broker that saves once a second: that loses some with each kill."""
    kill_often(tmp_path, make_broker(*SAVING).start(), 200, 100_000)


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_a_broker_that_forgets_twenty_times(tmp_path: Path, make_broker: MakeBroker) -> None:
    """Twenty times."""
    forget_often(tmp_path, make_broker, 20)


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_a_consumer_that_is_away_twenty_times(tmp_path: Path, broker: Mosquitto) -> None:
    """Twenty times 3,000 events."""
    stay_away(tmp_path, broker, 20, 3_000)
