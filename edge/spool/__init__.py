"""The durable outbox between seeing and sending: what was decided waits here until the broker has it."""

from edge.messages.ranges import Range
from edge.spool.records import Limits, Mark, Replayed
from edge.spool.spool import Spool
from edge.telemetry.records import Counts, Figures, Minute
from edge.types import Gap, Reason

__all__ = ["Counts", "Figures", "Gap", "Limits", "Mark", "Minute", "Range", "Reason", "Replayed", "Spool"]
