"""Collectors that run after a load or beside it count its events with their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, open_database
from edge.collector.export_file import ExportSource
from edge.collector.load import ExportLoader, Loaded
from edge.collector.records import EpochKey
from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.messages import payloads
from edge.spool import Spool
from edge.types import Event
from tests.support.builders import limits
from tests.support.collector import FakeDevice, collecting, event_ids, ids
from tests.support.collector_records import DOOR, made
from tests.support.commands import Run
from tests.support.exports import config, export, load, path
from tests.support.mosquitto import Mosquitto, wait_until

__all__ = ["config", "export", "load", "path"]

pytestmark = pytest.mark.broker

E1 = EpochKey(DOOR, "e1")


def carry(file: Path, url: str, events: Sequence[Event]) -> tuple[Loaded, ...]:
    file.write_bytes(b"".join(payloads.encode(payloads.event_payload(one)) + b"\n" for one in events))
    with closing(open_database(url, create=True)) as database:
        return ExportLoader("site", 1.0).store([ExportSource(file)], database)


def test_a_collector_that_starts_later_tells_the_mark(
    broker: Mosquitto, load: Run, export: Path, path: Path
) -> None:
    """A device that is there hears that all it exported is stored, and is asked for nothing."""
    assert load(export).code == 0
    with FakeDevice(broker.port) as device:
        device.send("availability", b"online", retain=True)
        with collecting(broker.port, f"sqlite:///{path}") as collector:
            device.wait_for_mark(30)
            device.publish(made(31)[29:])
            device.wait_for_mark(31)
            assert (collector.totals.stored, collector.totals.known, collector.totals.rejected) == (1, 1, 0)
        assert not any("missing" in ack for ack in device.acks)
    assert event_ids(path) == ids(made(31))


def test_a_device_that_finds_its_network_sends_what_was_carried_and_is_content(
    broker: Mosquitto, load: Run, export: Path, path: Path, config: Path
) -> None:
    """The real uplink: its spool ends empty of unsent events, and the collector has each once."""
    assert load(export).code == 0
    settings = Config.model_validate(
        {"device": {"site": "site", "name": "door"}, "mqtt": {"port": broker.port, "accept_ack": True}}
    )
    with (
        collecting(broker.port, f"sqlite:///{path}") as collector,
        closing(Spool.open(config.with_name("spool.db"), limits())) as spool,
    ):
        uplink = open_uplink(settings, spool)
        uplink.start()
        try:
            wait_until(lambda: collector.totals.known == 30)
            wait_until(lambda: any(mark.contiguous == 30 for mark in spool.marks()))
        finally:
            uplink.stop()
        assert (collector.totals.stored, collector.totals.rejected) == (0, 0)
    assert event_ids(path) == ids(made(30))


def test_a_load_beside_a_running_collector(broker: Mosquitto, tmp_path: Path) -> None:
    """Both write one file at once; every event is stored once and the mark is that of both."""
    file = tmp_path / "events.db"
    url, events = f"sqlite:///{file}", made(3000)
    with collecting(broker.port, url) as collector, FakeDevice(broker.port) as device:
        sender = threading.Thread(target=device.publish, args=(events[1000:],))
        sender.start()
        (loaded,) = carry(tmp_path / "export", url, events[:2000])
        sender.join()
        device.wait_for_mark(3000)
        assert loaded.share.new + collector.totals.stored == 3000
        assert collector.totals.rejected == 0
    assert event_ids(file) == ids(events)
    with closing(open_database(url, create=False)) as database:
        assert Queries(database).mark(E1) == Completeness(3000, 3000, ())
