"""How fast a backlog drains over the socket between the two processes.

    python scripts/link_benchmark.py --events 20000

One process holds a spool with that many events, this one reads and acknowledges all of them as the sender
does, 100 at a time; without a broker, whose speed is another matter. Exits with 1 below 5,000 events a
second, which is what `docs/operations.md` promises.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

from edge.config import SpoolConfig
from edge.spool import Spool
from edge.spool.control.link_client import SpoolLink
from edge.spool.control.link_server import LinkServer, SeeingSide
from edge.spool.records import limits_of
from edge.telemetry.minutes import MinuteQueue
from edge.types import Event, EventId, Outcome, Verdict
from edge.uplink.event_queue import PAGE

AT_LEAST = 5_000
LIMITS = replace(limits_of(SpoolConfig()), max_bytes=1 << 30, max_events=1_000_000)


def event(sequence: int, epoch: str) -> Event:
    """An event as a device decides it."""
    shares = (0.0215, 0.9571, 0.0214)
    verdict = Verdict(sequence, 0, Outcome.NO_MASK, shares, (0.0, 0.8, 0.0), 12, 80, 3.5, 1_700_000_000.25)
    return Event(
        EventId("entrance", epoch, sequence, "site"), f"{epoch}-1-{sequence}", verdict, "1.0.0", True
    )


def hold(path: Path, events: int, filled: Signal, drained: Signal) -> None:
    """The process that sees, after a long time without a broker."""
    with closing(Spool.open(path, LIMITS)) as spool:
        for sequence in range(1, events + 1):
            spool.append(event(sequence, spool.epoch))
        spool.flush(600)
        side = SeeingSide(MinuteQueue(), lambda _: None)
        with closing(LinkServer(spool, path.with_name("uplink.sock"), side)):
            filled.set()
            drained.wait()


def drain(link: SpoolLink) -> int:
    """Reads and acknowledges everything; how many events that were."""
    after = count = 0
    while page := link.unsent(after, PAGE):
        link.mark_sent(tuple(stored.position for stored in page))
        after, count = page[-1].position, count + len(page)
    link.flush(60)
    return count


def main() -> None:
    """Measures, prints one line, and judges."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=20_000)
    events = parser.parse_args().events
    context = multiprocessing.get_context("spawn")
    filled, drained = context.Event(), context.Event()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spool.db")
        holder = context.Process(target=hold, args=(path, events, filled, drained))
        holder.start()
        filled.wait()
        with closing(SpoolLink(path.with_name("uplink.sock"), MinuteQueue())) as link:
            began = time.perf_counter()
            count = drain(link)
            seconds = time.perf_counter() - began
        drained.set()
        holder.join()
    print(f"{count} events in {seconds:.2f} s: {count / seconds:.0f} events/s over the socket")
    sys.exit(0 if count == events and count / seconds >= AT_LEAST else 1)


if __name__ == "__main__":
    main()
