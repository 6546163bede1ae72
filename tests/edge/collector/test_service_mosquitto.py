"""The sample configuration of the broker, with a real Mosquitto."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.collector.parse import KINDS
from tests.support.certificates import certificates
from tests.support.mosquitto import Mosquitto, Subscriber, find_mosquitto, wait_until
from tests.support.paths import ROOT

pytestmark = pytest.mark.broker

SAMPLES = ROOT / "docs" / "samples" / "mosquitto"
USERS = ("entrance", "collector", "dashboard")


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    """Every user of the sample with its own name as the password."""
    program = shutil.which("mosquitto_passwd")
    if program is None or find_mosquitto() is None:
        pytest.skip("mosquitto is not installed; on Debian: apt-get install mosquitto")
    file = tmp_path / "passwd"
    for number, user in enumerate(USERS):
        create = ["-c"] if number == 0 else []
        subprocess.run([program, *create, "-b", file, user, user], check=True, capture_output=True)
    return file


def sample(leave_out: str = "") -> list[str]:
    """The lines that say something, without some."""
    lines = (SAMPLES / "mosquitto.conf").read_text().splitlines()
    out = ("listener", *filter(None, leave_out.split()))
    return [line for line in lines if line and not line.startswith(("#", *out))]


def test_the_whole_sample_is_understood(passwords: Path, tmp_path: Path) -> None:
    """Mosquitto starts with it, once the files that it names are there.

    The test's own file says where messages are kept, as Debian's does; Mosquitto refuses to hear it twice.
    """
    ca, cert, key = certificates(tmp_path)
    files = {"cafile": ca, "certfile": cert, "keyfile": key, "password_file": passwords}
    files["acl_file"] = SAMPLES / "maskgate.acl"
    lines = [f"{word} {files[word]}" if (word := line.split()[0]) in files else line for line in sample()]
    broker = Mosquitto(find_mosquitto() or "", tmp_path, lines)
    broker.start().stop()
    assert {"persistence true", "max_queued_messages 0", "allow_anonymous false"} <= set(lines)


@pytest.fixture
def broker(passwords: Path, make_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker with the sample's logins and access list, without TLS."""
    lines = sample("cafile certfile keyfile tls_version password_file acl_file")
    return make_broker(*lines, f"password_file {passwords}", f"acl_file {SAMPLES / 'maskgate.acl'}").start()


def publish(broker: Mosquitto, user: str, topic: str) -> int:
    """The reason code with which the broker answers."""
    codes: list[int] = []
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(user, user)
    client.on_publish = lambda _client, _data, _mid, code, _properties: codes.append(code.value)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(topic, b"x", qos=1)
    wait_until(lambda: bool(codes))
    client.disconnect()
    client.loop_stop()
    return codes[0]


@pytest.mark.parametrize(
    ("user", "topic", "allowed"),
    [
        ("entrance", "maskgate/site/entrance/event", True),
        ("entrance", "maskgate/site/entrance/summary/hour", True),
        ("entrance", "maskgate/site/gate/event", False),
        ("entrance", "maskgate/site/entrance/ack", False),
        ("entrance", "maskgate/site/summary/hour", False),
        ("collector", "maskgate/site/entrance/ack", True),
        ("collector", "maskgate/site/summary/entrance/hour", True),
        ("collector", "maskgate/site/entrance/event", False),
        ("dashboard", "maskgate/site/entrance/ack", False),
    ],
)
def test_who_may_say_what(broker: Mosquitto, user: str, topic: str, allowed: bool) -> None:
    """A device speaks for itself only, a collector answers, a dashboard listens."""
    assert (publish(broker, user, topic) < 0x80) is allowed


def test_a_dashboard_hears_everything(broker: Mosquitto) -> None:
    """Events and summaries."""
    with Subscriber(broker.port, login=("dashboard", "dashboard")) as subscriber:
        publish(broker, "entrance", "maskgate/site/entrance/event")
        publish(broker, "collector", "maskgate/site/summary/hour")
        subscriber.wait(lambda: len(subscriber.messages) == 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_hears_what_it_asks_for(broker: Mosquitto, kind: str) -> None:
    """A subscription that the list forbids would be confirmed all the same."""
    with Subscriber(broker.port, login=("collector", "collector")) as subscriber:
        publish(broker, "entrance", f"maskgate/site/entrance/{kind}")
        subscriber.wait(lambda: bool(subscriber.named(kind)))
