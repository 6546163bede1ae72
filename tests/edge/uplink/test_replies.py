"""Answers to commands."""

from __future__ import annotations

import json

import pytest

from edge.messages.topics import Topics
from edge.mqtt.events import MessageReceived, ReplyAddress
from edge.uplink.commands import InboundHandler
from edge.uplink.ports import SpoolReader
from edge.uplink.replies import MAX_REPLIES, Reply, ReplyQueue
from tests.edge.uplink.test_commands import MUTE, listening
from tests.support.fakes import FakeSpoolReader
from tests.support.schema import validate

TOPICS = Topics("site", "door")
ADDRESS = ReplyAddress("desk/7/answers", b"\x00\xff")


def handler(queue_of: SpoolReader | None = None) -> InboundHandler:
    return InboundHandler(queue_of or FakeSpoolReader(0), TOPICS, listening(), lambda _: None)  # type: ignore[arg-type]


def ask(asked: InboundHandler, payload: bytes, *, retained: bool = False) -> dict[str, object] | None:
    """The answer to a command; None where there is none."""
    asked.handle(MessageReceived(1, 1, TOPICS.command, payload, retained, ADDRESS), 0.0)
    message = asked.replies.next()
    if message is None:
        return None
    assert (message.topic, message.properties.correlation) == (ADDRESS.topic, ADDRESS.correlation)
    reply: dict[str, object] = json.loads(message.payload)
    validate("reply", reply)
    return reply


def test_whoever_asks_hears_what_was_done() -> None:
    """With the correlation data that came with the command."""
    assert ask(handler(), MUTE) == {"done": True, "text": "the buzzer is silent for 60 s"}


@pytest.mark.parametrize("payload", [b"{", b'{"command":"reboot"}', b'{"command":"mute","seconds":-1}'])
def test_a_bad_command_is_answered_too(payload: bytes) -> None:
    """The answer says what is wrong with it."""
    reply = ask(handler(), payload)
    assert reply is not None
    assert reply["done"] is False
    assert reply["text"]


def test_a_retained_command_has_no_answer() -> None:
    """Nobody waits for it any more."""
    assert ask(handler(), MUTE, retained=True) is None


@pytest.mark.parametrize(
    "topic",
    ["maskgate/site/door/event", "maskgate/site/gate/reply/a", "a/+", "a/#", "$SYS/a", "a\0b", "a" * 300],
)
def test_nobody_has_a_device_publish_where_devices_speak(topic: str) -> None:
    """A response topic is the choice of a stranger."""
    queue = ReplyQueue(TOPICS)
    queue.put(ReplyAddress(topic), Reply(True, ""))
    assert queue.empty


@pytest.mark.parametrize("topic", ["maskgate/site/door/reply/a", "a/b", "maskgates/a"])
def test_answers_go_elsewhere_and_below_reply(topic: str) -> None:
    """A topic of whoever asked, or the device's own for answers."""
    queue = ReplyQueue(TOPICS)
    queue.put(ReplyAddress(topic), Reply(True, ""))
    message = queue.next()
    assert message is not None
    assert (message.topic, message.retain) == (topic, False)


def test_answers_that_nobody_takes_are_few() -> None:
    """The newest stay."""
    queue = ReplyQueue(TOPICS)
    for number in range(MAX_REPLIES + 5):
        queue.put(ReplyAddress(f"a/{number}"), Reply(True, ""))
    message = queue.next()
    assert message is not None
    assert message.topic == "a/5"
