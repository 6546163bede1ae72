"""How large a message is."""

from __future__ import annotations

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.properties import PLAIN_JSON, TEXT, MessageProperties, packet_size


@pytest.mark.parametrize(
    "given", [PLAIN_JSON, MessageProperties(TEXT, 60), MessageProperties(expiry_s=60, correlation=b"x" * 200)]
)
@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_a_packet_is_never_larger_than_was_said(given: MessageProperties, size: int) -> None:
    """Held against what paho packs; some bytes more are said than there are."""
    packed = Properties(PacketTypes.PUBLISH)
    packed.PayloadFormatIndicator = 1
    packed.ContentType = given.content_type
    if given.expiry_s is not None:
        packed.MessageExpiryInterval = given.expiry_s
    if given.correlation is not None:
        packed.CorrelationData = given.correlation
    rest = 2 + len("a/b") + 2 + len(packed.pack()) + size
    header = 1 + len(f"{rest:b}") // 7 + 1
    assert rest + header <= packet_size("a/b", bytes(size), given) <= rest + header + 24
