"""The spool as the sender sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.messages.payloads import Stored
from edge.spool.records import ConsumerMark, Replayed
from edge.telemetry.records import Minute, SenderState, SpoolUsage
from edge.types import DeviceKey, Gap, PassNotice, State


class SpoolReader(Protocol):
    """The spool as the sender sees it: in this process, or over its control socket."""

    @property
    def replays(self) -> int:
        """How often events became unsent again."""

    def newest(self) -> int:
        """The position of the newest event; those to come lie beyond it."""

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, with positions beyond `after`."""

    def mark_sent(self, positions: tuple[int, ...], /) -> None:
        """Records that the broker has acknowledged these."""

    def give_up(self, positions: tuple[int, ...], /) -> None:
        """Records that no broker will ever take these."""

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement."""

    def mark_gaps_sent(self, positions: tuple[int, ...], /) -> None:
        """Records that the broker has acknowledged these."""

    @property
    def problem(self) -> str:
        """What is wrong, as one sentence; empty while all is well."""

    def state(self) -> State | None:
        """The latest state."""

    def next_notice(self) -> PassNotice | None:
        """The next begin or end of a pass, each only once."""

    def figures(self) -> SpoolUsage:
        """How full the spool is."""

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The minutes between two Unix times."""

    def origins(self) -> tuple[DeviceKey, ...]:
        """The names under which anything was decided that is still kept."""

    def marks(self) -> tuple[ConsumerMark, ...]:
        """What the consumers have last acknowledged."""

    def set_mark(self, mark: ConsumerMark) -> None:
        """Keeps what a consumer has acknowledged."""

    def set_sender(self, sender: SenderState, /) -> None:
        """Keeps how the sending goes, for who asks the spool."""

    def replay(self, first: int, last: int, epoch: str | None = None, sent_before: float = ...) -> Replayed:
        """Has acknowledged events sent again."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after each commit of events and each new state."""

    def flush(self, timeout: float) -> None:
        """Waits until what was appended can be read."""
