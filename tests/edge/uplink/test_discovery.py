"""What of the descriptions for Home Assistant stays at a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.spool import Spool
from edge.uplink.discovery import Discovery, TopicMemory
from edge.uplink.retained import RetainedMessage, RetainedMessages
from tests.support.mosquitto import Mosquitto, wait_until
from tests.support.mqtt5 import Desk, desk

WANTED = RetainedMessage("discovery", "homeassistant/device/a/config", b"{}")


def begun(
    file: Path, wanted: RetainedMessage | None, *earlier: str
) -> tuple[RetainedMessages, Discovery, TopicMemory]:
    messages, memory = RetainedMessages(), TopicMemory(file)
    discovery = Discovery(messages, memory)
    discovery.begin(wanted, earlier)
    return messages, discovery, memory


def told(messages: RetainedMessages) -> list[tuple[str, bytes]]:
    return [(message.topic, message.payload) for message in messages]


def test_a_device_that_never_described_itself_says_nothing(tmp_path: Path) -> None:
    """Nor does it leave a file."""
    messages, _, _ = begun(tmp_path / "discovery.json", None)
    assert told(messages) == []
    assert list(tmp_path.iterdir()) == []


def test_entities_of_an_earlier_version_are_emptied_once(tmp_path: Path) -> None:
    """Before the description, whose entities have the same identifiers."""
    file = tmp_path / "discovery.json"
    messages, _, memory = begun(file, WANTED, "old/config")
    assert told(messages) == [("old/config", b""), (WANTED.topic, b"{}")]
    (old, _) = messages
    assert old.taken is not None
    old.taken(old.key)
    assert told(messages) == [(WANTED.topic, b"{}")]
    assert memory.read() == {WANTED.topic}
    assert told(begun(file, WANTED, "old/config")[0]) == [(WANTED.topic, b"{}")]


def test_what_was_never_taken_is_emptied_by_the_next_run(tmp_path: Path) -> None:
    """A device that was switched off before it had a broker."""
    file = tmp_path / "discovery.json"
    begun(file, WANTED)
    begun(file, None)
    assert told(begun(file, None)[0]) == [(WANTED.topic, b"")]


def test_another_name_takes_the_earlier_description_back(tmp_path: Path) -> None:
    """Else a device that nobody has would stay in Home Assistant."""
    file = tmp_path / "discovery.json"
    begun(file, WANTED)
    other = RetainedMessage("discovery", "homeassistant/device/b/config", b"{}")
    assert told(begun(file, other)[0]) == [(WANTED.topic, b""), (other.topic, b"{}")]


@pytest.mark.parametrize("content", [b"", b"{", b"7", b"\xff"])
def test_a_damaged_memory_is_none(tmp_path: Path, content: bytes) -> None:
    """The description is published all the same."""
    (tmp_path / "discovery.json").write_bytes(content)
    assert told(begun(tmp_path / "discovery.json", WANTED)[0]) == [(WANTED.topic, b"{}")]


def test_a_folder_that_takes_no_file_does_not_matter(tmp_path: Path) -> None:
    """What is remembered is a convenience."""
    (tmp_path / "file").touch()
    assert told(begun(tmp_path / "file" / "discovery.json", WANTED)[0]) == [(WANTED.topic, b"{}")]


@pytest.mark.broker
def test_told_again_and_taken_back(spool: Spool, broker: Mosquitto, tmp_path: Path) -> None:
    """Home Assistant that starts gets the description once more; switched off, nothing is left of it."""
    mqtt = {"host": "127.0.0.1", "port": broker.port}
    topic = "homeassistant/device/maskgate-site-entrance/config"

    def run(opened: Desk, *, discovery: bool) -> None:
        config = Config.model_validate(
            {"mqtt": {**mqtt, "discovery": discovery}, "spool": {"path": str(tmp_path / "spool.db")}}
        )
        uplink = open_uplink(config, spool)
        uplink.start()
        try:
            wait_until(lambda: bool(opened.wait_for(topic).payload) is discovery)
            if discovery:
                del opened.heard[topic]
                wait_until(lambda: opened.say("homeassistant/status", b"online") and topic in opened.heard)
        finally:
            uplink.stop()

    with desk(broker.port) as opened:
        run(opened, discovery=True)
        del opened.heard[topic]
        run(opened, discovery=False)
    with desk(broker.port) as late:
        late.wait_for("maskgate/site/entrance/availability")
        assert not [heard for heard in late.heard if heard.startswith("homeassistant/device")]
