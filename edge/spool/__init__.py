"""The durable outbox between seeing and sending: what was decided waits here until the broker has it."""

from edge.spool.outbox import Spool
from edge.spool.ranges import Range
from edge.spool.records import Counts, Figures, Limits, Mark, Minute, Replayed
from edge.types import Gap, Reason

__all__ = ["Counts", "Figures", "Gap", "Limits", "Mark", "Minute", "Range", "Reason", "Replayed", "Spool"]
