"""The durable outbox between seeing and sending: what was decided waits here until the broker has it."""

from edge.messages.ranges import Range
from edge.spool.records import ConsumerMark, Limits, Replayed
from edge.spool.spool import Spool
from edge.telemetry.records import Minute, SpoolUsage, VerdictCounts
from edge.types import Gap, Reason

__all__ = [
    "ConsumerMark",
    "Gap",
    "Limits",
    "Minute",
    "Range",
    "Reason",
    "Replayed",
    "Spool",
    "SpoolUsage",
    "VerdictCounts",
]
