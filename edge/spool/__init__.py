"""The durable outbox between seeing and sending: what was decided waits here until the broker has it."""

from edge.spool.outbox import Spool

__all__ = ["Spool"]
