"""Brokers and networks that fall silent and keep their connections open."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.device import device
from tests.faults.gathering import collector, stored_once
from tests.faults.proxy import Proxy
from tests.faults.results import longest, note, seconds_since
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until

KEEPALIVE = 2
LIMIT_S = 2 * KEEPALIVE + 1.0
GRACE_S = 1.0
"""For a machine that has other things to do."""

pytestmark = pytest.mark.broker


@dataclass(frozen=True, slots=True)
class Silence:
    """A way to fall silent, and how it ends."""

    name: str
    begin: Callable[[], None]
    end: Callable[[], None]


def fall_silent(directory: Path, broker: Mosquitto, port: int, silence: Silence, times: int) -> None:
    """Silence with and without events on their way; it is noticed, and all flows afterwards.

    The device connects to `port`, the collector and a subscriber to the broker itself.
    """
    database, noticed, back = directory / "events.db", [], []
    with (
        Subscriber(broker.port) as subscriber,
        collector(broker.port, database),
        device(directory / "spool.db", port, keepalive=KEEPALIVE, accept_ack=True) as sender,
    ):
        for cycle in range(times):
            wait_until(lambda: sender.uplink.connected and sender.spool.depth() == 0)
            silence.begin()
            began = time.monotonic()
            if cycle % 2 == 0:
                sender.decide(5)
            wait_until(lambda: not sender.uplink.connected)
            noticed.append(seconds_since(began))
            silence.end()
            began = time.monotonic()
            sender.decide(5)
            subscriber.wait_for_events(sender.last)
            back.append(seconds_since(began))
        tally = stored_once(sender, database)
    note(
        silence.name, times, **tally, limit_s=LIMIT_S, noticed_within_s=longest(noticed),
        over_the_limit=sum(one > LIMIT_S for one in noticed), back_within_s=longest(back),
    )  # fmt: skip
    assert max(noticed) <= LIMIT_S + GRACE_S


def freeze(directory: Path, broker: Mosquitto, times: int) -> None:
    silence = Silence(
        "broker frozen (SIGSTOP)",
        lambda: broker.signal(signal.SIGSTOP),
        lambda: broker.signal(signal.SIGCONT),
    )
    fall_silent(directory, broker, broker.port, silence, times)


def cut_off(directory: Path, broker: Mosquitto, times: int) -> None:
    with Proxy(broker.port) as proxy:
        silence = Silence("network drops every packet", proxy.swallow, proxy.restore)
        fall_silent(directory, broker, proxy.port, silence, times)


def test_a_frozen_broker(tmp_path: Path, broker: Mosquitto) -> None:
    """Noticed within two keepalives and 1 s, with events on their way and without; nothing is lost."""
    freeze(tmp_path, broker, 2)


def test_a_network_that_swallows_everything(tmp_path: Path, broker: Mosquitto) -> None:
    """The same for a connection that is open on one side only."""
    cut_off(tmp_path, broker, 2)


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_a_broker_frozen_fifty_times(tmp_path: Path, broker: Mosquitto) -> None:
    """Fifty times."""
    freeze(tmp_path, broker, 50)


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_a_network_that_swallows_fifty_times(tmp_path: Path, broker: Mosquitto) -> None:
    """Fifty times."""
    cut_off(tmp_path, broker, 50)
