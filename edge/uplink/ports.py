"""The spool as the sender sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.messages.payloads import Stored
from edge.spool.records import Mark, Replayed
from edge.telemetry.records import Figures, Minute
from edge.types import Gap, State


class Reader(Protocol):
    """The reading side of the spool, as a connection needs it."""

    @property
    def replays(self) -> int:
        """How often events became unsent again."""

    def newest(self) -> int:
        """The place of the newest event; those to come lie beyond it."""

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, with places beyond `after`."""

    def mark_sent(self, sequences: tuple[int, ...]) -> None:
        """Says that the broker has acknowledged these."""

    def give_up(self, sequences: tuple[int, ...]) -> None:
        """Says that no broker will ever take these."""

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement."""

    def mark_gaps_sent(self, places: tuple[int, ...]) -> None:
        """Says that the broker has acknowledged these."""


class Books(Protocol):
    """The part of the spool that counts."""

    @property
    def problem(self) -> str:
        """What is wrong, as one sentence; empty while all is well."""

    def state(self) -> State | None:
        """The latest state."""

    def figures(self) -> Figures:
        """How full the spool is."""

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The minutes between two Unix times."""


class Archive(Protocol):
    """The part of the spool that sends things again."""

    def marks(self) -> tuple[Mark, ...]:
        """What the consumers last said they have."""

    def set_mark(self, mark: Mark) -> None:
        """Keeps what a consumer says it has."""

    def replay(self, first: int, last: int, epoch: str | None = None, sent_before: float = ...) -> Replayed:
        """Has acknowledged events sent again."""


class Backlog(Reader, Books, Archive, Protocol):
    """The reading side of the spool."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after each commit of events and each new state."""

    def flush(self, timeout: float) -> None:
        """Waits until what was appended can be read."""
