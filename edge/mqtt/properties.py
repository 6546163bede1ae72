"""What is said of a message beside topic and payload, and how large that makes its packet."""

from __future__ import annotations

from dataclasses import dataclass

JSON, TEXT = "application/json", "text/plain"

# MQTT 5.0, section 3.3: at most 5 bytes for the fixed header, 2 for the topic's length, 2 for the identifier,
# 4 for the length of the properties; of these 2 for the Payload Format Indicator, 5 for the Message Expiry
# Interval, 3 before the Content Type and 3 before the Correlation Data.
_FIXED = 26


@dataclass(frozen=True, slots=True)
class MessageProperties:
    """Properties of a message; its payload is text in UTF-8 in any case.

    Attributes:
        content_type: What its payload is.
        expiry_s: Seconds after which a broker forgets it; None for never.
        correlation: What the request brought that this answers; None where there was nothing.
    """

    content_type: str = JSON
    expiry_s: int | None = None
    correlation: bytes | None = None


PLAIN_JSON = MessageProperties()
"""Of JSON that a broker may keep for as long as it likes."""


def packet_size(topic: str, payload: bytes, properties: MessageProperties = PLAIN_JSON) -> int:
    """Bytes of a message's packet, at most."""
    described = len(properties.content_type) + len(properties.correlation or b"")
    return _FIXED + len(topic) + len(payload) + described
