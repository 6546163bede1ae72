"""From the spool to a real Mosquitto."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.messages import payloads
from edge.mqtt.broker import Broker, Login, Tls
from edge.spool import Spool
from edge.types import Lamp, State
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.uplink import CYCLE_S, Uplink
from tests.conftest import MakeBroker
from tests.support.builders import event
from tests.support.certificates import certificates
from tests.support.mosquitto import DURABLE, PATIENCE_S, Mosquitto, Subscriber, free_port, wait_until
from tests.support.paths import ROOT
from tests.support.schema import validate
from tests.support.uplinks import TOPICS, append, append_without_waiting, connector_to, ids, local, uplink_to

pytestmark = pytest.mark.broker


RED = State(Lamp.RED, False, "", "1.0", 1_700_000_000.0)


DEVICE = """
import sys, time
from pathlib import Path
from edge.mqtt.broker import Broker
from edge.messages.topics import Topics
from edge.mqtt.connector import Connector
from edge.spool import Spool
from edge.uplink.uplink import Uplink, connect_options
from tests.support.builders import event, limits

TOPICS = Topics("site", "door")
path, port, first, last = sys.argv[1], *map(int, sys.argv[2:])
spool = Spool.open(Path(path), limits())
uplink = Uplink(spool, Connector(Broker("127.0.0.1", port), connect_options(TOPICS)), TOPICS)
uplink.start()
for number in range(first, last + 1):
    spool.append(event(number))
spool.flush()
print("stored", flush=True)
time.sleep(600)
"""


@contextmanager
def device(path: Path, port: int, first: int, last: int) -> Iterator[Callable[[], None]]:
    """A process with an uplink that has stored some events; gives what kills it."""
    arguments = [sys.executable, "-c", DEVICE, str(path), str(port), str(first), str(last)]
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def kill() -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "stored\n"
        yield kill
    finally:
        kill()
        process.stdout.close()


def test_events_reach_a_subscriber_in_order(spool: Spool, broker: Mosquitto) -> None:
    """What is appended arrives once each and in order, and is then no longer waiting."""
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)) as uplink:
        wait_until(lambda: uplink.connected)
        append(spool, 1, 100)
        subscriber.wait_for_events(100)
        assert subscriber.ids == ids(1, 100)
        wait_until(lambda: spool.depth() == 0)
        assert uplink.connected
        assert uplink.problem == ""


def test_all_payloads_match_the_schema(spool: Spool, broker: Mosquitto) -> None:
    """Availability, state and event, as a subscriber gets them, are what the schema describes."""
    schema = json.loads(payloads.SCHEMA_FILE.read_text())
    spool.set_state(RED)
    with Subscriber(broker.port) as subscriber:
        with uplink_to(spool, local(broker)):
            append(spool, 1, 3)
            subscriber.wait_for_events(3)
        subscriber.wait_for_availability(b"offline")
        seen = {message.name for message in subscriber.messages}
        assert seen == {"availability", "state", "event"}
        for message in subscriber.messages:
            word = message.name == "availability"
            payload = message.payload.decode() if word else message.json()
            definition = {"$ref": f"#/$defs/{message.name}", "$defs": schema["$defs"]}
            jsonschema.Draft202012Validator(definition).validate(payload)


def test_events_wait_for_the_broker(spool: Spool, make_broker: MakeBroker) -> None:
    """Events of a time without a broker arrive once there is one, and the state after them is the latest."""
    broker = make_broker(*DURABLE)
    with Subscriber(broker.start().port, durable="team") as subscriber:
        broker.stop()
        with uplink_to(spool, local(broker)) as uplink:
            wait_until(lambda: "cannot be reached" in uplink.problem)
            append(spool, 1, 50)
            assert spool.depth() == 50
            broker.start()
            subscriber.wait_for_events(50)
            wait_until(lambda: spool.depth() == 0)
        assert sorted(set(subscriber.ids)) == sorted(ids(1, 50))


def test_a_killed_broker_loses_nothing_that_it_had_not_taken(spool: Spool, make_broker: MakeBroker) -> None:
    """The broker is killed three times while events flow: what it had not acknowledged arrives afterwards.

    What a killed Mosquitto has acknowledged and not yet saved is gone now and then, whatever its settings.
    """
    broker = make_broker(*DURABLE).start()
    in_flight: set[str] = set()
    with Subscriber(broker.port, durable="team") as subscriber, uplink_to(spool, local(broker)) as uplink:
        for cycle in range(3):
            append(spool, 1 + 200 * cycle, 200 + 200 * cycle)
            subscriber.wait_for_events(200 * cycle + 20)
            broker.kill()
            wait_until(lambda: not uplink.connected)
            spool.flush()
            in_flight.update(f"door/e1/{stored.position}" for stored in spool.unsent(0, 1000))
            broker.start()
        assert in_flight
        subscriber.wait(lambda: in_flight <= set(subscriber.ids))
        wait_until(lambda: spool.depth() == 0)
        assert set(subscriber.ids) <= set(ids(1, 600))


def test_a_killed_device_loses_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    """A process killed with a full spool, and one after it with the same file: all arrive."""
    path = tmp_path / "spool.db"
    with Subscriber(broker.port) as subscriber:
        with device(path, free_port(), 1, 30) as kill:
            kill()
        assert subscriber.ids == []
        with device(path, broker.port, 31, 60) as kill:
            subscriber.wait_for_events(60)
            kill()
        assert set(subscriber.ids) == set(ids(1, 60))


def test_the_will_announces_a_killed_device(tmp_path: Path, broker: Mosquitto) -> None:
    """A device that vanishes is `offline`, also for those who subscribe later."""
    with Subscriber(broker.port) as subscriber:
        with device(tmp_path / "spool.db", broker.port, 1, 1) as kill:
            subscriber.wait_for_availability(b"online")
            kill()
        subscriber.wait_for_availability(b"offline")
    with Subscriber(broker.port) as late:
        late.wait_for_availability(b"offline")
        assert late.named("availability")[0].retained


def test_stopping_sends_the_rest_and_says_offline(spool: Spool, broker: Mosquitto) -> None:
    """Events appended right before the stop are sent, and `offline` comes after them."""
    with Subscriber(broker.port) as subscriber:
        with uplink_to(spool, local(broker)) as uplink:
            wait_until(lambda: uplink.connected)
            append_without_waiting(spool, 1, 50)
            # It ends as soon as it can; on a machine that is busy that may take its time.
            uplink.stop(PATIENCE_S)
        subscriber.wait_for_availability(b"offline")
        assert [message.name for message in subscriber.messages][-1] == "availability"
        assert subscriber.ids == ids(1, 50)
        assert not uplink.alive


def test_stopping_waits_for_what_a_slow_disk_has_yet_to_store(spool: Spool, broker: Mosquitto) -> None:
    """Events that are not on disk when the stop is asked for are stored and sent all the same."""
    uplink = Uplink(spool, connector_to(local(broker)), TOPICS)
    uplink.start()
    with Subscriber(broker.port) as subscriber:
        wait_until(lambda: uplink.connected)
        busy = threading.Thread(target=spool.ask, args=(lambda _: time.sleep(2 * CYCLE_S),))
        busy.start()
        append_without_waiting(spool, 1, 50)
        uplink.stop(PATIENCE_S)
        busy.join()
        subscriber.wait_for_availability(b"offline")
        assert subscriber.ids == ids(1, 50)


def test_a_retained_command_is_refused_when_it_comes_and_later(spool: Spool, broker: Mosquitto) -> None:
    """Both by a device that is there while it is published, and by one that connects afterwards."""
    muted: list[float] = []
    policy = InboundPolicy(commands=frozenset({"mute"}))

    def connect() -> Uplink:
        uplink = Uplink(
            spool,
            connector_to(local(broker)),
            TOPICS,
            inbound=InboundHandler(spool, TOPICS, policy, muted.append),
        )
        uplink.start()
        return uplink

    order = b'{"command":"mute","seconds":60}'
    speaker = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    speaker.connect("127.0.0.1", broker.port)
    speaker.loop_start()
    first = connect()
    try:
        wait_until(lambda: first.connected)
        # What is not retained is obeyed, so the subscription stands.
        wait_until(lambda: bool(speaker.publish(TOPICS.command, order, qos=1) and muted))
        speaker.publish(TOPICS.command, order, qos=1, retain=True)
        wait_until(lambda: first.ignored == 1)
    finally:
        first.stop()
    obeyed = len(muted)
    second = connect()
    try:
        wait_until(lambda: second.ignored == 1)
    finally:
        second.stop()
        speaker.disconnect()
        speaker.loop_stop()
    assert len(muted) == obeyed


def test_stopping_without_a_broker_is_quick_and_keeps_events(spool: Spool) -> None:
    """With nobody to send to the uplink ends, and the spool still has everything."""
    with uplink_to(spool, Broker("127.0.0.1", free_port())) as uplink:
        append(spool, 1, 5)
        wait_until(lambda: uplink.problem.startswith("the MQTT broker"))
    assert not uplink.alive
    assert spool.depth() == 5


def test_an_uplink_that_was_never_started_can_be_stopped(spool: Spool) -> None:
    """Stopping is allowed at any time."""
    Uplink(spool, connector_to(Broker("127.0.0.1", free_port())), TOPICS).stop()


def test_state_and_availability_are_retained(spool: Spool, broker: Mosquitto) -> None:
    """Who subscribes late gets `online` and the latest state at once, and no events."""
    spool.set_state(State(Lamp.GREEN, False, "", "1.0", 1_600_000_000.0))
    with uplink_to(spool, local(broker)):
        spool.set_state(RED)
        append(spool, 1, 1)
        wait_until(lambda: spool.depth() == 0)
        with Subscriber(broker.port) as late:
            late.wait(lambda: len(late.messages) >= 2)
            assert {message.name for message in late.messages} == {"availability", "state"}
            assert all(message.retained for message in late.messages)
            assert late.named("state")[0].json()["lamp"] == "red"


def test_the_state_is_said_again_after_a_reconnect(spool: Spool, make_broker: MakeBroker) -> None:
    """A broker that forgot everything has availability and state again once the device is back."""
    broker = make_broker().start()
    spool.set_state(RED)
    with uplink_to(spool, local(broker)) as uplink:
        wait_until(lambda: uplink.connected)
        broker.kill()
        broker.start()
        with Subscriber(broker.port) as subscriber:
            subscriber.wait_for_availability(b"online")
            subscriber.wait(lambda: bool(subscriber.named("state")))
            assert subscriber.named("state")[0].json()["lamp"] == "red"


def test_what_nobody_is_subscribed_to_counts_as_sent(spool: Spool, broker: Mosquitto) -> None:
    """Events without a subscriber are acknowledged as such, counted, and not sent again."""
    with uplink_to(spool, local(broker)) as uplink:
        append(spool, 1, 5)
        wait_until(lambda: spool.depth() == 0)
        assert uplink.no_subscribers >= 5


@pytest.mark.parametrize("maximum", [1, 3])
def test_the_brokers_own_limit_is_kept(spool: Spool, make_broker: MakeBroker, maximum: int) -> None:
    """With a Receive Maximum below the window everything still arrives, and the broker throws nobody out."""
    broker = make_broker(f"max_inflight_messages {maximum}").start()
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)):
        subscriber.wait_for_availability(b"online")
        append(spool, 1, 100)
        subscriber.wait_for_events(100)
        assert subscriber.ids == ids(1, 100)
        assert [m.payload for m in subscriber.named("availability")] == [b"online"]


def password_file(directory: Path) -> Path:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed; on Debian: apt-get install mosquitto")
    file = directory / "passwords"
    subprocess.run([program, "-b", "-c", str(file), "door", "right"], check=True, capture_output=True)
    return file


def test_a_wrong_password_is_one_sentence(
    spool: Spool, make_broker: MakeBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused login is logged once, names the broker and the keys, and nothing is lost."""
    broker = make_broker("allow_anonymous false", f"password_file {password_file(tmp_path)}").start()
    append(spool, 1, 5)
    with uplink_to(spool, Broker("127.0.0.1", broker.port, login=Login("door", "wrong"))) as uplink:
        wait_until(lambda: uplink.attempts > 3)
        assert not uplink.connected
    (record,) = [r for r in caplog.records if r.name == "edge.uplink.uplink"]
    assert record.levelno == logging.WARNING
    assert f"127.0.0.1:{broker.port} refuses the connection" in record.message
    assert "mqtt.password_file" in record.message
    assert spool.depth() == 5
    with uplink_to(spool, Broker("127.0.0.1", broker.port, login=Login("door", "right"))):
        wait_until(lambda: spool.depth() == 0)


def test_a_refused_event_stays_in_the_spool(
    spool: Spool, make_broker: MakeBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An access list that forbids events (PUBACK 0x87) marks nothing as sent and is logged once."""
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite maskgate/site/door/availability\ntopic write maskgate/site/door/state\n")
    broker = make_broker(f"acl_file {acl}").start()
    append(spool, 1, 30)
    with uplink_to(spool, local(broker)) as uplink:
        wait_until(lambda: "refuses maskgate/site/door/event" in uplink.problem)
        assert uplink.connected
    spool.flush()
    assert spool.depth() == 30
    assert len([r for r in caplog.records if "refuses maskgate" in r.message]) == 1
    acl.write_text("topic readwrite maskgate/#\n")
    broker.signal(signal.SIGHUP)
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)):
        subscriber.wait_for_events(30)


def test_a_message_larger_than_the_broker_takes_blocks_nobody(spool: Spool, make_broker: MakeBroker) -> None:
    """An event beyond the server's maximum packet becomes a gap; those behind it arrive."""
    size = len(payloads.encode(payloads.event_payload(event(1))))
    broker = make_broker(f"max_packet_size {size + 200}").start()
    with Subscriber(broker.port) as subscriber, uplink_to(spool, local(broker)):
        subscriber.wait_for_availability(b"online")
        append(spool, 1, 1)
        huge = event(2)
        spool.append(type(huge)(huge.id, huge.pass_id, huge.verdict, "v" * 1000, huge.clock_synced))
        append(spool, 3, 5)
        subscriber.wait_for_events(4)
        assert subscriber.ids == ["door/e1/1", *ids(3, 5)]
        subscriber.wait(lambda: bool(subscriber.named("gap")))
        gap = subscriber.named("gap")[0].json()
        assert (gap["from"], gap["to"], gap["reason"]) == (2, 2, "refused")
        validate("gap", gap)
        wait_until(lambda: spool.depth() == 0)


# paho leaves the socket of a failed handshake to be closed with the last reference to it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_with_a_ca_of_ones_own(spool: Spool, make_broker: MakeBroker, tmp_path: Path) -> None:
    """An encrypted connection works with the right CA; with another the sentence names the key to check."""
    ca, cert, key = certificates(tmp_path)
    broker = make_broker(f"cafile {ca}", f"certfile {cert}", f"keyfile {key}").start()
    append(spool, 1, 3)
    where = Broker("127.0.0.1", broker.port, tls=Tls())
    with uplink_to(spool, where) as uplink:
        wait_until(lambda: "mqtt.ca_file" in uplink.problem)
    assert spool.depth() == 3
    with uplink_to(spool, Broker("127.0.0.1", broker.port, tls=Tls(str(ca)))):
        wait_until(lambda: spool.depth() == 0)


def test_the_configuration_is_followed(spool: Spool, broker: Mosquitto) -> None:
    """Site, name, host and port of config.toml decide where events go."""
    config = Config.model_validate(
        {"device": {"site": "north", "name": "gate"}, "mqtt": {"host": "127.0.0.1", "port": broker.port}}
    )
    uplink = open_uplink(config, spool)
    with Subscriber(broker.port) as subscriber:
        uplink.start()
        append(spool, 1, 1)
        subscriber.wait_for_events(1)
        uplink.stop()
        assert subscriber.named("event")[0].topic == "maskgate/north/gate/event"
