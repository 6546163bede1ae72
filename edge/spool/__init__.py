"""The durable outbox between seeing and sending: what was decided waits here until the broker has it.

Theory of operation:

- One thread touches the file. `Spool` puts work into its queue; `SpoolWriter` does it, one piece after
  the other. The pipeline's calls never wait; a reader waits for its answer.
- What is to be written is pending in `EventStore`, and counts as read from then on. A commit takes all
  of it: after 20 events, or 0.1 s after the last commit. On a failing disk it stays and is tried again.
- A sequence is reserved before it is used, 64 at a time, in a file of its own (`storage.sequences`). After
  a power cut the next run goes on beyond the reservation, so that no sequence means two events.
- Sequences count within an epoch, which is made with the file, or with another name of the device
  (`storage.epochs`). The epochs in a file are its generations; an event's position,
  `generation << 40 | sequence`, orders the events of all of them.
- A sequence that is never sent is in a gap, with its reason. A gap is kept until a broker has it, and
  grows until a reader has seen it.
- At a start all of the file is checked. A damaged one is moved aside, and a new epoch begins in a new
  file, which takes over the unsent events that are as they were written (`storage.recovery`). All
  other sequences of the old epoch are announced as a gap.
- Where the file cannot be opened the spool is in memory (`storage.stand_in`), with an epoch of its own. It is
  sent as ever, and the file takes all of it as soon as it can be opened.
- A file that is deleted or replaced while it is open is still readable: all of it goes into a new one, under
  the same positions (`storage.reopening`). Nothing is stored until there is one.
- Tools ask over a socket beside the file (`control.server`). The process that sends, where it is one of its
  own, works over another (`control.link_server`).
- A power cut loses what was not committed, 0.1 s of events on a sound disk; these are within the gap of
  the reserved sequences. It undoes nothing that was committed. Acknowledgements that were not
  committed are lost too: these events are sent twice, with the same id.
"""

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
