"""Collectors that share the load of many devices, on one PostgreSQL database."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, open_database
from edge.messages.topics import Topics
from edge.types import DeviceKey, Event
from tests.conftest import MakeBroker
from tests.support.collector import FakeDevice, collecting
from tests.support.collector_records import made
from tests.support.postgres import Postgres

pytestmark = pytest.mark.broker

DEVICES, EVENTS = 6, 60
PLACES = [DeviceKey(f"site{number % 2}", f"door{number // 2}") for number in range(DEVICES)]
"""Each name at two sites."""


def events_of(place: DeviceKey) -> list[Event]:
    return made(EVENTS, place.device)


def test_a_group_loses_and_doubles_nothing(make_broker: MakeBroker, postgres: Postgres) -> None:
    """The broker gives one device's events to both in turn; the acknowledgements are those of the whole."""
    broker, url = make_broker("max_queued_messages 0").start(), postgres.make("group")
    with ExitStack() as stack:
        collectors = [
            stack.enter_context(collecting(broker.port, url, instance=name, share="team"))
            for name in ("one", "two")
        ]
        devices = {
            place: stack.enter_context(FakeDevice(broker.port, Topics(place.site, place.device)))
            for place in PLACES
        }
        for place, device in devices.items():
            device.send("availability", b"online", retain=True)
            # Every event comes twice, to whichever of them.
            device.publish([*events_of(place), *events_of(place)])
        for device in devices.values():
            device.wait_for_mark(EVENTS)
            assert max(ack["contiguous"] for ack in device.acks) == EVENTS
            assert not any("missing" in ack for ack in device.acks)
        stored = [collector.totals.stored for collector in collectors]
    assert sum(stored) == DEVICES * EVENTS
    assert min(stored) > 0
    with closing(open_database(url, create=False)) as database:
        found = Queries(database).epoch_statuses()
    assert [one.epoch_key.place for one in found] == sorted(PLACES)
    assert {(one.events, one.mark) for one in found} == {(EVENTS, Completeness(EVENTS, EVENTS, ()))}
